#!/usr/bin/python3
"""Do runs measure what `pushlab predict` says before them? Over a grid of update rates, poll intervals,
round trips and ways in which updates are spread, each figure is compared with the model's.

    make bench-model                              all 18 runs, written to results/model.md; 17 minutes
    model_grid.py --cells 25:50:fixed             one of them, to standard output
"""
import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

from self import environment
from truth import cells_of, number

BIN = pathlib.Path(os.environ.get("PUSHLAB_BIN", "build/release"))
CLIENTS, REPEATS = 20, 3
ROWS = [{"transport": "short-poll", "interval_ms": 200}, {"transport": "short-poll", "interval_ms": 1000},
        {"transport": "long-poll"}, {"transport": "long-poll", "connection": "close"},
        {"transport": "websocket"}]

# What may lie between the two: a share of the model's figure, and an amount. Amounts of time are what
# programs on a shared machine take, those of counts what is on its way when the window opens or closes.
SHARE = 0.05
AMOUNTS = {
    "latency_us.p50": 4000, "latency_us.p90": 6000, "latency_us.mean": 4000, "age_us.mean": 6000,
    "requests_per_update": 0.02, "empty_response_ratio": 0.05, "tcp_handshakes_per_update": 0.02,
    "bytes_per_update.payload": 1, "bytes_per_update.framing": 3, "bytes_per_update.wire": 15,
    "packets_per_update.total": 0.1,
}
# Figures that depend on how many updates fall together, and when: chance, where these are random.
NO_CHANCE = {"short-poll": ("latency_us.p50", "latency_us.p90", "latency_us.mean"),
             "websocket": tuple(path for path in AMOUNTS if path != "age_us.mean")}


def scenario(rate_hz, rtt_ms, pattern):
    return {"name": "grid", "title": "A cell of the grid", "clients": CLIENTS, "rows": ROWS,
            "source": {"kind": "generator", "rate_hz": rate_hz, "pattern": pattern},
            "repeat": REPEATS if pattern == "poisson" else 1, "link": f"rtt={rtt_ms}ms",
            "duration_s": 6 if rate_hz == 1 else 3, "drain_s": 3}


