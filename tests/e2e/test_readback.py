"""Is what the report says about a run so? Its sentences are read back: each name and each number in
them is looked up in run.json and in the data of the picture they are about."""

import csv
import json
import re
import shutil
import unittest

from test_advise import REFERENCE, AdviceCase

# Numbers nearer than this share can't be put in order; counts differ where they are written
# differently (docs/report.md).
NOISE = {"latency": 0.05, "cpu": 0.25, "count": 0}
NUMBER = r"\*\*([^*]+)\*\*"


def digits(value):
    return 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2


def time_us(us):
    for unit in ("µs", "ms"):
        if abs(us) < 999.5:
            return f"{us:.{digits(us)}f} {unit}"
        us /= 1000
    return f"{us:.{digits(us)}f} s"


def ratio(value):
    """As bench/base/units.c writes counts and ratios: three digits."""
    if value == 0:
        return "0"
    if value >= 999.5:
        return f"{value:,.0f}"
    return f"{value:.{digits(value)}f}" if value >= 0.9995 else f"{value:.3g}"


def near(kind, a, b):
    if NOISE[kind]:
        return abs(a - b) <= NOISE[kind] * max(abs(a), abs(b))
    return ratio(a) == ratio(b)


def names_in(text):
    return set(re.findall(r"`([^`]+)`", text))


class Claims(AdviceCase):
    """The sentences about a run, and the numbers that they must agree with."""

    def setUp(self):
        super().setUp()
        self.run = json.loads((REFERENCE / "run.json").read_text())
        for row in self.run["rows"]:
            row["disturbed"] = []

    def row(self, name):
        return next(r for r in self.run["rows"] if r["id"] == name)

    def write(self, charts=False):
        """Put the run into a folder; returns its report as Markdown, and the charts' rows."""
        folder = self.temp_dir() / "run"
        shutil.copytree(REFERENCE, folder, ignore=shutil.ignore_patterns("*.pcapng", "charts"))
        (folder / "run.json").write_text(json.dumps(self.run))
        if charts:
            self.pushlab("chart", folder)
        self.folder = folder
        self.text = self.pushlab("report", folder, "--markdown").stdout().replace("\u00a0", " ")
        return self.text

    def reading(self, heading):
        return self.text.split(f"### {heading}\n")[1].split("\n### ")[0].split("\n## ")[0]

    def sentence(self, pattern):
        found = re.search(pattern, self.text)
        self.assertIsNotNone(found, f"nothing says {pattern!r} in:\n{self.text}")
        return found

    def sound(self):
        return [r for r in self.run["rows"] if not r["disturbed"]]

    def chart_rows(self):
        with open(self.folder / "charts" / "data" / "rows.csv", newline="", encoding="utf-8") as file:
            return {row["row"]: row for row in csv.DictReader(file)}

    def extremes(self, kind, value, most):
        """The names that may be called the most or the least, and their figures."""
        values = {r["id"]: value(r) for r in self.sound()}
        end = (max if most else min)(values.values())
        alike = {name: v for name, v in values.items() if near(kind, v, end)}
        return set(alike), (min(alike.values()), max(alike.values()))

    def assert_superlative(self, kind, value, most, names, figures, write):
        self.assertEqual((names_in(names), figures),
                         (lambda n, v: (n, [write(x) for x in v][:1 if write(v[0]) == write(v[1]) else 2]))
                         (*self.extremes(kind, value, most)))

    def check_comparisons(self):
        """"`a` sends the most requests (**1.01**), `b` and `c` the fewest (**0**)" and the like."""
        claims = {
            r"sends? the most requests": ("count", lambda r: r["requests_per_update"], ratio),
            r"opens? the most connections": ("count", lambda r: r["tcp_handshakes_per_update"], ratio),
            r"adds? the most framing": ("count", lambda r: r["bytes_per_update"]["framing"], ratio),
            r"puts? the most bytes on the wire": ("count", lambda r: r["bytes_per_update"]["wire"], ratio),
            r"takes? the most packets": ("count", lambda r: r["packets_per_update"]["total"], ratio),
            r"takes? the most server CPU": ("cpu", lambda r: r["server_cpu_us_per_update"], time_us),
            r"takes? the most client CPU": ("cpu", lambda r: r["client_cpu_us_per_update"], time_us),
        }
        names, figures = r"((?:`[^`]+`(?:, | and )?)+) ", r"\(((?:\*\*[^*]+\*\*(?: to )?)+)[^)]*\)"
        seen = set()
        for words, (kind, value, write) in claims.items():
            for found in re.finditer(f"{names}{words} {figures}, {names}the (?:fewest|least) {figures}", self.text):
                with self.subTest(found.group(0)):
                    for at, most in ((1, True), (3, False)):
                        self.assert_superlative(kind, value, most, found.group(at),
                                                re.findall(NUMBER, found.group(at + 1)), write)
                seen.add(words)
        return seen

    def check_overview(self):
        reading = self.reading("Which transport, in short?")
        rows = [row for name, row in self.chart_rows().items() if not self.row(name)["disturbed"]]
        columns = [("latency_p50_us", "latency", time_us), ("requests_per_update", "count", ratio),
                   ("handshakes_per_update", "count", ratio), ("wire_bytes_per_update", "count", ratio)]
        figures, lowest = [], {row["row"]: 0 for row in rows}
        for column, kind, write in columns:
            values = {row["row"]: float(row[column]) for row in rows}
            low, high = min(values.values()), max(values.values())
            figures += [write(low)] + ([write(high)] if write(low) != write(high) else [])
            for name, value in values.items():
                lowest[name] += near(kind, value, low)
        self.assertEqual(re.findall(NUMBER, reading), figures)
        best = max(lowest.values())
        found = re.search(r"((?:`[^`]+`(?:, | and )?)+) (?:is|are) lowest.*, in (\w+)", reading)
        self.assertEqual(names_in(found.group(1)), {n for n, k in lowest.items() if k == best})
        self.assertEqual(found.group(2), {1: "one", 2: "two", 3: "three", 4: "all"}[best])


