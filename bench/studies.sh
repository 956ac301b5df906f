#!/bin/sh
# Rerun the published studies, keep each outcome in results/studies and write the tables of docs/studies
# again.
#   studies.sh PUSHLAB RESULTS [OPTION...]       STUDIES="rfc-6202": only these
# If a study fails, this is reported, its page stays as it was, and the others still run.
set -u

pushlab=$1 results=$2
shift 2
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
failed=0

# rewrite PAGE: what its commands print now, between their marks
rewrite() {
    awk -v pushlab="$pushlab" '
        /^<!-- end of table -->$/ { skip = 0 }
        !skip { print }
        /^<!-- table: pushlab .* -->$/ {
            command = $0
            sub(/^<!-- table: pushlab/, pushlab, command)
            sub(/ -->$/, "", command)
            while ((command | getline line) > 0) print line
            skip = 1
        }' "$1" >"$1.tmp" && mv "$1.tmp" "$1"
}

mkdir -p results/studies || exit 1
for name in ${STUDIES:-$("$pushlab" reproduce | cut -d ' ' -f 1)}; do
    printf '\n== %s\n' "$name"
    { "$pushlab" reproduce "$name" --out "$results" "$@" || echo "failed: $name"; } 2>&1 | tee "$log"
    folder=$(sed -n 's/^pushlab: results: *//p' "$log")
    if grep -q '^failed:' "$log"; then
        failed=1
    elif ! cp "$folder/outcome.json" "results/studies/$name.json" || ! rewrite "docs/studies/$name.md"; then
        failed=1
    fi
done
exit "$failed"