def pushlab(*words):
    done = subprocess.run([BIN / "pushlab", *words], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"model_grid.py: pushlab {words[0]} exited with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def value(row, path):
    for name in path.split("."):
        row = row.get(name) if row else None
    return row


def allowed(row, path, model, pattern):
    """How far the figure may be from the model's."""
    chance = steps = 0
    if pattern == "poisson" and path not in NO_CHANCE.get(row["transport"], ()):
        chance = 3 / math.sqrt(max(row["published"], 1))
    if pattern == "fixed" and row["interval_ms"] and path in ("latency_us.p50", "latency_us.p90"):
        steps = row["interval_ms"] * 1000 / CLIENTS  # polls that keep step with the updates, one a client
    return AMOUNTS[path] + steps + (SHARE + chance) * model


def agrees(row, path, seen, model, pattern):
    interval = row.get("ci95", {}).get(path)
    if interval and interval["low"] <= model <= interval["high"]:
        return True
    return abs(seen - model) <= allowed(row, path, model, pattern)


def check(cell, predicted, run, anyway):
    """[(cell, row id, path, seen, model, what is said of them)]"""
    found = []
    for before, row in zip(predicted["rows"], run["rows"]):
        for path in AMOUNTS:
            seen, model = value(row, path), before.get("predicted", {}).get(path)
            if seen is None or model is None:
                said = "not compared"
            elif row["disturbed"] and not anyway:
                said = "disturbed"
            else:
                said = "agrees" if agrees(row, path, seen, model, cell[2]) else "differs"
            found.append((cell, row["id"], path, seen, model, said))
    return found


def measure(folder, cell, options, rows, anyway):
    """options: of the run alone, so that the model can be told something else."""
    path = pathlib.Path(folder) / "grid.json"
    path.write_text(json.dumps(scenario(*cell)))
    only = ("--rows", rows) if rows else ()
    predicted = pushlab("predict", path, "--json", *only)
    run = pushlab("run", path, "--out", folder, "--no-charts", "--json", *only, *options)
    return check(cell, predicted, run, anyway)


# ---- the page ----

def summary(found):
    lines = ["| figure | allowed | figures | agree | differ | largest difference, fixed | Poisson | disturbed | not compared |",
             "|:---|:---|---:|---:|---:|---:|---:|---:|---:|"]
    for path, amount in AMOUNTS.items():
        mine = [f for f in found if f[2] == path]
        count = {said: sum(f[5] == said for f in mine)
                 for said in ("agrees", "differs", "disturbed", "not compared")}
        largest = [max((abs(f[3] - f[4]) for f in mine if f[0][2] == pattern and f[5] in ("agrees", "differs")),
                       default=None) for pattern in ("fixed", "poisson")]
        lines.append(f"| `{path}` | {number(amount)} + {100 * SHARE:g} % | {len(mine)} | {count['agrees']} | "
                     f"{count['differs']} | {number(largest[0])} | {number(largest[1])} | "
                     f"{count['disturbed']} | {count['not compared']} |")
    return lines


def details(found):
    mark = {"differs": " **!**", "disturbed": " ~"}
    lines = ["| updates/s, RTT ms, pattern | row | " + " | ".join(f"`{p}`: run, model" for p in AMOUNTS) + " |",
             "|:---|:---|" + "---:|" * len(AMOUNTS)]
    for key in dict.fromkeys(f[:2] for f in found):
        cells = {f[2]: f[3:] for f in found if f[:2] == key}
        lines.append(f"| {key[0][0]:g}, {key[0][1]}, {key[0][2]} | {key[1]} | " + " | ".join(
            f"{number(seen)}, {number(model)}{mark.get(said, '')}" for seen, model, said in cells.values()) + " |")
    return lines


def page(found):
    return "\n".join([
        "# Does the model hold?", "", environment("bench-model"),
        f"{CLIENTS} clients, {len({f[0] for f in found})} runs; the model's figures are those of `pushlab predict` "
        "before the run. A figure agrees when it is not farther from the model's than the allowed amount and share, "
        f"or when the interval of its repeats includes that. Runs with Poisson updates have {REPEATS} repeats, and "
        "where chance decides how many updates fall together, 3/√n of the figure is allowed as well, n being the "
        "updates measured; of percentiles of short polls at a fixed pace as much as their clients' polls are apart. "
        "Figures of disturbed rows are counted, and not judged. *Not compared*: there is no "
        "prediction, or too few updates for the percentile.", "",
        *summary(found), "", "## Every row", "", *details(found), ""])


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--cells", help="RATE:RTT_MS:PATTERN, with commas between; default: all 18")
    options.add_argument("--rows", help="only these rows")
    options.add_argument("--anyway", action="store_true", help="judge disturbed rows, too")
    options.add_argument("--out", type=pathlib.Path, help="write the page there; default: print it")
    options.add_argument("more", nargs="*",
                         help="after --: options of pushlab run that the model is not told, as --duration 1")
    given = options.parse_args()
    found = []
    with tempfile.TemporaryDirectory(prefix="pushlab-model-") as scratch:
        for cell in cells_of(given.cells):
            print("{:g} updates/s, {} ms, {}".format(*cell), file=sys.stderr)
            found += measure(scratch, cell, given.more, given.rows, given.anyway)
    if given.out:
        given.out.write_text(page(found))
    else:
        print(page(found))
    wrong = [f for f in found if f[5] == "differs"]
    for cell, row, path, seen, model, _ in wrong:
        print("model_grid.py: {:g} updates/s, {} ms, {}: ".format(*cell) + f"{row}: {path}: measured "
              f"{number(seen)}, by the model {number(model)}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