class Readback(Claims):
    def test_the_verdict_names_all_that_tie_and_their_figures(self):
        self.write()
        self.assertGreaterEqual(len(self.check_comparisons()), 4)
        p50 = lambda r: r["latency_us"]["p50"]
        found = self.sentence(r"first over (.*?), half of them within ((?:\*\*[^*]+\*\*(?: to )?)+), and "
                              r"last over (.*?), with a median of ((?:\*\*[^*]+\*\*(?: to )?)+)")
        for at, most in ((1, False), (3, True)):
            self.assert_superlative("latency", p50, most, found.group(at),
                                    re.findall(NUMBER, found.group(at + 1)), time_us)

    def test_the_overview_is_read_as_it_is_drawn(self):
        self.write(charts=True)
        self.check_overview()

    def test_a_row_that_is_lowest_in_three_panels_is_not_called_so_in_four(self):
        row = self.row("stream")
        row["latency_us"]["p50"] = 10000
        row["bytes_per_update"]["wire"] = 600
        self.write(charts=True)
        self.check_overview()
        self.assertIn("`stream` is lowest", self.text)
        self.assertNotIn("all four panels", self.text)

    def test_one_row_alone_puts_the_most_bytes_on_the_wire(self):
        self.row("long-poll")["bytes_per_update"]["wire"] = 500
        self.row("long-poll+close")["bytes_per_update"]["wire"] = 510
        self.write(charts=True)
        self.assertIn("puts? the most bytes on the wire", self.check_comparisons())

    def test_ties_on_both_ends_name_everyone(self):
        for row in self.run["rows"]:
            row["server_cpu_us_per_update"] = 10 if row["transport"] == "short-poll" else 20
            row["bytes_per_update"]["framing"] = 7 if row["transport"] == "sse" else 30
        self.write(charts=True)
        self.check_comparisons()
        self.check_overview()

    def test_a_disturbed_row_is_nowhere_the_best_nor_the_worst(self):
        for name, p50 in (("sse", 1), ("short-poll", 9e6)):
            row = self.row(name)
            row["disturbed"] = ["the server was stopped for 1.02 s"]
            row["latency_us"] = {k: p50 for k in row["latency_us"]}
            row["bytes_per_update"]["wire"] = p50
            row["server_cpu_us_per_update"] = p50
        self.write(charts=True)
        self.check_comparisons()
        self.check_overview()
        self.assertIn("> - `sse`: the server was stopped for 1.02 s", self.text)
        for line in self.text.splitlines():
            if line.startswith(("Updates arrive", "From left", "Further right", "Per update", "The sooner")):
                self.assertEqual(names_in(line) & {"sse", "short-poll"}, set(), line)
        self.assertEqual({n for n, r in self.chart_rows().items() if r["disturbed"] != "0"},
                         {"sse", "short-poll"})
        for chart in ("overview", "latency-cdf", "wire-bytes-per-update"):
            svg = (self.folder / "charts" / f"{chart}.svg").read_text()
            self.assertTrue("sse (disturbed)" in svg, chart)

    def test_a_timeline_is_read_from_what_it_draws(self):
        self.write(charts=True)
        ratios = {}
        for row in self.sound():
            with open(self.folder / "charts" / "data" / f"timeline-{row['id']}.csv", encoding="utf-8") as file:
                shown = [float(line["latency_us"]) for line in csv.DictReader(file)]
            ratios[row["id"]] = max(shown) / min(shown)
        most = max(ratios.values())
        found = re.search(r"those of (.*?) vary the most: their slowest update took \*\*([0-9.]+)",
                          self.reading("What does one client experience?"))
        self.assertEqual(names_in(found.group(1)),
                         {n for n, v in ratios.items() if near("latency", v, most)})
        self.assertLess(abs(float(found.group(2)) - min(v for v in ratios.values() if near("latency", v, most))),
                        max(0.6, 0.05 * most))

    def test_one_run_has_one_figure_of_each_number(self):
        """In the terminal's table, in Markdown, in the charts and in the advice."""
        self.row("sse")["latency_us"]["p50"] = 26000
        self.row("websocket")["bytes_per_update"]["framing"] = 1234.5
        self.write(charts=True)
        table = self.pushlab("table", self.folder).stdout()
        overview = (self.folder / "charts" / "overview.svg").read_text()
        stack = (self.folder / "charts" / "bytes-per-update.svg").read_text()
        advice = self.advise(self.folder, "--latency", "200ms").stdout()
        for row in self.run["rows"]:
            p50, parts = time_us(row["latency_us"]["p50"]), row["bytes_per_update"]
            cpu, wire = time_us(row["server_cpu_us_per_update"]), ratio(parts["wire"])
            stacked = f"({ratio(parts['payload'])} + {ratio(parts['framing'])})"
            with self.subTest(row["id"]):
                line = next(l for l in self.text.splitlines() if l.startswith(f"| `{row['id']}` | 7,500"))
                for text in (p50, cpu, f"{ratio(parts['payload'])} + {ratio(parts['framing'])}", wire):
                    self.assertIn(f"| {text} |", line)
                self.assertIn(p50, next(l for l in table.splitlines() if l.startswith(f"{row['id']} ")))
                for text, chart in ((f">{p50}  p", overview), (f">{wire}<", overview), (stacked, stack)):
                    self.assertTrue(text in chart, text)
                if f"- {row['id']} takes" in advice:
                    self.assertIn(cpu, advice)

    def test_no_sentence_survives_on_a_figure_that_is_not_there(self):
        for row in self.run["rows"]:
            row["latency_us"]["p999"] = row["latency_us"]["p99"] = None
        self.write(charts=True)
        self.assertNotIn("No update was delivered", self.text)
        for line in self.text.splitlines():
            if not line.startswith("|"):
                self.assertNotRegex(line, r"nan|–|\bNaN\b")


