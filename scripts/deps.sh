#!/bin/sh
# What wengert needs beside a C compiler and make:
#   deps.sh          installs what this machine lacks, with the system's package manager: the
#                    command is printed first, sudo is used only where it asks no password, otherwise the
#                    command is printed for you to type.  DEPS=skip in make's call leaves it out.
#   deps.sh lacking  prints what is needed and lacking, a line each, and installs nothing
#
# Needed:   pkg-config, Check, jansson, stb (headers), zlib
# Optional: oneDNN and OpenBLAS make float32 and float64 fast; without them portable C is used, and
#           BACKEND=portable asks for that
set -u
CC=${CC:-cc}
BACKEND=${BACKEND:-}

compiles() { printf '#include <%s>\nint main(void) { return 0; }\n' "$1" |
    $CC -x c - -fsyntax-only $(pkg-config --cflags "${2:-}" 2>/dev/null) >/dev/null 2>&1; }

missing() {
    command -v pkg-config >/dev/null 2>&1 || echo pkg-config
    command -v "${CC%% *}" >/dev/null 2>&1 || { echo compiler; return; }
    compiles stdio.h || { echo libc; return; }
    compiles check.h check || echo check
    compiles jansson.h jansson || echo jansson
    compiles stb/stb_image.h || echo stb
    compiles zlib.h zlib || echo zlib
}

# What is only faster.
missing_optional() {
    [ "$BACKEND" = portable ] && return
    compiles cblas.h openblas || echo openblas
    [ "$BACKEND" = blas ] || compiles oneapi/dnnl/dnnl.h || echo dnnl
}

manager() {
    for m in apt-get dnf pacman zypper apk; do
        command -v $m >/dev/null 2>&1 && { echo $m; return; }
    done
}

# The name of a need in a package manager; in Debian's where there is none that is known.
package() {
    case $1:$2 in
    dnf:compiler | zypper:compiler | pacman:compiler) echo gcc ;;
    dnf:libc | zypper:libc) echo glibc-devel ;;
    dnf:pkg-config) echo pkgconf-pkg-config ;;
    dnf:dnnl | zypper:dnnl) echo onednn-devel ;;
    zypper:jansson) echo libjansson-devel ;;
    zypper:pkg-config) echo pkg-config ;;
    dnf:* | zypper:*) echo "$2-devel" ;;
    pacman:pkg-config | apk:pkg-config) echo pkgconf ;;
    pacman:dnnl) echo onednn ;;
    pacman:libc) echo glibc ;;
    pacman:*) echo "$2" ;;
    apk:compiler) echo build-base ;;
    apk:libc) echo musl-dev ;;
    apk:stb) echo stb ;;
    apk:dnnl) echo onednn-dev ;;
    apk:*) echo "$2-dev" ;;
    *:compiler) echo gcc ;;
    *:libc) echo libc6-dev ;;
    *:jansson) echo libjansson-dev ;;
    *:stb) echo libstb-dev ;;
    *:zlib) echo zlib1g-dev ;;
    *:openblas) echo libopenblas-openmp-dev ;;
    *:dnnl) echo libdnnl-dev ;;
    *) echo "$2" ;;
    esac
}

packages() {
    for need in $2; do package "$1" "$need"; done | tr '\n' ' ' | sed 's/ $//'
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

# How a command becomes root's: '' for root, 'sudo -n ' where sudo asks nothing; else it fails.
become_root() {
    [ "$(id -u)" = 0 ] && return
    sudo -n true 2>/dev/null && echo 'sudo -n '
}

# Prints the command and runs it.
run() {
    echo "$1"
    DEBIAN_FRONTEND=noninteractive $1 </dev/null
}

# Installs the needs $2 by manager $1; a list of packages that is too old is renewed once.
install() {
    command=$(install_command "$1" "$(packages "$1" "$2")")
    root=$(become_root) || {
        renew=''
        [ "$1" = apt-get ] && renew='sudo apt-get update && '
        echo "please type:  ${renew}sudo $command"
        return 1
    }
    run "$root$command" && return 0
    [ "$1" = apt-get ] && run "${root}apt-get update" && run "$root$command"
}

needs=$(missing)
if [ "${1:-}" = lacking ]; then
    for need in $needs; do echo "$need is missing (package $(package "$(manager)" "$need"))"; done
    exit 0
fi

extras=$(missing_optional)
[ -z "$needs$extras" ] && exit 0
m=$(manager)
if [ -n "$needs" ]; then
    echo "wengert needs:" $needs
    [ -n "$m" ] || { echo "no known package manager here; please install them"; exit 1; }
    become_root >/dev/null || { install "$m" "$needs $extras"; exit 1; }
    install "$m" "$needs $extras"
    # a compiler that came just now may have shown more that is missing, and an optional package
    # that does not exist spoils the command for all
    needs=$(missing)
    [ -z "$needs" ] || { install "$m" "$needs"; needs=$(missing); }
    [ -z "$needs" ] || { echo "still missing:" $needs; exit 1; }
    extras=$(missing_optional)
    [ -z "$extras" ] && exit 0
fi
# All that is needed is there: an attempt at the optional ones is made once a build folder.
stamp=${B:-build}/optional-tried
[ -e "$stamp" ] && exit 0
mkdir -p "${B:-build}" && : >"$stamp"
[ -n "$m" ] && install "$m" "$extras" || echo "going on without:" $extras "(slower)"
exit 0
