#!/bin/sh
# layers.sh [ROOT]: includes under ROOT that ROOT/tests/layers.txt does not allow, and circles of
# files; exit 1 if there are any.
set -u
rules=$(cd "$(dirname "$0")" && pwd)/layers.awk
cd "${1:-.}" || exit 1
said=$(grep -rns --include='*.[ch]' '^#include "' lib servers clients bench tests/unit |
    awk -v mode=check -f "$rules" tests/layers.txt -)
status=$?
[ -z "$said" ] || printf '%s\n' "$said" | sort
exit "$status"
