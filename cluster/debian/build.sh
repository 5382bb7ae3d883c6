#!/bin/sh
# Makes out/lorad_VERSION_ARCHITECTURE.deb. The Swift runtime, which Debian does not have, is linked into the binary; all other
# libraries are Debian's, and the package depends on those that the binary names.
#
# VERSION is the package's, that of Sources/lorad/Version.swift unless given; LORAD a binary to package instead of building one.
set -eu
cd "$(dirname "$0")/../.."

version=${VERSION:-$(sed -n 's/.*static let number = "\(.*\)"/\1/p' Sources/lorad/Version.swift)}
architecture=$(dpkg --print-architecture)
folder=out/deb
stage=$folder/stage

if [ -z "${LORAD:-}" ]; then
    swift build -c release --product lorad --static-swift-stdlib --scratch-path .build/package
    LORAD=.build/package/release/lorad
fi
rm -rf "$folder"
mkdir -p "$stage/DEBIAN" "$folder/debian"
strip --strip-unneeded -o "$folder/lorad" "$LORAD"
LORAD=$folder/lorad PREFIX=/usr DESTDIR=$stage ZSH_FOLDER=share/zsh/vendor-completions cluster/debian/install.sh

documentation=$stage/usr/share/doc/lorad
{
    cat <<'TEXT'
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: lorad

Files: *
Copyright: 2026 the authors of lorad
License: Apache-2.0
 On Debian systems, the full text of the licence is in /usr/share/common-licenses/Apache-2.0.
 .
 The binary contains the Swift runtime and packages of Apple and of JP Simard (Apache-2.0 and MIT),
 and GRDB.swift of Gwendal Roué (MIT).
TEXT
} >"$documentation/copyright"

# Built from the same commit, the package is the same.
date=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH="$date"
maintainer=${MAINTAINER:-lorad <lorad@localhost>}
{
    echo "lorad ($version) unstable; urgency=medium"
    echo
    echo "  * Release $version."
    echo
    echo " -- $maintainer  $(date -u -R -d "@$date")"
} | gzip -9n >"$documentation/changelog.gz"

cat >"$folder/debian/control" <<TEXT
Source: lorad

Package: lorad
Architecture: any
TEXT
depends=$(cd "$folder" && dpkg-shlibdeps -O stage/usr/bin/lorad | sed -n 's/^shlibs:Depends=//p')
size=$(du -sk --apparent-size "$stage/usr" | cut -f1)
# OpenBLAS is loaded when it is needed, so that the binary does not name it.
cat >"$stage/DEBIAN/control" <<TEXT
Package: lorad
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $size
Depends: $depends
Recommends: libopenblas0
Section: science
Priority: optional
Description: LoRA training of vision-language models on processors
 Fine-tunes vision-language models with LoRA on ordinary processors, on one
 machine or many: a Hugging Face checkpoint and a LLaVA-style dataset go in, a
 PEFT adapter comes out. Runs can be shared over machines that people have,
 and federated, so that data stays where it is, with secure aggregation and
 differential privacy.
TEXT
(cd "$stage" && find usr -type f -exec md5sum {} +) >"$stage/DEBIAN/md5sums"
find "$stage" -exec touch -h -d "@$date" {} +
package=out/lorad_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$stage" "$package"
dpkg-deb --info "$package" | sed -n 's/^ \(Version\|Installed-Size\|Depends\|Recommends\)/\1/p'
