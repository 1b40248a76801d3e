#!/bin/sh
# Prints config.mk: the flags for what this machine has.  BACKEND forces portable, blas or dnnl.
set -eu
CC=${CC:-cc}
want=${BACKEND:-}

# has HEADER FLAGS: a program with it compiles and links
has() {
    # shellcheck disable=SC2086
    printf '#include <%s>\nint main(void) { return 0; }\n' "$1" |
        $CC -x c - -o /dev/null $2 >/dev/null 2>&1
}
pc() { pkg-config "$@" 2>/dev/null || true; }

cflags='' libs='' found=''
blas=no dnnl=no
blas_cflags=$(pc --cflags openblas)
blas_libs=$(pc --libs openblas)
[ -n "$blas_libs" ] || blas_libs=-lopenblas
has cblas.h "$blas_cflags $blas_libs" && blas=yes
has oneapi/dnnl/dnnl.h -ldnnl && dnnl=yes

if [ -z "$want" ]; then
    want=portable
    [ $blas = yes ] && want=blas
    [ $dnnl = yes ] && want=dnnl
fi
case $want in
portable) ;;
blas) [ $blas = yes ] || { echo 'BACKEND=blas: cblas.h not found (libopenblas-openmp-dev)' >&2; exit 1; } ;;
dnnl) [ $dnnl = yes ] || { echo 'BACKEND=dnnl: oneapi/dnnl/dnnl.h not found (libdnnl-dev)' >&2; exit 1; } ;;
*) echo "BACKEND=$want: it is portable, blas or dnnl" >&2; exit 1 ;;
esac
if [ "$want" = dnnl ]; then
    cflags="$cflags -DWG_HAVE_DNNL" libs="$libs -ldnnl" found="$found oneDNN"
fi
if [ $blas = yes ] && [ "$want" != portable ]; then
    cflags="$cflags -DWG_HAVE_CBLAS $blas_cflags" libs="$libs $blas_libs" found="$found CBLAS"
fi
[ "${OPENMP:-}" != no ] && has omp.h -fopenmp && { cflags="$cflags -fopenmp" libs="$libs -fopenmp" found="$found OpenMP"; }
for p in jansson zlib; do
    if pkg-config --exists $p 2>/dev/null; then
        cflags="$cflags $(pc --cflags $p)" libs="$libs $(pc --libs $p)" found="$found $p-$(pc --modversion $p)"
    fi
done
cat <<TEXT
CONFIG_BACKEND := $want
CONFIG_CFLAGS := $cflags
CONFIG_LIBS := $libs
CONFIG_FOUND := $found
CHECK_CFLAGS := $(pc --cflags check)
CHECK_LIBS := $(pc --libs check)
TEXT
