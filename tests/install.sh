#!/bin/sh
# install.sh: what make install puts into a folder serves programs elsewhere, in C and in C++,
# shared and static, and make uninstall takes all of it away.  Called by make install-check, which sets B,
# CC, CXX and EXTRA; the folder it works in is temporary.
set -eu
B=${B:-build} CC=${CC:-cc} CXX=${CXX:-c++} MAKE=${MAKE:-make} EXTRA=${EXTRA:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
steps=0

fail() {
    echo "install-check: $*" >&2
    exit 1
}
# step NAME COMMAND...: the command succeeds and prints nothing, not a warning
step() {
    name=$1
    shift
    "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; fail "$name: $*"; }
    [ ! -s "$work/said" ] || { cat "$work/said" >&2; fail "$name is not silent"; }
    steps=$((steps + 1))
}
# prints PROGRAM...: it runs and its last line is "-12 -4"
prints() {
    said=$("$@" | tail -n 1)
    [ "$said" = '-12 -4' ] || fail "$* printed: $said"
    steps=$((steps + 1))
}
make_() { $MAKE --no-print-directory DEPS=skip B="$B" "$@"; }
have() { command -v "${1%% *}" >/dev/null 2>&1 || { echo "install-check: skipped: no $1"; return 1; }; }

make_ install PREFIX="$prefix" >/dev/null
headers=$(cd "$prefix/include/wengert" && find . -name '*.h' | sed 's|^\./||' | sort)

# ---- programs -----------------------------------------------------------------------------------
cat >"$work/t.c" <<'TEXT'
#include <stdio.h>
#include <wengert.h>

int main(void) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_scalar(t, -2), y = wg_scalar(t, 5), z = wg_scalar(t, -4);
    wg_var f = wg_mul(wg_add(x, y), z);
    if (wg_backward(f) != WG_OK) return 1;
    printf("%g %g\n", wg_item(f), wg_item(wg_grad(x)));
    wg_tape_free(t);
    return 0;
}
TEXT
# what C and C++ have in common: shapes, axes, a gate as a pointer, source lines, options
cat >"$work/both.c" <<'TEXT'
#include <wengert.h>
#include <stdio.h>
#include <string.h>

static wg_var fold(wg_var (*gate)(wg_var, wg_var), wg_var x, wg_var y) { return gate(x, y); }

int main(void) {
    wg_tape *t = wg_tape_new();
    const double numbers[] = {1, 2, 3, 4, 5, 6};
    wg_var m = wg_input(t, WG_F64, WG_SHAPE(2, 3), numbers);
    wg_var s = wg_sum_over(m, WG_AXES(0, -1), 0);
    wg_var f = wg_mul(fold(wg_add, s, wg_neg(wg_number(t, 23))), wg_number(t, 6));
    WG_LET(named, wg_add(f, wg_broadcast_to(wg_number(t, 0), WG_RANK0)));
    wg_status status = wg_backward(named);
    static wg_conv2d_options options; /* zeros: the defaults */
    wg_conv2d(m, m, WG_NONE, &options); /* wrong on purpose; its line is told: 17 */
#ifdef WG_NO_SITES
    int here = strstr(wg_tape_message(t), ".c:") == NULL;
#else
    int here = strstr(wg_tape_message(t), "both.c:17: conv2d: ") != NULL;
#endif
    printf("%g %g\n", wg_item(named), wg_item(wg_grad(m)) == 6 ? 0.0 : -4.0);
    wg_tape_free(t);
    return status == WG_OK && here ? 0 : 1;
}
TEXT
cflags=$(pkg-config --cflags wengert) libs=$(pkg-config --libs wengert)
private=$(pkg-config --libs --static wengert)
strict='-Wall -Wextra -pedantic -Werror'
# shellcheck disable=SC2086
{
    # an installed library may need the run-time of a sanitizer it was built with: EXTRA
    step 'the plain line' $CC $EXTRA -o "$work/t" "$work/t.c" $cflags $libs
    prints "$work/t"
    step 'the static library' $CC $EXTRA -o "$work/ts" "$work/t.c" $cflags "$prefix/lib/libwengert.a" $private
    prints "$work/ts"
    step 'C11' $CC $EXTRA -std=c11 $strict -o "$work/b" "$work/both.c" $cflags $libs
    prints "$work/b"
    step 'C11 without source lines' $CC $EXTRA -std=c11 $strict -DWG_NO_SITES -o "$work/b" "$work/both.c" $cflags $libs
    prints "$work/b"
}
! ldd "$work/ts" | grep -q libwengert || fail 'the static program wants the shared library'

