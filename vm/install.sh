#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs by apt what the build needs and is missing, and says so beforehand.
# usage: vm/install.sh [SECTION...]   sections of vm/packages.txt; default: all
set -euo pipefail
here=$(dirname "$(realpath "$0")")
list=$here/packages.txt

# Prints "names<tab>why" for the packages of the sections "$@".
wanted() {
    local line section='' name why
    while read -r line; do
        case $line in
        '' | '#'*) ;;
        '['*) section=${line//[\[\]]/} ;;
        *)
            [[ $# -eq 0 || " $* " == *" $section "* ]] || continue
            read -r name why <<<"$line"
            printf '%s\t%s\n' "$name" "$why"
            ;;
        esac
    done <"$list"
}

installed() {
    [[ -n ${have[$1]:-} ]]
}

# Not through a pipe to grep -q: that may end first, and apt-cache by SIGPIPE.
available() {
    [[ $(apt-cache policy "$1") == *'Candidate: '[0-9]* ]]
}

# Of the alternatives a|b the first that there is, unless it is installed.
choose() {
    local name
    for name in ${1//|/ }; do
        { installed "$name" || available "$name"; } && break
    done
    installed "$name" || echo "$name"
}

find_missing() {
    local names why chosen
    missing=()
    reasons=()
    while IFS=$'\t' read -r names why; do
        chosen=$(choose "$names")
        [ -z "$chosen" ] && continue
        missing+=("$chosen")
        reasons+=("$why")
    done < <(wanted "$@")
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "not root, and no sudo: run this as root and start again:" >&2
        echo "    apt-get install ${missing[*]}" >&2
        exit 1
    fi
}

declare -A have
while read -r name status; do
    [ "$status" = installed ] && have[$name]=yes
done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n')

how=
[ "$(id -u)" -eq 0 ] || how='through sudo'
find_missing "$@"
[ ${#missing[@]} -eq 0 ] && exit 0
echo "The build needs these Debian packages, which are not installed:"
for i in "${!missing[@]}"; do
    printf '    %-24s %s\n' "${missing[i]}" "${reasons[i]}"
done
echo "They are installed now by apt-get${how:+, $how}."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
as_root apt-get update -qq || echo "vm/install.sh: some package lists are old" >&2
find_missing "$@" # which alternative there is may be known only now
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends --no-remove "${missing[@]}" </dev/null >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
