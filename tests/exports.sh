#!/bin/sh
# exports.sh OBJECT...: functions that no other file needs, so that they should be static, and
# functions that only tests call. OBJECT is build/VARIANT/PATH.o of PATH.c; main() and what a header
# defines inline are not meant. Exit 1 if there are any.
set -u
nm -A "$@" | awk '
{ file = $1; sub(/:.*/, "", file); kind = $(NF - 1); name = $NF; source = file }
{ sub(/^build\/[a-z]*\//, "", source); sub(/\.o$/, ".c", source); test = source ~ /^tests\// }
kind == "T" && name != "main" && !test { owner[name] = source }
kind == "U" { if (test) tested[name] = 1; else used[name] = 1 }
END { for (name in owner) if (!(name in used)) print owner[name], name, name in tested ? "tests" : "file" }
' | sort | while read -r source name who; do
    # Its own file may use it as well: a definition is one line, a call another.
    uses=$(sed 's,//.*,,; s,/\*.*,,; /^ \*/d' "$source" | grep -cw "$name")
    [ "$who" = tests ] || ! grep -qw "$name" tests/fuzz/*.c || who=tests
    case $who.$uses in
    tests.1) echo "$source: only tests call $name()" ;;
    tests.*) echo "$source: here and tests $name()" ;;
    *) echo "$source: $name() is used in this file only: make it static" ;;
    esac
done
