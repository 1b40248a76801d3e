#!/bin/sh
# config.sh FILE: writes the flags for what this machine has, as Makefile variables; FILE keeps its
# time where nothing changed.  From the environment: CC; BACKEND forces portable, blas or dnnl;
# OPENMP=no leaves OpenMP out; KEY is written along, so that all is built anew when it changes.
set -eu
CC=${CC:-cc}
file=$1
want=${BACKEND:-}
folder=${file%/*}
mkdir -p "$folder"

# has HEADER FLAGS: a program with it compiles and links
has() {
    # shellcheck disable=SC2086
    printf '#include <%s>\nint main(void) { return 0; }\n' "$1" |
        $CC -x c - -o "$folder/config.try" $2 >/dev/null 2>&1
}
pc() { pkg-config "$@" 2>/dev/null || true; }
# libs PACKAGE FLAGS: what pkg-config says, else FLAGS
libs() {
    pkg-config --libs "$1" 2>/dev/null || echo "$2"
}
# versioned NAME PACKAGE: NAME-1.2.3, or NAME where pkg-config does not know it
versioned() {
    version=$(pc --modversion "$2")
    echo "$1${version:+-$version}"
}
fail() {
    echo "wengert: $*" >&2
    exit 1
}

case $want in
portable | blas | dnnl | '') ;;
*) fail "BACKEND=$want: it is portable, blas or dnnl" ;;
esac
lacking=$(CC=$CC sh scripts/deps.sh lacking)
needed=$(printf '%s\n' "$lacking" | grep -Ev '^(check|pkg-config) |^$' || true)
[ -z "$needed" ] || fail "$needed"

cflags='' ldlibs='' found='' without=''
blas=no dnnl=no
blas_cflags=$(pc --cflags openblas)
blas_libs=$(libs openblas -lopenblas)
has cblas.h "$blas_cflags $blas_libs" && blas=yes
has oneapi/dnnl/dnnl.h -ldnnl && dnnl=yes
[ $dnnl = yes ] || without="$without oneDNN"
[ $blas = yes ] || without="$without OpenBLAS"

if [ -z "$want" ]; then
    want=portable
    [ $blas = yes ] && want=blas
    [ $dnnl = yes ] && want=dnnl
fi
case $want in
blas) [ $blas = yes ] || fail 'BACKEND=blas needs OpenBLAS (package libopenblas-openmp-dev)' ;;
dnnl) [ $dnnl = yes ] || fail 'BACKEND=dnnl needs oneDNN (package libdnnl-dev)' ;;
esac
if [ "$want" = dnnl ]; then
    cflags="$cflags -DWG_HAVE_DNNL" ldlibs="$ldlibs -ldnnl" found="$found oneDNN"
fi
if [ $blas = yes ] && [ "$want" != portable ]; then
    cflags="$cflags -DWG_HAVE_CBLAS $blas_cflags" ldlibs="$ldlibs $blas_libs"
    found="$found $(versioned OpenBLAS openblas)"
fi
if [ "${OPENMP:-}" != no ]; then
    if has omp.h -fopenmp; then
        cflags="$cflags -fopenmp" ldlibs="$ldlibs -fopenmp" found="$found OpenMP"
    else
        without="$without OpenMP"
    fi
fi
for p in jansson:-ljansson zlib:-lz; do
    cflags="$cflags $(pc --cflags ${p%:*})" ldlibs="$ldlibs $(libs ${p%:*} ${p#*:})"
    found="$found $(versioned ${p%:*} ${p%:*})"
done
rm -f "$folder/config.try"

words() { echo $*; } # single blanks
cat >"$file.new" <<TEXT
# written by scripts/config.sh for: ${KEY:-}
CONFIG_BACKEND := $want
CONFIG_CFLAGS := $(words $cflags)
CONFIG_LIBS := $(words $ldlibs)
CONFIG_FOUND := $(words $found)
CONFIG_WITHOUT := $(words $without)
CHECK_LACKING := $(printf '%s\n' "$lacking" | grep '^check ' || true)
CHECK_CFLAGS := $(words $(pc --cflags check))
CHECK_LIBS := $(words $(libs check -lcheck))
TEXT
if cmp -s "$file.new" "$file"; then rm "$file.new"; else mv "$file.new" "$file"; fi
