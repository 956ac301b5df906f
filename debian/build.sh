#!/bin/sh
# build.sh VERSION OUT: build OUT/pushlab_VERSION_ARCH.deb from a copy of this tree, which stays as it is. What other
# files say already is taken from there: packages (bench/packages.txt), licence (LICENSE), commit and date (git).
# PUSHLAB_PROGRAMS may name a folder of programs that are built already.
set -eu
version=$1
cd "$(dirname "$0")/.."
mkdir -p "$2"
out=$(cd "$2" && pwd)
tree=$out/pushlab-$version
maintainer='pushlab maintainers <maintainers@pushlab.invalid>'

export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
export PUSHLAB_COMMIT="${PUSHLAB_COMMIT:-$(git describe --always --dirty --tags 2>/dev/null || echo unknown)}"

rm -rf "$tree" && mkdir "$tree"
tar -cf - --exclude-vcs --exclude=node_modules --exclude='*.o' \
    Makefile LICENSE README.md lib servers clients bench debian tests/layers.txt tests/layers.awk | tar -xf - -C "$tree"

sed -e "s/@MAINTAINER@/$maintainer/" \
    -e "s/@BUILD_DEPENDS@/$(awk -v want=build -f debian/packages.awk bench/packages.txt)/" debian/control.in >"$tree/debian/control"
printf 'pushlab (%s) unstable; urgency=medium\n\n  * %s\n\n -- %s  %s\n' "$version" \
    "Built from commit $PUSHLAB_COMMIT; CHANGELOG.md has the changes." "$maintainer" \
    "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" >"$tree/debian/changelog"
{
    printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: pushlab\n\n'
    printf 'Files: *\nCopyright: %s\nLicense: Expat\n' "$(sed -n 's/^Copyright (c) //p' LICENSE)"
    sed -e '1,/^Copyright/d' -e '/./!s/^/./' -e 's/^/ /' LICENSE | sed 1d
} >"$tree/debian/copyright"

log=$out/build.log
if ! (cd "$tree" && dpkg-buildpackage --build=binary --no-sign -j"$(nproc)") >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "pushlab: this failed:  dpkg-buildpackage --build=binary, in $tree; all it said is in $log" >&2
    exit 1
fi
rm -rf "$tree"
