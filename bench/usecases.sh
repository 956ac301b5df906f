#!/bin/sh
# Run the five use cases on their links, then say in one report which transport each needs.
#   usecases.sh PUSHLAB RESULTS [RUN-OPTION...]       USECASES="game idle": only these
# A use case that fails is reported and does not keep the others from running.
set -u

pushlab=$1 results=$2
shift 2
here=$(dirname "$0")
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
failed=0 folders=

for name in ${USECASES:-sports game collab dashboard idle}; do
    printf '\n== %s\n' "$name"
    { "$pushlab" run "$here/scenarios/$name.json" --out "$results" "$@" || echo "failed:"; } | tee "$log"
    if grep -q '^failed:' "$log"; then failed=1; fi
    folders="$folders $(sed -n 's/^results: *//p' "$log" | tr '\n' ' ')"
done

[ -n "$(echo "$folders" | tr -d ' ')" ] || exit 1
report="$results/$(date -u +%Y%m%dT%H%M%SZ)-usecases.html"
# The folders have no blanks: pushlab named them.
# shellcheck disable=SC2086
"$pushlab" advise --matrix -o "$report" $folders > /dev/null || failed=1
printf '\nuse cases: %s\n' "$report"
exit "$failed"
