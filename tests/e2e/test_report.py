"""Is report.html valid, accessible, self-contained, and complete in a browser?"""

import csv
import json
import os
import pathlib
import re
import shutil
import unittest

from harness import BIN, HERE, Program, TestCase, has_program
from test_page import CHROMIUM, Browser

REFERENCE = HERE.parent.parent / "results" / "reference"
SHARE = HERE.parent.parent / "bench" / "chart"
SCENARIO = {
    "name": "mailed", "title": "A report <worth> looking at & mailing",
    "source": {"kind": "generator", "rate_hz": 50}, "clients": 3,
    "warmup_s": 0.2, "duration_s": 0.5, "drain_s": 2,
    "rows": [{"transport": "short-poll", "interval_ms": 100, "connection": "close"},
             {"transport": "long-poll"}, {"transport": "sse"}, {"transport": "websocket"}],
}


@unittest.skipUnless(has_program("pushlab") and has_program("pushlab-client"), "no pushlab")
class ReportCase(TestCase):
    def setUp(self):
        super().setUp()
        self.out = self.temp_dir() / "results"

    def pushlab(self, *words, exit_code=0, **env):
        program = self.start(Program([BIN / "pushlab", *words],
                                     env={"PUSHLAB_CHARTS": str(SHARE), **env}))
        program.wait(90)
        self.assertEqual(program.process.returncode, exit_code, program.describe())
        self.assertNotIn("Sanitizer", program.stderr())
        return program

    def calm(self, run):
        """Forget what the machine did meanwhile, which is not the subject here."""
        path = run / "run.json"
        document = json.loads(path.read_text())
        for row in document["rows"]:
            row["disturbed"] = []
        path.write_text(json.dumps(document))
        return run

    def run_scenario(self, *options, **kwargs):
        path = self.temp_dir() / "scenario.json"
        path.write_text(json.dumps(SCENARIO))
        self.pushlab("run", path, "--out", self.out, *options, **kwargs)
        return (self.out / "latest").resolve()

    def images_of(self, markdown):
        return re.findall(r"!\[[^\]]*\]\(([^)]*)\)", markdown)


@unittest.skipUnless(shutil.which("gnuplot"), "no gnuplot")
class Intervals(ReportCase):
    """Of a run with repeats every figure is shown with its interval, and of others none."""

    EDGE = "<path stroke='rgb(255, 255, 255)'  d="  # of the line at a bar's end
    BAND = "fill-opacity = '0.2"

    def summary(self, run):
        with open(run / "summary.csv", newline="") as file:
            return {row["row"]: row for row in csv.DictReader(file)}

    def marks(self, run, chart, mark):
        return (run / "charts" / f"{chart}.svg").read_text().count(mark)

    def test_both_ends_are_in_table_csv_charts_and_report(self):
        run = self.run_scenario("--repeat", "2", "--rows", "short-poll+close,sse")
        rows = {row["id"]: row for row in json.loads((run / "run.json").read_text())["rows"]}
        table = self.pushlab("table", run).stdout()
        self.assertRegex(table, r"\n\n± 95 % confidence interval over 2 repeats\n")
        summary = self.summary(run)
        for name, row in rows.items():
            with self.subTest(name):
                self.assertRegex(table, re.escape(name) + r" .* ±[\d.,]+ [mµ]?s ")
                self.assertEqual(summary[name]["repeats"], "2")
                for column, path in (("latency_p50_us", "latency_us.p50"),
                                     ("server_cpu_us_per_update", "server_cpu_us_per_update")):
                    for end in ("low", "high"):
                        self.assertAlmostEqual(float(summary[name][f"{column}_{end}"]),
                                               row["ci95"][path][end], delta=0.01)
                    self.assertLessEqual(float(summary[name][f"{column}_low"]),
                                         float(summary[name][column]))
        drawn = [row for row in rows.values()
                 if row["ci95"]["server_cpu_us_per_update"]["low"] <
                 row["ci95"]["server_cpu_us_per_update"]["high"]]
        self.assertGreaterEqual(self.marks(run, "cpu-per-update", self.EDGE), len(drawn))
        self.assertGreaterEqual(self.marks(run, "latency-cdf", self.BAND), 1)
        self.assertEqual(self.marks(run, "overview", "interval over 2 repeats"), 1)
        self.assert_valid_html(run / "report.html")
        text = (run / "report.html").read_text(encoding="utf-8")
        self.assertIn("± 95 % confidence interval over 2 repeats.", text)
        self.assertRegex(text, r"<td[^>]*>[\d.,]+ ±[\d.,]+ [mµ]?s")

    def test_a_run_without_repeats_has_none(self):
        run = self.run_scenario("--rows", "short-poll+close,sse")
        self.assertNotIn("±", self.pushlab("table", run).stdout())
        self.assertEqual({value for column, value in self.summary(run)["sse"].items()
                          if column.endswith(("_low", "_high"))}, {""})
        for chart in (run / "charts").glob("*.svg"):
            self.assertEqual(self.marks(run, chart.stem, self.EDGE), 0, chart)
            self.assertEqual(self.marks(run, chart.stem, self.BAND), 0, chart)
            self.assertEqual(self.marks(run, chart.stem, "repeat"), 0, chart)
        self.assertNotIn("±", (run / "report.html").read_text(encoding="utf-8"))


