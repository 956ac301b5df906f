#!/bin/sh
# What hdr-histogram-js reads from our interval log must be exactly what we recorded.
# usage: hlog_check.sh [DIRECTORY OF THE BUILD VARIANT, build/asan]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../build/asan}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ ! -d "$here/node_modules/hdr-histogram-js" ]; then
    echo "hlog_check: the independent reader is missing: (cd tests/e2e && npm ci)" >&2
    exit 1
fi
PUSHLAB_HLOG_OUT=$work/sample.hlog CK_VERBOSITY=silent "$out/tests/test_hdr_log"
node "$here/peers/check_hlog.mjs" "$work/sample.hlog" >"$work/theirs.json"
node --input-type=module - "$work/sample.hlog.json" "$work/theirs.json" <<'END'
import { readFileSync } from "node:fs";
import { deepStrictEqual } from "node:assert";
const [ours, theirs] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, "utf8")));
deepStrictEqual(theirs, ours);
console.log(`hlog_check: ${ours.count} values in both, every figure equal`);
END
