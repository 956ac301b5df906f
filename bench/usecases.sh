#!/bin/sh
# Run the five use cases on their links, then write one report that recommends a transport for each.
#   usecases.sh PUSHLAB RESULTS [RUN-OPTION...]       USECASES="game idle": run only these
# If a use case fails, this is reported, and the others still run.
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
# pushlab names the folders, without spaces.
# shellcheck disable=SC2086
"$pushlab" advise --matrix -o "$report" $folders > /dev/null || failed=1
printf '\nuse cases: %s\n' "$report"
exit "$failed"