# ---- headers ------------------------------------------------------------------------------------
# headers_alone COMPILER...: each header by itself; twice, since a guard may be missing
headers_alone() {
    for h in $headers; do
        [ "$h" = ops/sites.h ] && continue # ops.h's own, included by it
        printf '#include <%s>\n#include <%s>\nint main(void) { return 0; }\n' "$h" "$h" >"$work/h.c"
        # shellcheck disable=SC2086
        step "$h alone, $*" "$@" $strict $cflags -fsyntax-only "$work/h.c"
    done
}
for c in $(printf '%s\n' "${CC%% *}" gcc clang | sed 's|^cc$|gcc|' | sort -u); do
    have "$c" || continue
    headers_alone $c -std=c11 -Wstrict-prototypes
done

# ---- C++ ----------------------------------------------------------------------------------------
for c in $(printf '%s\n' "${CXX%% *}" g++ clang++ | sed 's|^c++$|g++|' | sort -u); do
    have "$c" || continue
    for std in c++11 c++17; do
        headers_alone $c -x c++ -std=$std
        for program in t both; do
            # shellcheck disable=SC2086
            step "$program.c as $std by $c" $c $EXTRA -std=$std $strict -x c++ "$work/$program.c" \
                -x none -o "$work/p" $cflags $libs
            prints "$work/p"
        done
    done
done

# ---- the libraries and the program --------------------------------------------------------------
so=$prefix/lib/libwengert.so
strange=$(nm -D --defined-only "$so" | awk '{ print $3 }' |
    grep -Ev '^(wg_|__(asan|odr_asan|ubsan|tsan))' || true)
[ -z "$strange" ] || fail "exported beside wg_: $strange"
strange=$(nm -g --defined-only "$prefix/lib/libwengert.a" | awk 'NF == 3 { print $3 }' |
    grep -Ev '^(wgi?_|__(asan|odr_asan|ubsan|tsan))' || true)
[ -z "$strange" ] || fail "in the static library beside wg_ and wgi_: $strange"
version=$(pkg-config --modversion wengert)
objdump -p "$so" | grep -q "SONAME  *libwengert.so.${version%%.*}\$" || fail 'SONAME'
grep -q "define WG_VERSION \"$version\"" "$prefix/include/wengert/autograd/autograd.h" || fail 'version'
[ -e "$prefix/lib/libwengert.so.${version%%.*}" ] || fail 'no link for the SONAME'
# every function that a header declares is there
for f in $(cd "$prefix/include/wengert" && sed -n 's/^WG_API [^(]*[ *]\(wg_[a-z0-9_]*\)(.*/\1/p' $headers); do
    nm -D --defined-only "$so" | grep -q " $f\$" || fail "$f is declared and not defined"
done
"$prefix/bin/wengert" grad '(x+y)*z' x=-2 y=5 z=-4 --json | grep -q '"value": -12' || fail 'the program'
for page in 1 3; do [ -s "$prefix/share/man/man$page/wengert.$page" ] || fail "manual page $page"; done

# ---- taking it away -----------------------------------------------------------------------------
: >"$prefix/lib/libwengert.so.99" # another's
make_ uninstall PREFIX="$prefix" >/dev/null
left=$(find "$prefix" ! -type d)
[ "$left" = "$prefix/lib/libwengert.so.99" ] || fail "uninstall left: $left"
[ ! -e "$prefix/include/wengert" ] || fail 'uninstall left the folder of headers'

# staged: all under DESTDIR, and wengert.pc names the place they are for
make_ install PREFIX=/opt/wengert DESTDIR="$work/a stage" >/dev/null
[ ! -e /opt/wengert/lib/libwengert.a ] || fail 'DESTDIR was passed over'
grep -q '^prefix=/opt/wengert$' "$work/a stage/opt/wengert/lib/pkgconfig/wengert.pc" || fail 'DESTDIR in wengert.pc'
make_ uninstall PREFIX=/opt/wengert DESTDIR="$work/a stage" >/dev/null
[ -z "$(find "$work/a stage" ! -type d)" ] || fail 'uninstall left something under DESTDIR'
echo "install-check: $steps steps passed"