class Files(ReportCase):
    def test_a_run_leaves_a_valid_report(self):
        run = self.run_scenario("--no-charts")
        self.assert_valid_html(run / "report.html")
        text = (run / "report.html").read_text(encoding="utf-8")
        self.assertIn("<h1>A report &lt;worth&gt; looking at &amp; mailing</h1>", text)
        self.assertIn("This report has no charts", text)
        self.assertIn("--seed 1", text)

    @unittest.skipUnless(shutil.which("gnuplot"), "no gnuplot")
    def test_charts_are_embedded_and_their_ids_are_unique(self):
        run = self.run_scenario()
        text = (run / "report.html").read_text(encoding="utf-8")
        self.assert_valid_html(run / "report.html")
        drawn = {p.stem for p in (run / "charts").glob("*.svg")}
        self.assertGreaterEqual(len(drawn), 7)
        for name in drawn:
            self.assertIn(f'aria-labelledby="{name}-title"', text)
        ids = re.findall(r'\sid="([^"]*)"', text)
        self.assertEqual(len(ids), len(set(ids)))
        for target in re.findall(r'(?:href="|url\()#([^")]*)', text):
            self.assertIn(target, ids)
        shutil.rmtree(run / "charts")
        self.pushlab("report", run)
        self.assertIn("This report has no charts", (run / "report.html").read_text())
        self.pushlab("chart", run)
        self.assertNotIn("This report has no charts", (run / "report.html").read_text())

    def test_without_gnuplot_the_report_is_written_and_says_so(self):
        empty = self.temp_dir()
        run = self.run_scenario(exit_code=1, PATH=str(empty))
        self.assert_valid_html(run / "report.html")
        self.assertIn("This report has no charts", (run / "report.html").read_text())

    @unittest.skipUnless(shutil.which("gnuplot"), "no gnuplot")
    def test_markdown_links_existing_pictures(self):
        run = self.run_scenario()
        markdown = self.pushlab("report", run, "--markdown").stdout()
        images = self.images_of(markdown)
        self.assertGreaterEqual(len(images), 7)
        for image in images:
            self.assertTrue(pathlib.Path(image).exists(), image)
        self.assertRegex(markdown, r"\| (~ )?`(~ )?sse` \|")
        elsewhere = self.pushlab("report", run, "--markdown", "--images", "https://example.org/x")
        self.assertIn("https://example.org/x/charts/overview.png",
                      self.images_of(elsewhere.stdout()))

    def test_a_folder_of_runs_gets_an_index(self):
        for _ in range(2):
            self.run_scenario("--no-charts")
        self.run_scenario("--no-charts", "--clients", "2", "--rows", "sse")
        self.pushlab("report", self.out)
        self.assert_valid_html(self.out / "index.html")
        text = (self.out / "index.html").read_text(encoding="utf-8")
        links = re.findall(r'href="([^"]*report\.html)"', text)
        self.assertEqual(len(links), 3)
        for link in links:
            self.assertTrue((self.out / link).exists(), link)
        self.assertIn("mailed, 3 clients, 0.5 s, loopback: 2 runs", text)

    def test_a_folder_that_is_not_a_run_is_refused_in_one_line(self):
        for words in (["report"], ["report", "a", "b"], ["report", self.temp_dir()],
                      ["report", "/nonexistent"]):
            with self.subTest(words):
                program = self.pushlab(*words, exit_code=1 if len(words) == 2 else 2)
                self.assertEqual(len(program.stderr().splitlines()), 1, program.stderr())


