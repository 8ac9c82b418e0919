#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the debug kernel: Debian's source of 6.12 with debug-kernel.config.
set -euo pipefail
export LC_ALL=C
here=$(dirname "$(realpath "$0")")
# shellcheck source=vm/apt.sh
. "$here/apt.sh"

readonly config=$here/debug-kernel.config
readonly package=linux-source-6.12
readonly phases=5
readonly kept_kernels=2

usage() {
    cat <<'HELP'
usage: vm/build-debug-kernel.sh [--update] [-j N]

Builds a kernel for the guest that finds mistakes: KASAN, lockdep, kmemleak,
UBSAN, DMA debugging, fault injection, KUnit, gcov. Progress goes to stderr; the
last line on stdout is a folder laid out as fetch-kernel.sh lays out the stock
kernel, with the kernel's .config beside.

  --update    build again if there is a newer source package
  -j N        compile N files at a time (default: all processors)
  --help      this text

environment:
  GROQ_CACHE  cache folder (default: build/cache in the source tree)

The first time takes a download of 150 MB, 3 GB of disk for a while, and 11
minutes of a processor. What is kept has 120 MB; its name says the version of the
source and a hash of configuration and compiler.
HELP
}

say() { printf 'build-debug-kernel: %s\n' "$*" >&2; }
phase() { say "[$1/$phases] $2"; }
die() {
    say "$*"
    exit 1
}

update=no jobs=$(nproc)
while [ $# -gt 0 ]; do
    case $1 in
    --update) update=yes ;;
    -j) shift; jobs=${1:?-j needs a number} ;;
    -j*) jobs=${1#-j} ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done

cache=$(realpath -m "${GROQ_CACHE:-$here/../build/cache}")
readonly cache work=$cache/debug-kernel.work
compiler=gcc
! command -v ccache >/dev/null || compiler='ccache gcc'

# --- the source ---------------------------------------------------------------

# The version is known only when the package is here.
fetch_source() {
    phase 1 "fetching $package (150 MB)"
    rm -rf "$work"
    with_apt "$cache/apt" fetch_package ||
        die "no $package found; is deb.debian.org reachable?"
    version=$(sed -n '1s/.*(\([^)]*\)).*/\1/p' \
        < <(zcat "$work/package/usr/share/doc/$package/changelog.Debian.gz"))
    [ -n "$version" ] || die "$package does not tell its version"
}

fetch_package() { apt_unpack "$work/package" "$package"; }

unpack_source() {
    phase 2 "unpacking $version"
    mkdir "$work/source"
    tar -xJf "$work/package/usr/src/$package.tar.xz" -C "$work/source" \
        --strip-components=1
    rm -rf "$work/package"
    add_prompts
}

# Options that other drivers turn on in stock kernels; a prompt lets us do it.
add_prompts() {
    local file option
    while read -r file option; do
        sed -i "/^config $option\$/{n;s/^\t\(bool\|tristate\)\$/& \"$option\"/}" \
            "$work/source/$file"
        grep -q "\"$option\"\$" "$work/source/$file" || die "no $option in $file"
    done <<'PROMPTS'
drivers/base/Kconfig WANT_DEV_COREDUMP
drivers/gpu/drm/Kconfig DRM_GEM_SHMEM_HELPER
drivers/gpu/drm/Kconfig DRM_SCHED
PROMPTS
}

# --- the build ----------------------------------------------------------------

kernel_make() {
    make -C "$work/source" O="$work/build" CC="$compiler" HOSTCC="$compiler" "$@"
}

# allnoconfig drops what it cannot have without a word.
configure() {
    local line lost=()
    phase 3 "configuring"
    mkdir "$work/build"
    kernel_make KCONFIG_ALLCONFIG="$config" allnoconfig \
        >"$work/configure.log" 2>&1 || { cat "$work/configure.log" >&2; return 1; }
    while IFS= read -r line; do
        grep -qxF -- "$line" "$work/build/.config" || lost+=("$line")
    done < <(grep -E '^(# )?CONFIG_' "$config")
    [ ${#lost[@]} -eq 0 ] || {
        printf '    %s\n' "${lost[@]}" >&2
        die "these lines of $config have no effect"
    }
}

compile() {
    phase 4 "compiling with $jobs jobs"
    kernel_make -j "$jobs" vmlinux modules 2>&1 | tee "$work/build.log" |
        show_progress || die "see $work/build.log"
}

# How many files have been compiled, on a terminal each, elsewhere each hundredth;
# what the compiler complains of; everything from the first failure on.
show_progress() {
    local line count=0 failed=no end='\n' step=100
    [ ! -t 2 ] || end='\r' step=1
    while IFS= read -r line; do
        if [[ $line == "  CC "* || $line == "  AS "* ]]; then
            [ $((++count % step)) -ne 0 ] ||
                printf "build-debug-kernel:       %d files of about 1400$end" $count >&2
        elif [[ $line == *'***'* || $line == *'rror:'* || $failed = yes ]]; then
            failed=yes
            echo "$line" >&2
        fi
    done
    [ ! -t 2 ] || echo >&2
}

# --- what is kept -------------------------------------------------------------

lay_out() {
    local part=$work/out
    phase 5 "gathering what the guest and the driver's build need"
    mkdir "$part"
    cp "$work/build/vmlinux" "$work/build/.config" "$part/"
    cp "$work/build/include/config/kernel.release" "$part/release"
    kernel_make INSTALL_MOD_PATH="$part/root" DEPMOD=true modules_install \
        >"$work/install.log" 2>&1
    ln -s "root/lib/modules/$(cat "$part/release")" "$part/modules"
    rm -f "$part/modules/build"
    # shellcheck disable=SC2016 # for the kernel's make, not for us
    kernel_make run-command KBUILD_RUN_COMMAND='+$(srctree)/scripts/package/install-extmod-build '"$part/headers" \
        >>"$work/install.log" 2>&1
}

keep() {
    rm -rf "$out"
    mv "$work/out" "$out"
    rm -rf "$work"
    find "$cache" -maxdepth 1 -name 'debug-kernel-*' -printf '%T@ %p\n' | sort -rn |
        tail -n +$((kept_kernels + 1)) | cut -d' ' -f2- | xargs -r rm -rf
}

recipe_key() {
    {
        cat "$config"
        gcc --version
        declare -f add_prompts lay_out
    } | sha256sum | cut -c1-12
}

# The newest kernel of this key that is there, if any.
find_built() {
    out=$(find "$cache" -maxdepth 1 -name "debug-kernel-*-$key" | sort -V | tail -n 1)
    [ -n "$out" ]
}

check_prerequisites() {
    local missing=() pair
    for pair in gcc:gcc make:make flex:flex bison:bison bc:bc xz:xz-utils; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    [ -e /usr/include/libelf.h ] || missing+=(libelf-dev)
    [ ${#missing[@]} -eq 0 ] ||
        die "missing packages; install them with: apt-get install ${missing[*]}"
}

build() {
    fetch_source
    out=$cache/debug-kernel-${version//\~/-}-$key
    [ ! -e "$out" ] || { rm -rf "$work"; return 0; }
    unpack_source
    configure
    compile
    lay_out
    keep
    say "done: $version"
}

mkdir -p "$cache"
key=$(recipe_key)
exec 9>"$cache/debug-kernel.lock"
flock -n 9 || { say "waiting for another build in $cache"; flock 9; }
if [ $update = yes ] || ! find_built; then
    check_prerequisites
    build
fi
touch "$out"
echo "$out"
