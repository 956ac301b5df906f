"""Is what the report says about a run so? Its sentences are read back: each name and each number in
them is looked up in run.json and in the data of the picture they are about."""

import collections
import csv
import html
import json
import re
import shutil
import unittest

import repeated
from test_advise import REFERENCE, AdviceCase

# Without repeats numbers nearer than this share can't be put in order (docs/report.md).
NOISE = {"latency": 0.05, "cpu": 0.25, "count": 0.05}
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


# What sentences compare: which noise, of which columns of rows.csv, how written.
COMPARED = {
    r"sends? the most requests": ("count", ["requests_per_update"], ratio),
    r"opens? the most connections": ("count", ["handshakes_per_update"], ratio),
    r"adds? the most framing": ("count", ["framing_bytes_per_update"], ratio),
    r"puts? the most bytes on the wire": ("count", ["wire_bytes_per_update"], ratio),
    r"takes? the most packets": ("count", ["packets_per_update"], ratio),
    r"takes? the most server CPU": ("cpu", ["server_cpu_us_per_update"], time_us),
    r"takes? the most client CPU": ("cpu", ["client_cpu_us_per_update"], time_us),
}
# The overview's, from left to right: the columns that are stacked, the noise, how written.
PANELS = [
    (["latency_p50_us"], "latency", time_us),
    (["requests_per_update"], "count", ratio),
    (["handshakes_per_update"], "count", ratio),
    (["wire_payload_bytes_per_update", "wire_framing_bytes_per_update", "wire_header_bytes_per_update",
      "wire_ack_bytes_per_update"], "count", ratio),
]


def near(kind, a, b):
    return abs(a - b) <= NOISE[kind] * max(abs(a), abs(b))


def names_in(text):
    return set(re.findall(r"`([^`]+)`", text))


