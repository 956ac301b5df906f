#!/bin/sh
# Measure a scenario and compare it with the baseline: ../ci.md. The first run becomes the baseline.
#   SCENARIO  a scenario, or the path of one (default smoke)
#   LIMITS    by how much which metric may be worse (pushlab compare --fail-over)
#   BASELINE  the folder of the run to compare with (default baseline)
# Options are those of pushlab compare, such as --anyway.
# Exit code: that of pushlab compare: 3 when something is worse by more than its limit.
set -eu
baseline=${BASELINE:-baseline}
pushlab run "${SCENARIO:-smoke}" --repeat 5 --retry-disturbed 1 --no-charts --json >run.json
if [ ! -e "$baseline/run.json" ]; then
    cp -rL results/latest "$baseline"
    exit 0
fi
pushlab compare "$baseline" run.json --junit compare.xml --fail-over "${LIMITS:-latency_us.p50=25%,requests_per_update=10%}" "$@"
