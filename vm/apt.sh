# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Debian packages fetched and unpacked under a folder of ours: nothing is
# installed, and the machine's package sources and lists stay as they are.
# To be sourced. Needs apt and dpkg, not root.

# Runs the command "$@" under one apt configuration after another until it
# succeeds: the machine's own lists; the machine's sources with lists of our
# own, fresh; Debian's archive with lists of our own. $1 is the folder for these.
with_apt() {
    local state=$1
    shift
    apt_options=(-qq -o APT::Sandbox::User="$(id -un)")
    "$@" && return
    apt_own_lists "$state/machine"
    "$@" && return
    debian_sources "$state/debian.list"
    apt_own_lists "$state/debian" -o Dir::Etc::sourcelist="$state/debian.list" \
        -o Dir::Etc::sourceparts=/dev/null
    "$@"
}

# Fresh lists in folder $1, with the further apt options $2...
apt_own_lists() {
    local folder=$1
    shift
    mkdir -p "$folder"/state/lists/partial "$folder"/cache/archives/partial
    apt_options=(-qq -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=true
        -o Dir::State="$folder/state" -o Dir::Cache="$folder/cache"
        -o Dir::State::status=/var/lib/dpkg/status "$@")
    apt-get "${apt_options[@]}" update >&2 || true # one broken source is no matter
}

# Writes the sources of Debian's own archive into file $1.
debian_sources() {
    local suite
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    for suite in "$suite" "$suite-updates" "$suite-security"; do
        debian_suite "$suite"
    done >"$1"
}

# Prints the source line of Debian's suite $1.
debian_suite() {
    local keys=/usr/share/keyrings/debian-archive-keyring.gpg archive=debian
    case $1 in *-security) archive=debian-security ;; esac
    echo "deb [signed-by=$keys] http://deb.debian.org/$archive $1 main"
}

# Prints the packages that package $1 depends on and whose names match $2.
apt_depends() {
    apt-cache "${apt_options[@]}" depends --important "$1" 2>/dev/null |
        sed -n 's/^ *Depends: //p' | grep -E -- "$2"
}

# Downloads the packages $2... and unpacks them into folder $1.
apt_unpack() {
    local root=$1 debs
    shift
    debs=$(mktemp -d)
    (cd "$debs" && apt-get "${apt_options[@]}" download "$@" >&2) || {
        rm -rf "$debs"
        return 1
    }
    mkdir -p "$root"
    for deb in "$debs"/*.deb; do dpkg -x "$deb" "$root" || return; done
    rm -rf "$debs"
}
