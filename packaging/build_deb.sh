#!/usr/bin/env bash
# Builds a Debian package from a release binary; needs dpkg-deb, gzip and readelf. The same input gives the same bytes.
#   packaging/build_deb.sh build/release/tocsin OUT_FOLDER      prints the path of the package
set -euo pipefail
[ "$#" = 2 ] || { echo "usage: packaging/build_deb.sh BINARY OUT_FOLDER" >&2; exit 2; }
source_folder=$(cd "$(dirname "$0")/.." && pwd)
binary=$(realpath "$1") out=$2
here=$source_folder/packaging

version=$("$binary" --version | awk '{print $NF}')
case $version in [0-9]*) ;; *) echo "no version: $version" >&2; exit 1 ;; esac
architecture=$(dpkg --print-architecture)
# The program is static but for glibc: the newest symbol says which one it needs.
glibc=$(readelf --version-info --wide "$binary" | grep -o 'GLIBC_2[0-9.]*' | sort -uV | tail -1)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$source_folder" log -1 --format=%ct 2>/dev/null || echo 0)}

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 0755 "$tree"
umask 022
put() { install -D -m "$1" "$2" "$tree/$3"; }  # MODE FROM TO
press() { mkdir -p "$tree/$(dirname "$1")"; gzip -9n >"$tree/$1"; }

put 0755 "$binary" usr/bin/tocsin
put 0644 "$here/systemd/tocsin.service" usr/lib/systemd/system/tocsin.service
put 0644 "$here/systemd/tocsin-attend@.service" "usr/lib/systemd/system/tocsin-attend@.service"
put 0644 "$here/systemd/serve.conf" etc/tocsin/serve.conf
put 0644 "$here/systemd/tls.conf" usr/share/doc/tocsin/examples/tls.conf
"$binary" man | press usr/share/man/man1/tocsin.1.gz
press usr/share/doc/tocsin/changelog.gz <"$source_folder/CHANGELOG.md"
mkdir -p "$tree/usr/share/bash-completion/completions"
"$binary" completion bash >"$tree/usr/share/bash-completion/completions/tocsin"
for document in "$source_folder"/docs/*.md; do
  [ "$(basename "$document")" = left.md ] || put 0644 "$document" "usr/share/doc/tocsin/$(basename "$document")"
done
{
  cat "$source_folder/NOTICE"
  echo
  echo "The full text of the Apache License, Version 2.0, stands in /usr/share/common-licenses/Apache-2.0."
} >"$tree/usr/share/doc/tocsin/copyright"

mkdir "$tree/DEBIAN"
for script in postinst prerm postrm; do
  install -m 0755 "$here/debian/$script" "$tree/DEBIAN/$script"
done
echo /etc/tocsin/serve.conf >"$tree/DEBIAN/conffiles"
cat >"$tree/DEBIAN/control" <<CONTROL
Package: tocsin
Version: $version
Architecture: $architecture
Maintainer: Tocsin maintainers <maintainers@tocsin.invalid>
Depends: libc6 (>= ${glibc#GLIBC_}), passwd
Section: admin
Priority: optional
Installed-Size: $(du -sk --exclude=DEBIAN "$tree" | cut -f1)
Description: hunts intrusions in logs and shares what was found
 One program, without network and without a database server: it reads logs with
 Sigma rules and playbooks and gives graded verdicts. The same program is a node
 that keeps STIX 2.1 objects, serves them over TAXII 2.1 and exchanges them with
 peers; this package brings a systemd unit for it, which is not started before
 there is a node.
CONTROL
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
find "$tree" -print0 | xargs -0 touch --no-dereference --date="@$SOURCE_DATE_EPOCH"

mkdir -p "$out"
package=$out/tocsin_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$tree" "$package" >/dev/null
echo "$package"
