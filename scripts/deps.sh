#!/bin/sh
# Installs what wengert needs and this machine lacks, with the system's package manager.  The
# command is printed first; sudo is used only where it asks no password, otherwise the command is
# printed for you to type.  DEPS=skip in the call of make leaves this script out.
#
# Needed:   a C compiler, make, pkg-config, Check, jansson, stb (headers), zlib
# Optional: oneDNN and OpenBLAS make float32 and float64 fast; without them portable C is used, and
#           BACKEND=portable asks for that
set -u
CC=${CC:-cc}
BACKEND=${BACKEND:-}

compiles() { printf '#include <%s>\nint main(void) { return 0; }\n' "$1" |
    $CC -x c - -fsyntax-only ${2:-} >/dev/null 2>&1; }

missing() {
    command -v "${CC%% *}" >/dev/null 2>&1 || { echo compiler; return; }
    command -v pkg-config >/dev/null 2>&1 || echo pkg-config
    compiles check.h || echo check
    compiles jansson.h || echo jansson
    compiles stb/stb_image.h || echo stb
    compiles zlib.h || echo zlib
}

# What is only faster: asked for once, and not again where the package manager has none.
missing_optional() {
    [ "$BACKEND" = portable ] && return
    compiles cblas.h "$(pkg-config --cflags openblas 2>/dev/null)" || echo openblas
    [ "$BACKEND" = blas ] || compiles oneapi/dnnl/dnnl.h || echo dnnl
}

manager() {
    for m in apt-get dnf pacman zypper apk; do
        command -v $m >/dev/null 2>&1 && { echo $m; return; }
    done
}

# The name of a need in a package manager.
package() {
    case $1:$2 in
    apt-get:compiler) echo gcc ;;
    apt-get:pkg-config) echo pkg-config ;;
    apt-get:check) echo check ;;
    apt-get:jansson) echo libjansson-dev ;;
    apt-get:stb) echo libstb-dev ;;
    apt-get:zlib) echo zlib1g-dev ;;
    apt-get:openblas) echo libopenblas-openmp-dev ;;
    apt-get:dnnl) echo libdnnl-dev ;;
    dnf:compiler | zypper:compiler | pacman:compiler) echo gcc ;;
    dnf:pkg-config) echo pkgconf-pkg-config ;;
    dnf:check | dnf:jansson | dnf:zlib | dnf:openblas) echo "$2-devel" ;;
    dnf:stb) echo stb-devel ;;
    dnf:dnnl) echo onednn-devel ;;
    pacman:pkg-config) echo pkgconf ;;
    pacman:dnnl) echo onednn ;;
    pacman:*) echo "$2" ;;
    zypper:jansson) echo libjansson-devel ;;
    zypper:dnnl) echo onednn-devel ;;
    zypper:pkg-config) echo pkg-config ;;
    zypper:*) echo "$2-devel" ;;
    apk:compiler) echo build-base ;;
    apk:pkg-config) echo pkgconf ;;
    apk:stb) echo stb ;;
    apk:dnnl) echo onednn-dev ;;
    apk:*) echo "$2-dev" ;;
    esac
}

packages() {
    for need in $2; do package "$1" "$need"; done | tr '\n' ' '
}

install_command() {
    case $1 in
    apt-get) echo "apt-get install -y --no-install-recommends $2" ;;
    dnf) echo "dnf install -y $2" ;;
    pacman) echo "pacman -S --noconfirm --needed $2" ;;
    zypper) echo "zypper --non-interactive install $2" ;;
    apk) echo "apk add $2" ;;
    esac
}

# Prints the command and runs it as root, directly or by a sudo that asks nothing.
run_as_root() {
    root=''
    if [ "$(id -u)" != 0 ]; then
        if sudo -n true 2>/dev/null; then root='sudo -n '; else
            echo "missing packages; please type:  sudo $1"
            return 1
        fi
    fi
    echo "$root$1"
    DEBIAN_FRONTEND=noninteractive $root$1 </dev/null
}

# Installs the needs $2 by manager $1; a list of packages that is too old is renewed once.
install() {
    command=$(install_command "$1" "$(packages "$1" "$2")")
    run_as_root "$command" && return 0
    [ "$1" = apt-get ] && [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || return 1
    [ "$1" = apt-get ] && run_as_root "apt-get update" && run_as_root "$command"
}

needs=$(missing)
extras=$(missing_optional)
[ -z "$needs$extras" ] && exit 0
m=$(manager)
if [ -n "$needs" ]; then
    echo "wengert needs:" $needs
    [ -n "$m" ] || { echo "no known package manager here; please install them"; exit 1; }
    install "$m" "$needs $extras" && needs=$(missing)
    [ -z "$needs" ] || { [ -n "$extras" ] && install "$m" "$needs"; needs=$(missing); }
    [ -z "$needs" ] || { echo "still missing:" $needs; exit 1; }
    exit 0
fi
# All that is needed is there: an attempt at the optional ones is made once a build folder.
stamp=${B:-build}/optional-tried
[ -e "$stamp" ] && exit 0
mkdir -p "${B:-build}" && : >"$stamp"
[ -n "$m" ] && install "$m" "$extras" || echo "going on without:" $extras "(slower)"
exit 0
