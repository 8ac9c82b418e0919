#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds QEMU with the Groq card in it, from Debian 13's source package.
set -euo pipefail
export LC_ALL=C

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly suite=trixie
readonly keyring=/usr/share/keyrings/debian-archive-keyring.gpg
readonly phases=6
readonly kept_binaries=24

usage() {
    cat <<'HELP'
usage: vm/build-qemu.sh [--sanitize] [--update] [-j N]

Fetches QEMU's source package, adds qemu-device/ to it and builds
qemu-system-x86_64. Progress goes to stderr; the last line on stdout is the
path of the binary.

  --sanitize  build with AddressSanitizer and UBSan (in an object tree of its own)
  --update    look for a newer source package
  -j N        compile N files at a time (default: all processors)
  --help      this text

environment:
  GROQ_CACHE          cache folder (default: build/cache in the source tree)
  GROQ_DEBIAN_MIRROR  Debian mirror (default: the one this machine's apt uses)
  CC, CXX             compilers (default: cc and c++, through ccache if there)

Nothing is installed and the machine's apt configuration is left alone: the
package index, the source and the build live in the cache folder. Several
source trees may share one cache: the QEMU objects are built once, a change
in qemu-device/ or include/hw/ compiles only those files, and each state of
the sources gets a binary of its own.
HELP
}

say() { printf 'build-qemu: %s\n' "$*" >&2; }
phase() { say "[$1/$phases] $2"; }
die() {
    say "$*"
    exit 1
}

sanitize=no update=no jobs=$(nproc)
while [ $# -gt 0 ]; do
    case $1 in
    --sanitize) sanitize=yes ;;
    --update) update=yes ;;
    -j) shift; jobs=${1:?-j needs a number} ;;
    -j*) jobs=${1#-j} ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done

readonly cache=${GROQ_CACHE:-$repo/build/cache}
readonly store=$cache/qemu-source
mkdir -p "$store"
cc=${CC:-cc} cxx=${CXX:-c++}

configure_flags=(
    --python=/usr/bin/python3
    --target-list=x86_64-softmmu
    --without-default-features --enable-system --enable-tcg --enable-kvm
    --enable-attr --enable-virtfs --enable-avx2 --disable-fdt
    --without-default-devices --with-devices-x86_64=groq
    --disable-user --disable-tools --disable-guest-agent --disable-docs
    --disable-rust --disable-install-blobs
)
if [ $sanitize = yes ]; then
    configure_flags+=(--enable-asan --enable-ubsan)
else
    configure_flags+=(--disable-debug-info)
fi

# --- what the build needs ----------------------------------------------------

check_prerequisites() {
    local missing=() pair
    for pair in $cc:gcc $cxx:g++ ninja:ninja-build patch:patch \
        rsync:rsync pkg-config:pkg-config dpkg-source:dpkg-dev xz:xz-utils \
        /usr/bin/python3:python3; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    for pair in glib-2.0:libglib2.0-dev zlib:zlib1g-dev; do
        pkg-config --exists "${pair%%:*}" 2>/dev/null || missing+=("${pair#*:}")
    done
    /usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    [ -r $keyring ] || missing+=(debian-archive-keyring)
    [ ${#missing[@]} -eq 0 ] ||
        die "missing packages; install them with: apt-get install ${missing[*]}"
}

# --- the source, by an apt that knows nothing of the machine's packages ------

# The mirror of the machine's own Debian suite.
find_mirror() {
    [ -z "${GROQ_DEBIAN_MIRROR:-}" ] || { echo "$GROQ_DEBIAN_MIRROR"; return; }
    local codename found
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    found=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN)' \
        'Created-By: Packages' 'Component: main' |
        awk -v suite="$codename" '
            $2 == suite && $3 == "Debian" { print $1; exit }
            $2 == suite && $1 ~ /debian\/?$/ { fallback = $1 }
            END { if (fallback) print fallback }' | head -n 1)
    [ -n "$found" ] || die "no Debian mirror in this machine's apt sources;" \
        "name one in GROQ_DEBIAN_MIRROR"
    echo "$found"
}

isolated_apt() {
    local command=$1
    shift
    "$command" -o Dir::Etc::sourcelist="$store/apt/trixie.sources" \
        -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::preferences=/dev/null \
        -o Dir::Etc::preferencesparts=/dev/null \
        -o Dir::State="$store/apt/state" \
        -o Dir::State::status=/dev/null \
        -o Dir::Cache="$store/apt/cache" \
        -o Acquire::Languages=none -o APT::Sandbox::User= -qq "$@" >&2
}

fetch_source() {
    local part=$store/part mirror
    mirror=$(find_mirror)
    phase 1 "fetching the index of Debian $suite"
    mkdir -p "$store"/apt/{state/lists,cache}
    cat >"$store/apt/trixie.sources" <<SOURCES
Types: deb deb-src
URIs: $mirror
Suites: $suite
Components: main
Signed-By: $keyring
SOURCES
    isolated_apt apt-get update ||
        die "no signed index of Debian $suite from $mirror;" \
            "is debian-archive-keyring up to date?"
    phase 2 "fetching QEMU's source and meson (40 MB)"
    rm -rf "$part" && mkdir "$part"
    (cd "$part" &&
        isolated_apt apt-get source --download-only --only-source qemu &&
        isolated_apt apt-get download meson &&
        dpkg -x meson_*.deb meson)
    rm -rf "$store/package" "$store/apt"
    mv "$part" "$store/package"
}

# --- the tree: QEMU's source with qemu-device/ as hw/groq --------------------

# Three lines, two folders and the name of the cables are all that QEMU needs to know of
# the cards. The patches say what they are for.
overlay_tree() {
    cat "$repo"/vm/qemu-*.patch | patch -s -p1 -d "$1"
    echo "source groq/Kconfig" >>"$1/hw/Kconfig"
    echo "subdir('groq')" >>"$1/hw/meson.build"
    sed -i "s|^    'hw/9pfs',|&\n    'hw/groq',|" "$1/meson.build"
    grep -q "'hw/groq'" "$1/meson.build"
}

unpack_tree() {
    [ ! -d "$tree/src" ] || return 0
    phase 3 "unpacking $source_version"
    rm -rf "$tree/part" && mkdir -p "$tree"
    dpkg-source -q --no-check --extract "$store"/package/*.dsc "$tree/part" >&2
    overlay_tree "$tree/part"
    cp "$repo/vm/qemu-devices.mak" \
        "$tree/part/configs/devices/x86_64-softmmu/groq.mak"
    mv "$tree/part" "$tree/src"
}

# The files that decide what our part of the binary does.
device_files() {
    cd "$repo" && find qemu-device include/hw -type f \
        ! -name '*.md' ! -name CMakeLists.txt | sort
}

# Copies only what differs, so that ninja compiles only what changed; meson
# looks at the list of files again when a file came or went.
sync_device() {
    local src=$tree/src/hw/groq
    mkdir -p "$src/include/hw"
    rsync -rc --delete --exclude=/include --exclude=/files \
        "$repo/qemu-device/" "$src/"
    rsync -rc --delete "$repo/include/hw/" "$src/include/hw/"
    device_files >"$src/files.new"
    cmp -s "$src/files.new" "$src/files" || touch "$src/meson.build"
    mv "$src/files.new" "$src/files"
}

with_ccache() {
    if command -v ccache >/dev/null; then echo "ccache $1"; else echo "$1"; fi
}

configure_tree() {
    [ ! -e "$tree/configured" ] || return 0
    phase 4 "configuring"
    rm -rf "$tree/build" && mkdir "$tree/build"
    (cd "$tree/build" && ../src/configure --cc="$(with_ccache "$cc")" \
        --cxx="$(with_ccache "$cxx")" "${configure_flags[@]}") \
        >"$tree/configure.log" 2>&1 ||
        { tail -n 20 "$tree/configure.log" >&2; die "see $tree/configure.log"; }
    touch "$tree/configured"
}

compile_tree() {
    phase 5 "compiling with $jobs jobs"
    NINJA_STATUS='[%f/%t] ' ninja -C "$tree/build" -j "$jobs" \
        qemu-system-x86_64 2>&1 | tee "$tree/ninja.log" | show_progress ||
        die "see $tree/ninja.log"
}

# A count that runs on a terminal, and takes twenty lines elsewhere; what the
# compilers complain of; everything from the first failure on.
show_progress() {
    local line nth total last=-1 failed=no end='\n'
    [ ! -t 2 ] || end='\r'
    while IFS= read -r line; do
        [[ $line != FAILED:* ]] || failed=yes
        if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
            nth=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
            [ ! -t 2 ] && [ $((20 * nth / total)) -eq $last ] && continue
            last=$((20 * nth / total))
            printf "build-qemu:       %d of %d$end" "$nth" "$total" >&2
        elif [ $failed = yes ] || [[ $line == *warning:* ]]; then
            echo "$line" >&2
        fi
    done
    [ ! -t 2 ] || echo >&2
}

install_binary() {
    rm -rf "$out.part"
    install -D "$tree/build/qemu-system-x86_64" \
        "$out.part/bin/qemu-system-x86_64"
    rm -rf "$out"
    mv "$out.part" "$out"
    find "$cache" -maxdepth 1 -name 'qemu-*-*' -printf '%T@ %p\n' | sort -rn |
        tail -n +$((kept_binaries + 1)) | cut -d' ' -f2- | xargs -r rm -rf
}

# --- keys --------------------------------------------------------------------

hash_of() { sha256sum | cut -c1-12; }

# Everything that decides QEMU's own objects.
tree_key() {
    {
        echo "$source_version" "${configure_flags[@]}"
        "$cc" --version
        "$cxx" --version
        declare -f overlay_tree
        cat "$repo/vm/qemu-devices.mak" "$repo"/vm/qemu-*.patch
    } | hash_of
}

device_key() {
    local files
    files=$(device_files)
    (cd "$repo" && xargs -d '\n' sha256sum <<<"$files") | hash_of
}

find_source() {
    local dsc
    dsc=$(cd "$store" && echo package/*.dsc)
    source_version=$(basename "$dsc" .dsc)
    [ -f "$store/$dsc" ]
}

name_output() {
    local key
    key=$(tree_key)
    tree=$store/tree-$key
    out=$cache/qemu-$key-$(device_key)
}

# Holds the lock file $1 until the script ends or takes another one.
take_lock() {
    exec 9>"$1"
    flock -n 9 || { say "waiting for another build in $cache"; flock 9; }
}

ensure_source() {
    [ $update = yes ] || ! find_source || return 0
    take_lock "$store/lock"
    if [ $update = yes ] || ! find_source; then
        fetch_source
        find_source
    fi
}

# The object tree is shared by all source trees that use this cache.
build() {
    take_lock "$tree.lock"
    [ ! -x "$out/bin/qemu-system-x86_64" ] || return 0
    export PYTHONPATH=$store/package/meson/usr/lib/python3/dist-packages
    unpack_tree
    sync_device
    configure_tree
    compile_tree
    install_binary
    phase 6 "done: $source_version"
}

check_prerequisites
ensure_source
name_output
[ -x "$out/bin/qemu-system-x86_64" ] || build
touch "$out"
echo "$out/bin/qemu-system-x86_64"
