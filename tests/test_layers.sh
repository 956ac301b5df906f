#!/bin/sh
# Lint finds a forbidden include, a circle of rooms and a circle of files, and nothing else
# (tests/layers.awk). Ends with the line that Check's programs print.
set -u
cd "$(dirname "$0")/.." || exit 1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
checks=0
failures=0

put() { # put FILE LINE...: a file of the tree
    mkdir -p "$tree/$(dirname "$1")"
    file=$tree/$1
    shift
    printf '%s\n' "$@" >"$file"
}

expect() { # expect NAME STATUS OUTPUT: what ./tests/layers.sh says about the tree
    checks=$((checks + 1))
    found=$(tests/layers.sh "$tree" 2>&1)
    status=$?
    if [ "$status" != "$2" ] || [ "$found" != "$3" ]; then
        failures=$((failures + 1))
        printf '%s: expected exit %s and\n%s\nbut got exit %s and\n%s\n' "$1" "$2" "$3" "$status" "$found"
    fi
    rm -rf "${tree:?}"/*
}

table() { # the usual tree: two rooms and a program, and what may include what
    put tests/layers.txt 'lib/low:' 'lib/high: lib/low' 'servers: lib/high lib/low' "$@"
    put lib/low/a.h '#include <stdio.h>'
    put lib/low/a.c '#include "lib/low/a.h"'
    put lib/high/b.h '#include "lib/low/a.h"'
    put servers/main.c '#include "lib/high/b.h"' '#include "lib/low/a.h"'
    put tests/unit/lib/high/test_b.c '#include "lib/high/b.h"' '#include "tests/unit/guard.h"'
}

table
expect "allowed includes" 0 ''

table
put lib/low/z.c '#include "lib/low/a.h"' '#include "lib/high/b.h"'
expect "an include of a room above" 1 \
    'lib/low/z.c:2: lib/low must not include lib/high/b.h (tests/layers.txt)'

table
put lib/high/b.h '#include "servers/s.h"'
expect "an include of a program by a header" 1 \
    'lib/high/b.h:1: lib/high must not include servers/s.h (tests/layers.txt)'

table
put tests/unit/lib/low/test_a.c '#include "lib/high/b.h"'
expect "a unit test uses what its room may not" 1 \
    'tests/unit/lib/low/test_a.c:1: lib/low must not include lib/high/b.h (tests/layers.txt)'

table
put bench/c.c '#include "lib/low/a.h"'
expect "a room without a line" 1 'bench/c.c:1: tests/layers.txt has no line for bench'

table
put tests/layers.txt 'lib/low: lib/high' 'lib/high: lib/low' 'servers: lib/high lib/low'
expect "rooms in a circle" 1 'tests/layers.txt: a circle through lib/low'

table
put tests/layers.txt 'lib/high: lib/low' 'servers: lib/high'
put servers/main.c '#include "lib/high/b.h"'
expect "a room that the table only uses" 1 "tests/layers.txt: 'lib/low' has no line of its own"

table
put lib/low/a.c '#include "lib/low/c.h"'
put lib/low/c.h '#include "lib/low/a.h"'
expect "files in a circle" 1 \
    'files include each other in a circle: lib/low/a lib/low/c (tests/layers.txt)'

table 'circle lib/low/a: lib/low/c'
put lib/low/a.c '#include "lib/low/c.h"'
put lib/low/c.h '#include "lib/low/a.h"'
expect "a circle that is listed" 0 ''

table 'circle lib/low/a: lib/low/c'
put lib/low/a.c '#include "lib/low/c.h"'
put lib/low/c.c '#include "lib/low/c.h"' '#include "lib/low/d.h"'
put lib/low/d.h '#include "lib/low/a.h"'
expect "a listed circle that has grown" 1 \
    'files include each other in a circle: lib/low/a lib/low/c lib/low/d (tests/layers.txt)'

table 'circle lib/low/a: lib/low/c'
expect "a listed circle that is gone" 1 \
    'tests/layers.txt: lib/low/a is in no circle any more; delete it there
tests/layers.txt: lib/low/c is in no circle any more; delete it there'

printf '%d%%: Checks: %d, Failures: %d, Errors: 0\n' $((100 * (checks - failures) / checks)) "$checks" "$failures"
[ "$failures" = 0 ]