# Elements that reach beyond the screen, where no box of theirs scrolls.
STICKING_OUT = """[...document.querySelectorAll("body *")].filter((e) => {
  const r = e.getBoundingClientRect();
  return r.width > 0 && (r.right > innerWidth + 1 || r.left < -1) && !e.parentElement.closest(".scroll, .picture, nav");
}).map((e) => e.outerHTML.slice(0, 80))"""
# Tables and figures side by side, one of which lies upon the next.
OVERLAPPING = """[...document.querySelectorAll(".pairs, .twins, .ladders, .trends")].flatMap((grid) => {
  const boxes = [...grid.children].map((e) => [e, e.getBoundingClientRect()]);
  return boxes.filter(([, r], i) => boxes.slice(i + 1).some(([, s]) =>
    s.top < r.bottom - 1 && r.top < s.bottom - 1 && s.left < r.right - 1 && r.left < s.right - 1));
}).map(([e]) => e.outerHTML.slice(0, 80))"""
# Boxes with more in them than they show.
SCROLLING = """[...document.querySelectorAll(".scroll, .picture, nav, table")].filter(
  (e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.outerHTML.slice(0, 80))"""
# Texts of charts with too little contrast to what is drawn under all of it (axe-core leaves SVG out).
FAINT = """(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => rgb(text).slice(0, 3).map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0.05);
  return [...document.querySelectorAll(".picture svg")].flatMap((svg) => {
    const paper = [getComputedStyle(svg.parentElement).backgroundColor,
                   ...[...svg.querySelectorAll("rect")].slice(0, 1).map((e) => getComputedStyle(e).fill)];
    return [...svg.querySelectorAll("text")].filter((e) => e.textContent.trim()).flatMap((e) => paper.filter((p) => p != "none").map((p) => {
      const [a, b] = [light(getComputedStyle(e).fill), light(p)];
      return [Math.max(a, b) / Math.min(a, b), e.textContent];
    })).filter(([ratio]) => ratio < 4.5);
  }).slice(0, 5);
})()"""
SCREENS = {"wide": {}, "dark": {"scheme": "dark"}, "1280": {"width": 1280}, "tablet": {"width": 768},
           "small": {"width": 360, "height": 640},
           "phone": {"width": 390, "height": 844}, "phone-dark": {"width": 390, "height": 844, "scheme": "dark"}}


