#!/usr/bin/python3
"""Is `pushlab compare` right? Real runs of the same scenario are compared, two by two, with seeds of
their own: of these A/A comparisons at most 5 % may call any figure different. Then the server holds
every update back for 1 ms (test_delay_ms): that must be found.

    make bench-aa                20 A/A comparisons, written to results/aa.md; 5 minutes
    aa.py --pairs 2              two on each network, to standard output
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from self import environment

BIN = pathlib.Path(os.environ.get("PUSHLAB_BIN", "build/release"))
LINKS = ("loopback", "rtt=50ms")
LEVEL = 0.05
REPEATS, DELAYS, DELAY_REPEATS, DELAY_MS = 3, 2, 5, 1
DELAY_ROWS = "sse"  # half a round trip; a long poll's median is twice that, and 1 ms less of it
SCENARIO = {"name": "aa", "title": "Is compare right?", "clients": 5, "warmup_s": 0.1,
            "duration_s": 0.4, "drain_s": 2, "source": {"kind": "generator", "rate_hz": 250},
            "rows": [{"transport": "long-poll"}, {"transport": "sse"}]}


def pushlab(*words, codes=(0,)):
    done = subprocess.run([BIN / "pushlab", *map(str, words)], capture_output=True, text=True)
    if done.returncode not in codes:
        sys.exit(f"aa.py: pushlab {words[0]} exited with {done.returncode}: {done.stderr.strip()}")
    return done


class Runs:
    def __init__(self, folder):
        self.folder, self.n = pathlib.Path(folder), 0
        (self.folder / "aa.json").write_text(json.dumps(SCENARIO))

    def measure(self, link, repeats, delay_ms=0, *options):
        """The folder of a new run. What the machine does to it must not end this: it is counted."""
        self.n += 1
        out = self.folder / str(self.n)
        pushlab("run", self.folder / "aa.json", "--link", link, "--repeat", repeats, "--seed", self.n,
                "--set", f"server.test_delay_ms={delay_ms}", "--no-charts", "--out", out, *map(str, options), codes=(0, 1))
        return out / "latest"

    def compare(self, link, repeats, delay_ms=0, *options):
        a = self.measure(link, repeats, 0, *options)
        b = self.measure(link, repeats, delay_ms, *options)
        text = pushlab("compare", a, b, "--json", "--anyway").stdout
        return {"link": link, "delay_ms": delay_ms, **json.loads(text)}


def figures(comparison):
    return [(row, figure) for row in comparison["rows"] for figure in row["figures"]]


def called(comparison):
    return [(row, f) for row, f in figures(comparison) if f["verdict"] in ("lower", "higher")]


def median(row):
    return next(f for f in row["figures"] if f["metric"] == "latency_us.p50")


def disturbed(comparison):
    return any(row["disturbed"] for row in comparison["rows"])


def complaints(found):
    """A disturbed row need not show a delay, but some row on each network must."""
    same, shown = [c for c in found if not c["delay_ms"]], set()
    wrong = sum(bool(called(c)) for c in same)
    if wrong > LEVEL * len(same):
        yield f"{wrong} of {len(same)} A/A comparisons call a difference"
    for c, row in ((c, row) for c in found if c["delay_ms"] for row in c["rows"]):
        if median(row)["verdict"] == "higher":
            shown.add(c["link"])
        elif not row["disturbed"]:
            yield f"{c['link']}: {row['id']}: {DELAY_MS} ms was not found"
    for link in (link for link in LINKS if link not in shown):
        yield f"{link}: {DELAY_MS} ms was found in no row"


# ---- the page ----

def ms(us):
    return f"{us / 1000:.3g} ms"


def ratio(figure):
    interval = figure["ratio95"]
    return f"{figure['ratio']:.3f} ({interval['low']:.3f}–{interval['high']:.3f})"


def summary(same):
    lines = ["| link | A/A comparisons | with a difference | figures each | disturbed | medians apart, at most |",
             "|:---|---:|---:|---:|---:|---:|"]
    for link in LINKS:
        mine = [c for c in same if c["link"] == link]
        apart = [abs(median(row)["ratio"] - 1) for c in mine for row in c["rows"]]
        lines.append(f"| {link} | {len(mine)} | {sum(bool(called(c)) for c in mine)} | "
                     f"{max(c['method']['tests'] for c in mine)} | {sum(map(disturbed, mine))} | "
                     f"{100 * max(apart):.1f} % |")
    return lines


def wrong_calls(same):
    found = [(c, row, f) for c in same for row, f in called(c)]
    if not found:
        return ["No figure of these was called different."]
    return ["| link | row | metric | B / A | p, corrected |", "|:---|:---|:---|:---|---:|",
            *(f"| {c['link']} | {row['id']} | {f['name']} | {ratio(f) if f['ratio'] else '–'} | {f['p']:.2g} |"
              for c, row, f in found)]


def delays(comparisons):
    lines = ["| link | row | latency p50, A | B | B / A (95 %) | verdict |", "|:---|:---|---:|---:|:---|:---|"]
    for c in comparisons:
        for row in c["rows"]:
            f = median(row)
            lines.append(f"| {c['link']} | {row['id']} | {ms(f['a'])} | {ms(f['b'])} | {ratio(f)} | "
                         f"{f['verdict']}{', disturbed' if row['disturbed'] else ''} |")
    return lines


def page(comparisons):
    same = [c for c in comparisons if not c["delay_ms"]]
    wrong = sum(bool(called(c)) for c in same)
    return "\n".join([
        "# Is `pushlab compare` right?", "", environment("bench-aa"),
        f"The method is in [docs/statistics.md](../docs/statistics.md). {SCENARIO['clients']} clients, "
        f"{SCENARIO['source']['rate_hz']} updates/s, windows of {SCENARIO['duration_s']} s.", "",
        "## Runs of the same thing", "",
        f"{wrong} of {len(same)} comparisons call a difference; at most {100 * LEVEL:g} % may. Each is of "
        f"two runs with {REPEATS} repeats. Disturbed rows are compared as well (`--anyway`).", "",
        *summary(same), "", *wrong_calls(same), "",
        f"## Updates held back for {DELAY_MS} ms", "",
        f"Run B has `server.test_delay_ms` {DELAY_MS}; {DELAY_REPEATS} repeats each.", "",
        *delays([c for c in comparisons if c["delay_ms"]]), ""])


def compare_all(pairs):
    with tempfile.TemporaryDirectory(prefix="pushlab-aa-") as scratch:
        runs = Runs(scratch)
        for link in LINKS:
            for i in range(pairs):
                print(f"{link}: A/A {i + 1} of {pairs}", file=sys.stderr)
                yield runs.compare(link, REPEATS)
            for i in range(DELAYS):
                print(f"{link}: {DELAY_MS} ms {i + 1} of {DELAYS}", file=sys.stderr)
                yield runs.compare(link, DELAY_REPEATS, DELAY_MS, "--rows", DELAY_ROWS, "--retry-disturbed", 2)


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--pairs", type=int, default=10, help="A/A comparisons on each of two networks")
    options.add_argument("--out", type=pathlib.Path, help="write the page there; default: print it")
    given = options.parse_args()
    found = list(compare_all(given.pairs))
    if given.out:
        given.out.write_text(page(found))
    else:
        print(page(found))
    wrong = list(complaints(found))
    for line in wrong:
        print(f"aa.py: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
