#!/bin/sh
# unit.sh PROGRAM...: run unit tests (Check programs, tests/test_*.sh), as many at a time as there are
# cores. A line for each, what a failed one said, and the totals on the last line.
set -u

one() { # one PROGRAM: "100%: Checks: 17, Failures: 0, Errors: 0" is Check's own summary
    log=$(mktemp)
    CK_VERBOSITY=normal CK_DEFAULT_TIMEOUT=60 "$1" >"$log" 2>&1 # Check's 4 s are few on a busy machine
    status=$?
    # shellcheck disable=SC2046
    set -- "$1" $(sed -n 's/.*Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2 \3/p' "$log" | tail -1)
    checks=${2:-1} bad=$((${3:-0} + ${4:-0}))
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    text=$(printf '  %-28s %3d passed, %d failed' "$(basename "$1" .sh)" $((checks - bad)) "$bad")
    [ "$bad" = 0 ] || text=$text'
'$(cat "$log")
    rm -f "$log"
    exec 9<"$0"
    flock 9 # one text after the other
    printf '%s\n' "$text"
}

if [ "$1" = --one ]; then
    one "$2"
    exit
fi
all=$(mktemp)
trap 'rm -f "$all"' EXIT
printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" "$0" --one | tee "$all"
awk -v programs=$# '/^  test_[^ ]* +[0-9]+ passed, [0-9]+ failed$/ { passed += $2; failed += $4; n++ }
    END { failed += programs - n; printf "unit: %d passed, %d failed\n", passed, failed; exit failed > 0 }' "$all"
