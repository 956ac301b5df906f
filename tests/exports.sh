#!/bin/sh
# exports.sh OBJECT...: functions that no other file calls, which should be static, and functions that
# only tests call, which should go. A function of which its own file and a unit test have need may stay.
# OBJECT is build/VARIANT/NAME.o of NAME.c. Exit 1 if there are any.
set -u
found=$(nm -A "$@" | awk '
    { file = $1; sub(/:.*/, "", file); sub(/^build\/[a-z]*\//, "", file); sub(/\.o$/, ".c", file) }
    { kind = $(NF - 1); name = $NF; test = file ~ /^tests\// }
    kind == "T" && name != "main" && !test { owner[name] = file }
    kind == "U" { if (test) tested[name] = 1; else used[name] = 1 }
    END { for (name in owner) if (!(name in used)) print owner[name], name, name in tested ? "tests" : "none" }' |
    sort | while read -r file name who; do
    # The definition is one line; a second one that is no comment calls it.
    lines=$(sed 's,/\*.*,,; /^ \*/d' "$file" | grep -cw "$name")
    if [ "$who" = none ] && grep -qw "$name" tests/fuzz/*.c; then who=tests; fi
    if [ "$lines" -le 1 ]; then
        echo "$file: $name(): only tests call it, or nothing: delete it"
    elif [ "$who" = none ]; then
        echo "$file: $name(): only this file calls it: make it static"
    fi
done)
[ -z "$found" ] && exit 0
printf '%s\n' "$found"
exit 1
