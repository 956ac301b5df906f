#!/bin/sh
# Measure the map: update rate × tolerated latency, and the cheapest way that meets it.
#   map.sh PUSHLAB RESULTS [SWEEP-OPTION...]
# The sweep stays in RESULTS; what is worth keeping of it is copied to RESULTS/map.
set -eu

pushlab=$1 results=$2
shift 2
here=$(dirname "$0")
said=$(mktemp)
trap 'rm -f "$said"' EXIT

status=0
"$pushlab" sweep "$here/scenarios/map.json" --vary source.rate_hz=1,3,10,30,100 --retry-disturbed 1 \
    --out "$results" "$@" >"$said" || status=$?
cat "$said"
dir=$(sed -n 's/^results: //p' "$said")
[ -n "$dir" ] || exit 1
mkdir -p "$results/map"
"$pushlab" advise --map "$dir" >"$results/map/map.txt"
printf '\n'
cat "$results/map/map.txt"
cp "$dir/charts/map.svg" "$dir/charts/map.png" "$dir/sweep.json" "$dir/sweep.csv" "$results/map"
exit "$status"
