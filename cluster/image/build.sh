#!/bin/sh
# Makes an OCI image of lorad: the folder out/image (an OCI layout, for skopeo, umoci and apptainer) and the same as one file,
# out/lorad_VERSION_ARCHITECTURE.oci.tar, which `podman load`, `ctr images import` and newer `docker load` read.
#
# Neither a daemon nor root is needed, only umoci (apt-get install umoci). The image holds the binary, the shared libraries that it
# loads, CA certificates and time zones, and no shell or package manager. Built twice from the same binary and the same
# libraries it has the same digest.
#
#   LORAD    the binary; .build/release/lorad unless given
#   OUTPUT   the folder for both; out unless given
#   VERSION  the image's tag, that of Sources/lorad/Version.swift unless given
set -eu
cd "$(dirname "$0")/../.."

fail() {
    echo "build.sh: $1" >&2
    exit 1
}

lorad=${LORAD:-.build/release/lorad}
output=${OUTPUT:-out}
version=${VERSION:-$(sed -n 's/.*static let number = "\(.*\)"/\1/p' Sources/lorad/Version.swift)}
architecture=$(dpkg --print-architecture)
[ -x "$lorad" ] || fail "$lorad does not exist: run 'make build' first, or set LORAD"
for tool in umoci strip; do
    command -v $tool >/dev/null || fail "$tool is not installed: apt-get install umoci binutils"
done
for file in /etc/ssl/certs/ca-certificates.crt /usr/share/zoneinfo/UTC; do
    [ -e $file ] || fail "$file does not exist: apt-get install ca-certificates tzdata"
done
date=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
created=$(date -u -d "@$date" +%Y-%m-%dT%H:%M:%SZ)

umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
system=$work/system program=$work/program

# The files that a binary needs: libraries, and the loader that it names itself.
needed() { ldd "$1" | sed -n 's/.* => \(\/[^ ]*\) (.*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p'; }

# OpenBLAS is loaded when it is needed, so the binary does not name it.
openblas=$(ldconfig -p | sed -n 's/.*libopenblas\.so\.0 .*=> //p' | head -n 1)
[ -n "$openblas" ] || fail "libopenblas.so.0 is not installed: apt-get install libopenblas0"
libraries=$({ needed "$lorad"; echo "$openblas"; needed "$openblas"; } | sort -u)
if missing=$(ldd "$lorad" | grep 'not found'); then fail "a library of $lorad is missing: $missing"; fi

# First layer: what changes with Debian and Swift. All libraries share one folder that the loader searches by default.
folder=/usr$(echo "$libraries" | sed -n 's|^\(/usr\)\{0,1\}\(/lib/[^/]*\)/libc\.so\.6$|\2|p')
mkdir -p "$system$folder" "$system/usr/lib64" "$system/etc/ssl/certs" "$system/usr/share/doc" "$system/tmp" "$system/var/lib/lorad"
ln -s usr/lib "$system/lib"
ln -s usr/lib64 "$system/lib64"
for library in $libraries; do
    case $library in
    */ld-linux*) target=$system/usr${library#/usr} ;;
    *) target=$system$folder/$(basename "$library") ;;
    esac
    install -D -m 755 "$library" "$target"
    strip --strip-unneeded "$target"
    owner=$(dpkg -S "$(realpath "$library")" 2>/dev/null | head -n 1 | cut -d : -f 1) || owner=
    if [ -n "$owner" ]; then install -D -m 644 "/usr/share/doc/$owner/copyright" "$system/usr/share/doc/$owner/copyright"; fi
done
cp -L /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/"
cp -r /usr/share/zoneinfo "$system/usr/share/"
printf 'root:x:0:0::/:/nonexistent\nlorad:x:65532:65532::/var/lib/lorad:/nonexistent\n' >"$system/etc/passwd"
printf 'root:x:0:\nlorad:x:65532:\n' >"$system/etc/group"
printf 'hosts: files dns\n' >"$system/etc/nsswitch.conf"
# Any user may run it, as OpenShift does; a volume takes the place of the state folder.
chmod 1777 "$system/tmp" "$system/var/lib/lorad"

# Second layer: lorad.
install -D -m 755 "$lorad" "$program/usr/bin/lorad"
strip --strip-unneeded "$program/usr/bin/lorad"
install -D -m 644 LICENSE "$program/usr/share/doc/lorad/LICENSE"

find "$work" -exec touch -h -d "@$date" {} +
mkdir -p "$output"
image=$output/image
rm -rf "$image"
rootless=
[ "$(id -u)" = 0 ] || rootless=--rootless
umoci init --layout "$image"
umoci new --image "$image:$version"
for layer in system program; do
    umoci insert $rootless --image "$image:$version" --history.created "$created" \
        --history.created_by "cluster/image/build.sh $layer" "$work/$layer" /
done
umoci config --image "$image:$version" --no-history --created "$created" --os linux --architecture "$architecture" \
    --config.user 65532:65532 --config.workingdir /var/lib/lorad \
    --config.env PATH=/usr/bin --config.env HOME=/var/lib/lorad --config.env LC_ALL=C.UTF-8 \
    --config.entrypoint /usr/bin/lorad --config.cmd --help \
    --config.label org.opencontainers.image.title=lorad --config.label "org.opencontainers.image.version=$version" \
    --config.label org.opencontainers.image.licenses=Apache-2.0
umoci gc --layout "$image"

archive=$output/lorad_${version}_$architecture.oci.tar
tar --sort=name --mtime="@$date" --owner=0 --group=0 --numeric-owner -C "$image" -cf "$archive" \
    blobs index.json oci-layout
echo "image:  $image:$version"
echo "file:   $archive, $(($(stat -c %s "$archive") / 1000000)) MB; $(($(du -sb "$work" | cut -f 1) / 1000000)) MB unpacked"
echo "digest: $(sed -n 's/.*"digest":"\(sha256:[0-9a-f]*\)".*/\1/p' "$image/index.json")"
