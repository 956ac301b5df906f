#!/bin/sh
# Run all that is about balancers: what each kind costs, then what breaks and what cures it.
#   balancers.sh PUSHLAB RESULTS [RUN-OPTION...]       BALANCERS="kinds death": only these
# A scenario that fails is reported and does not keep the others from running.
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
