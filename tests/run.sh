#!/bin/sh
# run.sh [NAME...]: unit tests, then end-to-end tests; totals on the last line.
# PUSHLAB_BIN: the folder of the programs. With names, only the tests whose names match.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

wanted() { # wanted TEST NAME...: with no names every test is
    test=$1
    shift
    [ $# = 0 ] && return 0
    for name in "$@"; do
        case $test in *"$name"*) return 0 ;; esac
    done
    return 1
}

# "100%: Checks: 17, Failures: 0, Errors: 0" is Check's own summary of one program.
for test in "$PUSHLAB_BIN"/tests/test_*; do
    case $test in *.o | *.d) continue ;; esac
    wanted "$test" "$@" || continue
    CK_VERBOSITY=normal "$test" >"$log" 2>&1
    status=$?
    checks=$(sed -n 's/.*Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2 \3/p' "$log" | tail -1)
    if [ -z "$checks" ]; then checks="1 1 0"; fi
    # shellcheck disable=SC2086
    set_counts() { total=$1 bad=$(($2 + $3)); }
    # shellcheck disable=SC2086
    set_counts $checks
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    passed=$((passed + total - bad))
    failed=$((failed + bad))
    printf '  %-28s %3d passed, %d failed\n' "$(basename "$test")" $((total - bad)) "$bad"
    [ "$bad" = 0 ] || cat "$log"
done

if [ -e tests/e2e/run.py ]; then
    /usr/bin/python3 tests/e2e/run.py "$@" | tee "$log"
    totals=$(sed -n 's/^e2e: \([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$log" | tail -1)
    if [ -z "$totals" ]; then totals="0 1"; fi
    passed=$((passed + ${totals% *}))
    failed=$((failed + ${totals#* }))
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
