#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deb.sh FOLDER: the Debian package from this tree as it stands (committed or
# not), into FOLDER. The tree itself is not touched: it is built from a copy.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$root/packaging/debian/changelog")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/${2:-tra-ce}-$version
mkdir "$tree"
(cd "$root" && tar -cf - Makefile LICENSE README.md OPERATIONS.md packages.txt cli db fcgi lib packaging tests www) | tar -xf - -C "$tree"
cp -R "$root/packaging/debian" "$tree/debian"
find "$tree" -name __pycache__ -type d -prune -exec rm -rf {} +
chmod -R go=u-w "$tree"
(cd "$tree" && MAKEFLAGS='' dpkg-buildpackage -b -us -uc -j"${JOBS:-$(nproc)}") >"$out/build.log" 2>&1 ||
	{ tail -n 40 "$out/build.log" >&2; echo "the package does not build; all of it is in $out/build.log" >&2; exit 1; }
rm -f "$out"/*.deb "$out"/*.changes "$out"/*.buildinfo
mv "$work"/*.deb "$work"/*.changes "$work"/*.buildinfo "$out"/
ls -l "$out"/tra-ce_*.deb
