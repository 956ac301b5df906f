#!/bin/sh
# Run all scenarios with balancers: the cost of each kind, then failures and their remedies.
#   balancers.sh PUSHLAB RESULTS [RUN-OPTION...]       BALANCERS="kinds death": run only these
# If a scenario fails, this is reported, and the others still run.
set -u

pushlab=$1 results=$2
shift 2
here=$(dirname "$0")
failed=0

for name in ${BALANCERS:-kinds upgrade buffering timeouts sources death}; do
    printf '\n== %s\n' "$name"
    "$pushlab" run "$here/scenarios/balancers/$name.json" --out "$results" "$@" || failed=1
done
exit "$failed"
