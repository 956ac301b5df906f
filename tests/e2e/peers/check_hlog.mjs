// Read an HdrHistogram interval log with hdr-histogram-js, which knows nothing of pushlab,
// and print what it finds in it, all intervals merged, as one line of JSON.
import { readFileSync } from "node:fs";
import hdr from "hdr-histogram-js";

const path = process.argv[2];
if (path === undefined) {
  console.error("usage: check_hlog.mjs FILE.hlog");
  process.exit(2);
}

const reader = new hdr.HistogramLogReader(readFileSync(path, "utf8"), 64);
let merged = null;
const tags = [];
for (let h = reader.nextIntervalHistogram(); h !== null; h = reader.nextIntervalHistogram()) {
  tags.push(h.tag === "NO TAG" ? null : h.tag);
  if (merged === null) merged = h;
  else merged.add(h);
}
if (merged === null) {
  console.error(`${path}: no intervals`);
  process.exit(1);
}

console.log(
  JSON.stringify({
    count: merged.totalCount,
    min: merged.getValueAtPercentile(0),
    max: merged.maxValue,
    mean: merged.mean,
    tags,
    p50: merged.getValueAtPercentile(50),
    p90: merged.getValueAtPercentile(90),
    p99: merged.getValueAtPercentile(99),
    p999: merged.getValueAtPercentile(99.9),
  }),
);
