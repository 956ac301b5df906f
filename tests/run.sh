#!/bin/sh
# run.sh [NAME...]: unit tests, then end-to-end tests; totals on the last line. With names, only the
# tests whose names contain one of them.
# PUSHLAB_BIN: the folder of the programs. UNIT_TESTS: all unit tests, as make knows them.
set -u
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

wanted() { # wanted TEST NAME...: with no names every test is
    candidate=$1
    shift
    [ $# = 0 ] && return 0
    for name in "$@"; do
        case $candidate in *"$name"*) return 0 ;; esac
    done
    return 1
}

tests=
for test in $UNIT_TESTS; do
    wanted "$(basename "$test")" "$@" && tests="$tests $test"
done
echo "[2/4] unit tests"
# shellcheck disable=SC2086
[ -z "$tests" ] || ./tests/unit.sh $tests | tee "$log"
/usr/bin/python3 tests/e2e/run.py "$@" | tee -a "$log"

want=1 # results in the log
[ -z "$tests" ] || want=2
awk -v want="$want" '/^(unit|e2e): [0-9]+ passed, [0-9]+ failed/ { passed += $2; failed += $4; n++ }
    END { if (n < want) failed++; printf "%d passed, %d failed\n", passed, failed; exit failed > 0 }' "$log"