class Refusals(Claims):
    def test_compare_refuses_disturbed_rows_unless_told(self):
        calm = self.write() and self.folder
        self.row("sse")["disturbed"] = ["the driver's timers were late", "it was stopped"]
        self.write()
        refused = self.pushlab("compare", calm, self.folder, exit_code=1)
        self.assertEqual(refused.stdout(), "")
        self.assertIn("B: sse was disturbed: the driver's timers were late; it was stopped", refused.stderr())
        self.assertIn("--anyway", refused.stderr())
        for options in (["--anyway"], ["--anyway", "--markdown"]):
            told = self.pushlab("compare", calm, self.folder, *options).stdout()
            self.assertIn("~ sse", told)
            self.assertIn("B: sse was disturbed: the driver's timers were late", told)

    def test_advise_does_not_judge_disturbed_rows_unless_told(self):
        self.write()
        best = self.advice(self.folder, "--latency", "2s")["runs"][0]["best"]
        for name in best:
            self.row(name)["disturbed"] = ["it was stopped"]
        self.write()
        advice = self.advice(self.folder, "--latency", "2s")
        self.assertEqual(set(advice["runs"][0]["best"]) & set(best), set())
        rows = {r["id"]: r for r in advice["runs"][0]["rows"]}
        for name in best:
            self.assertEqual((rows[name]["fit"], rows[name]["disturbed"]), ("unknown", ["it was stopped"]))
            self.assertIn(f"`{name}` was disturbed", self.say(advice, "answer"))
        self.assertEqual(self.advice(self.folder, "--latency", "2s", "--anyway")["runs"][0]["best"], best)
        for row in self.run["rows"]:
            row["disturbed"] = ["it was stopped"]
        self.write()
        advice = self.advice(self.folder, "--latency", "2s", exit_code=1)
        self.assertEqual((advice["runs"][0]["verdict"], advice["runs"][0]["best"]), ("no-trust", []))
        self.assertIn("every row was disturbed", self.say(advice, "answer"))


if __name__ == "__main__":
    unittest.main()