class Claims(AdviceCase):
    """The sentences about a run, and the numbers that they must agree with."""

    def setUp(self):
        super().setUp()
        self.run = json.loads((REFERENCE / "run.json").read_text())
        # The tests change figures of rows; repeats and intervals would still tell of the old ones.
        self.run.pop("repeats", None)
        for row in self.run["rows"]:
            row["disturbed"] = []
            row.pop("ci95", None)
        self.measured = {row["id"]: dict(row["latency_us"]) for row in self.run["rows"]} # what the curves are of

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

    # ---- the data that the pictures were drawn from ----

    def data(self, name):
        with open(self.folder / "charts" / "data" / f"{name}.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def chart_rows(self):
        return {row["row"]: row for row in self.data("rows")}

    def column(self, *names):
        """The sum of columns of rows.csv, of all rows that are compared."""
        return {name: sum(float(row[n]) for n in names) for name, row in self.chart_rows().items()
                if row["disturbed"] == "0"}

    def title(self, chart):
        svg = (self.folder / "charts" / f"{chart}.svg").read_text()
        title = html.unescape(re.search("<title>(.*?)</title>", svg).group(1))
        bold = re.findall(r'<g transform="translate\(18.00,[^>]*font-weight="bold"[^>]*>\s*<text[^>]*>([^<]*)</text>', svg)
        drawn = html.unescape(" ".join(bold)).replace("\u00a0", " ")
        self.assertIn(title.replace("\u00a0", " "), (drawn, f"pushlab: {chart}"))
        return drawn

    def spread(self, values, write):
        """The lowest and the highest as a sentence has them."""
        low, high = write(min(values)), write(max(values))
        return [low] if low == high else [low, high]

    def extremes(self, kind, values, most):
        """The names that may be called the most or the least, and their figures."""
        end, other = (f(values.values()) for f in ((max, min) if most else (min, max)))
        alike = {name: v for name, v in values.items() if near(kind, v, end) and not near(kind, v, other)}
        return set(alike), (min(alike.values()), max(alike.values()))

    def assert_superlative(self, kind, values, most, names, figures, write, said):
        self.assertEqual((names_in(names), figures),
                         (lambda n, v: (n, [write(x) for x in v][:1 if write(v[0]) == write(v[1]) else 2]))
                         (*self.extremes(kind, values, most)), said)

    def check_comparisons(self):
        """"`a` sends the most requests (**1.01**), `b` and `c` the fewest (**0**)" and the like."""
        names, figures = r"((?:`[^`]+`(?:, | and )?)+) ", r"\(((?:\*\*[^*]+\*\*(?: to )?)+)[^)]*\)"
        seen = set()
        for words, (kind, columns, write) in COMPARED.items():
            for found in re.finditer(f"{names}{words} {figures}, {names}the (?:fewest|least) {figures}", self.text):
                for at, most in ((1, True), (3, False)):
                    self.assert_superlative(kind, self.column(*columns), most, found.group(at),
                                            re.findall(NUMBER, found.group(at + 1)), write, found.group(0))
                seen.add(words)
        return seen

    def check_overview(self):
        reading = self.reading("Which transport, in short?")
        figures, lowest = [], collections.Counter()
        for columns, kind, write in PANELS:
            values = self.column(*columns)
            figures += self.spread(values.values(), write)
            lowest.update(name for name, v in values.items() if near(kind, v, min(values.values())))
        self.assertEqual(re.findall(NUMBER, reading), figures)
        best = max(lowest.values())
        found = re.search(r"((?:`[^`]+`(?:, | and )?)+) (?:is|are) lowest.*, in (\w+)", reading)
        self.assertEqual(names_in(found.group(1)), {n for n, k in lowest.items() if k == best})
        self.assertEqual(found.group(2), {1: "one", 2: "two", 3: "three", 4: "all"}[best])

    def check_panels(self):
        """Each of the overview's four panels has the values of rows.csv, in the rows' order."""
        svg = (self.folder / "charts" / "overview.svg").read_text()
        rows = self.chart_rows().values()
        texts = [(float(x), float(y), html.unescape(text)) for x, y, text in re.findall(
            r'<g transform="translate\(([\d.]+),([\d.]+)\)"[^>]*text-anchor="start">\s*<text[^>]*>([^<]*)</text>', svg)]
        lefts = [next(x for x, _, text in texts if text == heading) for heading in
                 ("Latency (median)", "HTTP requests", "TCP handshakes", "Bytes on the wire")] + [1e9]
        for left, right, (columns, _, write) in zip(lefts, lefts[1:], PANELS):
            drawn = [text.split("  ")[0] for y, x, text in sorted((y, x, text) for x, y, text in texts)
                     if left <= x < right][1:] # below the heading
            self.assertEqual(drawn, [write(sum(float(row[c]) for c in columns)) for row in rows], columns)

    def check_ends(self, said, kind, values, write):
        """"first over `a` and last over `b`", or nothing of the kind where that can't be told."""
        found = re.search(r"(?:first over|\A)(?P<a>.*?)(?:and last over|complete first.*?, and)(?P<b>[^.;]*)", said)
        self.assertIsNotNone(found, said)
        for group, most in (("a", False), ("b", True)):
            self.assertEqual(names_in(found.group(group)), self.extremes(kind, values, most)[0], said)

    def check_latencies(self):
        """The tail is that of rows.csv, and of the curves that are drawn; the end is the last point's."""
        p90, longest = self.column("latency_p90_us"), self.column("latency_max_us")
        said = self.reading("What does the tail look like?")
        self.assertEqual(re.findall(NUMBER, said)[:2], self.spread(p90.values(), time_us))
        self.check_ends(said.split(". ")[1], "latency", p90, time_us)
        for name, us in self.column("latency_p90_us").items():
            curve = min(self.data(f"percentiles-{name}"), key=lambda p: abs(float(p["percentile"]) - 90))
            self.assertAlmostEqual(float(curve["latency_us"]) / self.measured[name]["p90"], 1, delta=0.03)
            self.assertAlmostEqual(float(self.data(f"cdf-{name}")[-1]["latency_us"]) / self.measured[name]["max"], 1,
                                   delta=0.001)
        said = self.reading("What share arrives within a time?")
        self.assertIn(" to ".join(f"**{t}**" for t in self.spread(longest.values(), time_us)), said)

    def check_shares(self):
        said = self.reading("How many bytes travel around an update?")
        shares = [float(r["framing_bytes_per_update"]) / float(r["payload_bytes_per_update"])
                  for r in self.chart_rows().values() if r["disturbed"] == "0"]
        low, high = (f"{100 * f(shares):.{digits(100 * f(shares))}f} %" for f in (min, max))
        self.assertIn(f"That is **{low}** to **{high}** of the payload", said)
        said = self.reading("How many bytes does the network carry?")
        for column, words in (("wire_header_bytes_per_update", r"headers are (.*?) bytes"),
                              ("wire_ack_bytes_per_update", r"only acknowledge (.*)\.")):
            self.assertEqual(re.findall(NUMBER, re.search(words, said).group(1)),
                             self.spread(self.column(column).values(), ratio))

    def rows_of(self, words):
        """The rows that a title names, by transport or by id."""
        kinds = {"long polling": {"long-poll"}, "short polling": {"short-poll"}, "stream": {"stream"},
                 "sse": {"sse"}, "websocket": {"websocket"}, "pushing": {"stream", "sse", "websocket"}}
        rows = {name: row["transport"] for name, row in self.chart_rows().items() if row["disturbed"] == "0"}
        named = [w.strip() for w in re.split(",| and ", words)]
        return {name for name, kind in rows.items() for w in named
                if name == w or kind in kinds.get(w.lower(), ()) and w not in rows}

    def check_factors(self, title):
        """"Long polling doubles the delay of pushing; short polling multiplies it by 20"."""
        p50, rows_of = self.column("latency_p50_us"), self.rows_of
        base = rows_of(re.search("the delay of (.*?)(?: by |;|$)", title).group(1))
        self.assertEqual(base, {n for n, v in p50.items() if near("latency", v, min(p50.values()))}, title)
        named = set()
        for clause in re.split(r"; |, (?=[a-zA-Z ]+? by )", title):
            found = re.match(r"(.+?)(?: (doubles?|triples?|multipl(?:y|ies))\b.*?)?(?: by ([\d.]+)(?: to ([\d.]+))?)?$",
                             clause)
            who = rows_of(found.group(1))
            low = float(found.group(3) or (2 if found.group(2).startswith("d") else 3))
            ratios = [p50[w] / p50[b] for w in who for b in base]
            for said, is_so in ((low, min(ratios)), (float(found.group(4) or low), max(ratios))):
                self.assertAlmostEqual(said / is_so, 1, delta=0.12, msg=clause)
            named |= who
        self.assertEqual(named | base, set(p50), title)

    def check_titles(self):
        self.check_factors(self.title("overview"))
        plain = self.text.replace("**", "").replace("`", "")
        for chart in ("handshakes-per-update", "bytes-per-update", "wire-bytes-per-update",
                      "packets-per-update", "cpu-per-update"):
            self.assertIn(self.title(chart), plain)
        requests, title = self.column("requests_per_update"), self.title("requests-per-update")
        found = re.match(r"(.*) sends? the most requests per update \((.*)\), (.*) the fewest \((.*)\)$", title)
        for at, most in ((1, True), (3, False)):
            names, figures = self.extremes("count", requests, most)
            self.assertEqual((self.rows_of(found.group(at)), found.group(at + 1).split(" to ")),
                             (names, self.spread(figures, ratio)), title)
        title = self.title("latency-percentiles")
        found = re.search(r"9 of 10 updates arrive within (.*?) \((.*?)\) to (.*?) \((.*?)\)$", title)
        for at, most in ((1, False), (3, True)):
            names, figures = self.extremes("latency", self.column("latency_p90_us"), most)
            self.assertEqual(set(re.split(", | and ", found.group(at + 1))), names, title)
            self.assertEqual(found.group(at).split(" – "), self.spread(figures, time_us), title)
        longest = self.spread(self.column("latency_max_us").values(), time_us)
        self.assertEqual(self.title("latency-cdf"), "All updates have arrived after " + " to ".join(longest))
        spans = re.findall(r"([\d.]+ .s) to ([\d.]+ m?s) over (\S+?)(?:,|$)", self.title("latency-timeline"))
        self.assertEqual(len(spans), 2)
        for low, high, name in spans:
            drawn = [float(point["latency_us"]) for point in self.data(f"timeline-{name}")]
            self.assertEqual([low, high], self.spread(drawn, time_us))

    def check_pictures(self):
        self.assertGreaterEqual(len(self.check_comparisons()), 4)
        self.check_overview()
        self.check_panels()
        self.check_latencies()
        self.check_shares()
        self.check_titles()


class Readback(Claims):
    def test_the_verdict_names_all_that_tie_and_their_figures(self):
        self.write(charts=True)
        self.assertGreaterEqual(len(self.check_comparisons()), 4)
        p50 = self.column("latency_p50_us")
        found = self.sentence(r"first over (.*?), half of them within ((?:\*\*[^*]+\*\*(?: to )?)+), and "
                              r"last over (.*?), with a median of ((?:\*\*[^*]+\*\*(?: to )?)+)")
        for at, most in ((1, False), (3, True)):
            self.assert_superlative("latency", p50, most, found.group(at),
                                    re.findall(NUMBER, found.group(at + 1)), time_us, found.group(0))

    def test_pictures_are_read_as_they_are_drawn(self):
        self.write(charts=True)
        self.check_pictures()

    def test_a_sentence_that_is_not_so_is_found(self):
        """Each check fails on a sentence that says something else than its picture."""
        self.write(charts=True)
        good = self.text
        fewest = re.search(r"`short-poll` the fewest \(\*\*(2\d\d)\*\*\)", good).group(1)
        wire = f"`short-poll` the fewest (**{fewest}**)"
        framing = re.search(r"That is \*\*2\.(\d\d) %\*\*", good)
        first = re.search(r"arrive within \*\*([\d.]+) ms\*\*", good)
        later = f"arrive within **{float(first.group(1)) + 0.2:.1f} ms**"
        for check, now, then in (
                (self.check_overview, "in three of the four panels; no row in more", "in all four panels"),
                (self.check_overview, f"bytes on the wire per update, **{fewest}**", "bytes on the wire per update, **168**"),
                (self.check_comparisons, wire, f"`short-poll` and `short-poll+close` the fewest (**{fewest}**)"),
                (self.check_comparisons, "`long-poll+close` takes the most packets", "`sse` takes the most packets"),
                (self.check_latencies, "first over `stream`, `sse` and `websocket`", "first over `stream` and `sse`"),
                (self.check_latencies, first.group(0), later),
                (self.check_shares, framing.group(0), "That is **2.50 %**"),
                (self.check_titles, wire, f"`short-poll` the fewest (**{int(fewest) + 1}**)")):
            with self.subTest(then):
                self.assertIn(now, good)
                self.text = good.replace(now, then)
                self.assertRaises(AssertionError, check)

    def test_a_title_that_is_not_so_is_found(self):
        self.write(charts=True)
        good = self.title("overview")
        for now, then in (("2 to 3", "3"), ("2 to 20", "20"), ("pushing", "SSE"), (", short polling by 2 to 20", "")):
            self.assertIn(now, good)
            with self.subTest(then), self.assertRaises(AssertionError):
                self.check_factors(good.replace(now, then))

    def test_nothing_is_said_of_pictures_of_other_numbers(self):
        self.write(charts=True)
        self.assertNotIn("other numbers", self.text)
        self.row("sse")["bytes_per_update"]["wire"] += 1
        (self.folder / "run.json").write_text(json.dumps(self.run))
        said = self.pushlab("report", self.folder, "--markdown").stdout()
        self.assertIn("These pictures show other numbers than `run.json` has now", said)
        self.assertNotIn("From left to right", said)
        self.pushlab("chart", self.folder)
        self.assertIn("From left to right", self.pushlab("report", self.folder, "--markdown").stdout())

    def test_a_row_that_is_lowest_in_three_panels_is_not_called_so_in_four(self):
        row = self.row("stream")
        row["latency_us"]["p50"] = 10000
        row["bytes_per_update"]["wire"] = 600
        self.write(charts=True)
        self.check_overview()
        self.check_panels()
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

    def test_one_run_has_one_figure_of_each_number(self):
        """In the terminal's table, in Markdown, in the charts and in the advice."""
        self.row("sse")["latency_us"]["p50"] = 26000
        self.row("websocket")["bytes_per_update"]["framing"] = 1234.5
        self.write(charts=True)
        table = self.pushlab("table", self.folder).stdout()
        overview = (self.folder / "charts" / "overview.svg").read_text()
        stack = (self.folder / "charts" / "bytes-per-update.svg").read_text()
        advice = self.advise(self.folder, "--latency", "200ms", "--figures").stdout()
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


class Repeated(Claims):
    """Ten repeats, alike to 0.1 %, of which each test changes something."""

    def setUp(self):
        super().setUp()
        repeated.repeat(self.run, 10)

    def change(self, name, change):
        """change(repeat's row, factor): the factors have mean 1 and spread by half."""
        for k, row in enumerate(r for r in self.run["repeats"] if r["id"] == name):
            change(row, (0.5, 1.5)[k % 2])
        repeated.summarise_run(self.run)

    def scale_cpu(self, name, mean, spread=1):
        self.change(name, lambda row, f: row.update(server_cpu_us_per_update=mean * (1 + spread * (f - 1))))

    def scale_latency(self, name, us, spread=0):
        def change(row, f):
            for part in (row, row["raw"]):
                part.get("latency_us", {}).update({key: us * (1 + spread * (f - 1))
                                           for key in ("min", "p50", "p90", "p99", "p999", "max", "mean")})
        self.change(name, change)

    def test_a_difference_within_the_repeats_noise_is_a_tie(self):
        for row in self.run["repeats"]:
            row["server_cpu_us_per_update"] = 40
        self.scale_cpu("stream", 8)
        self.scale_cpu("websocket", 11)  # 37 % more: without repeats it would be dearer
        self.write()
        self.sentence(r"take the most server CPU \(\*\*40.0 µs\*\*\), `stream` and `websocket` the least "
                      r"\(\*\*8.00 µs\*\* to \*\*11.0 µs\*\*\)")
        advice = self.advice(self.folder, "--latency", "2s", "--budget", "cpu=100us")
        self.assertEqual((advice["runs"][0]["verdict"], advice["runs"][0]["best"]), ("tie", ["stream", "websocket"]))

    def test_a_difference_that_all_repeats_show_is_named(self):
        others = min(self.row(name)["latency_us"]["p50"] for name in ("sse", "websocket"))
        self.scale_latency("stream", 0.97 * others)  # 3 % less: without repeats it would be level
        self.write()
        self.sentence(r"first over `stream`, half of them within \*\*[\d.]+ ms\*\*, and last over "
                      r"`short-poll` and `short-poll\+close`")
        self.sentence(r"Each row was measured \*\*10\*\* times")
        self.assertNotIn("rule of thumb", self.text)
        self.sentence(r"a median of \*\*\d+ ms\*\*(?: to \*\*\d+ ms\*\*)? or \*\*21 times\*\* as long")
        self.scale_latency("short-poll", 525000, spread=0.2)
        self.write()
        found = self.sentence(r"a median of \*\*\d+ ms\*\*(?: to \*\*\d+ ms\*\*)? or \*\*(\d+)\*\* to "
                              r"\*\*(\d+) times\*\* as long")
        low, high = map(float, found.groups())
        self.assertTrue(18 <= low < 525 / 25 < high <= 24, (low, high))

    def test_rows_that_spread_are_in_no_order_at_all(self):
        for row in self.run["rows"]:
            self.scale_latency(row["id"], 30000 + len(row["id"]) * 1000, spread=1)
            self.scale_cpu(row["id"], 10 + len(row["id"]) / 10)
        self.write(charts=True)
        self.sentence("The rows can't be put in order by latency: the medians are")
        self.sentence(r"all eight rows take server CPU \([^)]*; the repeats show no clear difference\)")
        for word in ("arrive first", "complete first", "first over", "most server CPU"):
            self.assertNotIn(word, self.text)

    def test_a_row_level_with_both_ends_is_at_neither(self):
        for row in self.run["repeats"]:
            row["server_cpu_us_per_update"] = 10 if "poll" in row["id"] else 14
        self.scale_cpu("sse", 12)
        self.write()
        said = self.sentence(r"(.*) take the most server CPU .*?, (.*) the least \(\*\*10.0 µs\*\*\); "
                             r"`sse` can't be distinguished from either")
        self.assertNotIn("`sse`", said.group(2))

    def test_a_limit_within_the_interval_is_neither_met_nor_missed(self):
        self.scale_latency("stream", 100000, spread=0.1)
        self.scale_latency("sse", 100000, spread=0.001)
        self.write()
        options = ["--latency", "101ms", "--percentile", "90"]
        rows = {r["id"]: r for r in self.advice(self.folder, *options)["runs"][0]["rows"]}
        self.assertEqual([rows[name]["fit"] for name in ("stream", "sse", "short-poll")],
                         ["unknown", "fits", "fails"])
        check = next(c for c in rows["stream"]["checks"] if c["criterion"] == "latency")
        self.assertTrue(check["low"] < 101000 < check["high"] and check["value"] == 100000, check)
        said = " ".join(self.advise(self.folder, *options, "--figures").stdout().split())
        self.assertRegex(said, r"\? stream can't be judged: 9 of 10 updates arrive within 100 ms .* but its "
                               r"repeats leave 9\d\.\d ms to 10\d ms .*possible")
        self.assertIn("known to fit", said)
        self.assertIn("More repeats than 10", said)
        matrix = self.folder / "matrix.html"
        self.run["scenario"]["require"] = {"latency_ms": 101, "percentile": 90}
        self.run["scenario_file"]["supplied"]["require"] = {"percentile": 90}
        (self.folder / "run.json").write_text(json.dumps(self.run))
        self.pushlab("advise", "--matrix", "-o", matrix, self.folder)
        self.assertRegex(matrix.read_text(), r"class=.case unknown.>(?:(?!</div>).)*can't be judged")

    def test_the_nearest_that_miss_alike_are_named_together(self):
        self.write()
        advice = self.advice(self.folder, "--latency", "1ms", "--percentile", "90", exit_code=1)
        self.assertEqual((advice["runs"][0]["verdict"], advice["runs"][0]["best"]),
                         ("none-fits", ["stream", "sse", "websocket"]))
        self.assertIn("equally near are `stream`", self.say(advice, "answer"))

    def test_without_repeats_that_is_said_once_with_the_remedy(self):
        del self.run["repeats"], self.run["scenario"]["repeat"]
        self.write()
        self.assertEqual(self.text.count("rule of thumb"), 1)
        self.assertIn("`--repeat 5`", self.text)


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
