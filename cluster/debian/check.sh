#!/bin/sh
# Installs a package into a fresh Debian 12 in a folder, and trains with it there: nothing but what Debian has may be missing.
# As root, from the repository's root:
#
#   cluster/debian/check.sh out/lorad_0.1.0_amd64.deb
#
# MIRROR   where Debian is fetched from; what apt here uses unless given
# SUITE    bookworm unless given
# COMMAND  a command of lorad's to run too, demo --fast where there is one
set -eu

package=$(realpath "$1")
suite=${SUITE:-bookworm}
[ "$(id -u)" = 0 ] || {
    echo "check.sh: only root can change into a folder as /" >&2
    exit 1
}
command -v debootstrap >/dev/null || apt-get install -y --no-install-recommends debootstrap >/dev/null
# shellcheck disable=SC2016 # apt-get fills it in
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' "Codename: $suite" | head -n 1)}

root=$(mktemp -d)
finish() {
    umount "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap finish EXIT
trap 'exit 1' INT TERM

echo "check.sh: $suite in $root"
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" 2>&1 || {
    tail "$root.log" >&2
    exit 1
}
rm -f "$root.log"
# What this machine's apt needs to reach the mirror, such as a proxy, the other one needs too.
cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
rm -f "$root"/etc/apt/apt.conf.d/docker-clean
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"

inside() { chroot "$root" env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

cp "$package" "$root/lorad.deb"
inside apt-get update -q >/dev/null
inside apt-get install -q -y ./lorad.deb >"$root/install.log" 2>&1 || {
    tail "$root/install.log" >&2
    exit 1
}
inside lorad --version
inside lorad doctor
for shell in bash zsh fish; do inside lorad --generate-completion-script "$shell" >/dev/null; done

mkdir -p "$root/trial/Tests/Fixtures" "$root/trial/configs"
cp -r Tests/Fixtures/tiny-llava "$root/trial/Tests/Fixtures/"
cp configs/tiny-*.yaml "$root/trial/configs/"
inside sh -ec 'cd /trial
    lorad config check configs/tiny-vqa.yaml
    lorad train --config configs/tiny-vqa.yaml
    lorad eval --model Tests/Fixtures/tiny-llava/model --adapter out/tiny-vqa \
        --data Tests/Fixtures/tiny-llava/data/train.json --images Tests/Fixtures/tiny-llava/data/pictures'
command=${COMMAND:-}
if [ -z "$command" ] && inside lorad --help | grep -q '^  demo '; then command="demo --fast"; fi
if [ -n "$command" ]; then inside sh -ec "cd /trial && lorad $command"; fi
inside apt-get remove -q -y lorad >/dev/null
[ ! -e "$root/usr/bin/lorad" ]
echo "check.sh: $(basename "$package") works in a fresh $suite"
