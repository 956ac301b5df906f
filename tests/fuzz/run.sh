#!/bin/sh
# run.sh TARGET...: run each fuzz target for FUZZ_SECONDS from its small corpus, as many at a time as
# there are cores; new inputs stay in BUILD.
# With FUZZ_RUNS the same inputs each time, that many at most: for a gate that must not be a
# lottery. Finding new ones is what the plain run is for.
set -u
repeat=${FUZZ_RUNS:+"-seed=1 -runs=$FUZZ_RUNS"}
cd "$(dirname "$0")/../.." || exit 1
corpora=${BUILD:-build}/fuzz/corpus

run() { # run TARGET: leaves WORK.failed when it finds something
    target=$1
    name=$(basename "$target")
    seeds=tests/fuzz/corpus/${name#fuzz_}
    work=$corpora/$name
    mkdir -p "$work"
    [ -d "$seeds" ] || seeds=
    [ -z "$repeat" ] || rm -f "$work"/*
    # shellcheck disable=SC2086
    if "$target" $repeat -max_total_time="${FUZZ_SECONDS:-30}" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$work/" -verbosity=0 -print_final_stats=1 "$work" $seeds >"$work.log" 2>&1; then
        runs=$(sed -n 's/.*number_of_executed_units: *//p' "$work.log")
        printf '  %-28s ok, %s runs\n' "$name" "$runs"
    else
        printf '  %-28s FAILED, see %s\n' "$name" "$work.log"
        tail -30 "$work.log"
        : >"$work.failed"
    fi
}

rm -f "$corpora"/*.failed
n=0
for target in "$@"; do
    run "$target" &
    n=$((n + 1))
    [ $((n % $(nproc))) != 0 ] || wait
done
wait
for mark in "$corpora"/*.failed; do
    [ ! -e "$mark" ] || exit 1
done