@unittest.skipUnless(shutil.which(CHROMIUM), f"there is no {CHROMIUM}")
class Shown(ReportCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()

    def show(self, path, picture, **how):
        """Open it and check what every page must fulfil."""
        url = path.resolve().as_uri()
        self.browser.open(url=url, **how)
        self.addCleanup(self.browser.call, "close")
        log = self.browser.log()
        self.assertEqual((log["console"], log["failures"]), ([], []))
        self.assertEqual([r for r in log["requests"] if not r.startswith("data:")], [url])
        self.assertEqual(self.browser.js("document.scripts.length"), 0)
        self.assertEqual(self.browser.js("document.querySelectorAll('h1').length"), 1)
        self.assertEqual(self.browser.js(STICKING_OUT), [])
        self.assertLessEqual(self.browser.js("document.documentElement.scrollWidth"),
                             self.browser.js("innerWidth"), "nothing sticks out")
        self.assertEqual(self.browser.js(OVERLAPPING), [])
        self.assertEqual(self.browser.js(FAINT), [])
        if "PUSHLAB_SCREENSHOTS" in os.environ:
            self.browser.shot(path=os.path.join(os.environ["PUSHLAB_SCREENSHOTS"], picture))

    def assert_accessible(self):
        serious = [v for v in self.browser.axe() if v["impact"] in ("serious", "critical")]
        self.assertEqual(serious, [])

    @unittest.skipUnless(shutil.which("gnuplot"), "no gnuplot")
    def test_a_report_has_no_errors_on_any_screen(self):
        report = self.run_scenario() / "report.html"
        for name, how in SCREENS.items():
            with self.subTest(name):
                self.show(report, f"report-{name}.png", **how)
                self.assert_accessible()
        colour = "getComputedStyle(document.documentElement).backgroundColor"
        dark = self.browser.js(colour)
        self.show(report, "report-again.png")
        self.assertNotEqual(self.browser.js(colour), dark)

    def test_a_large_table_is_whole_at_1280_and_has_its_rows_names_in_sight_on_a_phone(self):
        run = self.temp_dir() / "run"
        shutil.copytree(REFERENCE, run)
        self.pushlab("report", run)
        self.show(run / "report.html", "report-table.png", width=1280)
        self.assertEqual(self.browser.js(SCROLLING), [])
        self.show(run / "report.html", "report-table-tablet.png", width=768)
        self.show(run / "report.html", "report-table-phone.png", width=390)
        self.assertNotEqual(self.browser.js(SCROLLING), [])
        self.browser.js("for (const e of document.querySelectorAll('.scroll')) e.scrollLeft = 200")
        self.assertEqual(self.browser.js(
            "[...document.querySelectorAll('.scroll tbody th')].filter((e) => Math.abs("
            "e.getBoundingClientRect().left - e.closest('.scroll').getBoundingClientRect().left) > 2).length"), 0)

    def test_no_two_filters_of_an_index_have_the_same_label(self):
        # Name, clients, window and link are the same; rate, rows and repeats are not.
        for rate, options in ((50, ()), (50, ("--rows", "sse")), (10, ()), (50, ("--repeat", "2"))):
            path = self.temp_dir() / "scenario.json"
            path.write_text(json.dumps({**SCENARIO, "source": {"kind": "generator", "rate_hz": rate}}))
            self.pushlab("run", path, "--out", self.out, "--no-charts", *options)
        self.pushlab("report", self.out)
        text = (self.out / "index.html").read_text(encoding="utf-8")
        labels = re.findall(r"<label[^>]*>(.*?)( <small>|</label>)", text)
        self.assertEqual(len(labels), 6)
        self.assertEqual(len(set(labels)), 6, labels)
        for word in ("source.rate_hz 10", "without websocket", "repeat 2"):
            self.assertIn(word, text)
        for scheme in ("light", "dark"):
            self.show(self.out / "index.html", f"index-labels-{scheme}.png", width=390, scheme=scheme)
            self.assert_accessible()

    def test_an_index_filters_without_a_script(self):
        self.run_scenario("--no-charts")
        self.run_scenario("--no-charts", "--clients", "2", "--rows", "sse")
        self.pushlab("report", self.out)
        seen = "[...document.querySelectorAll('.run')].filter((r) => r.offsetHeight > 0).length"
        for width in (1440, 390):
            self.show(self.out / "index.html", f"index-{width}.png", width=width)
            self.assert_accessible()
            self.assertEqual(self.browser.js(seen), 2)
            self.browser.click(selector="label[for=show-1]")
            self.assertEqual(self.browser.js(seen), 1)
            self.browser.click(selector="label[for=show-all]")
            self.assertEqual(self.browser.js(seen), 2)
