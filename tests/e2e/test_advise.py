"""Does `pushlab advise` use the measurements only, and refer to them in every sentence?"""

import json
import os
import pathlib
import re
import shutil
import unittest

from harness import HERE
from test_page import CHROMIUM, Browser
from test_report import ReportCase
from test_wire import WHY_NOT

REFERENCE = HERE.parent.parent / "results" / "reference"
PARTS = {"answer", "fit", "cost", "scale", "change"}


def scenario(**changes):
    return {
        "name": "advised", "title": "Advice <wanted> & given",
        "source": {"kind": "generator", "rate_hz": 200}, "clients": 10,
        "warmup_s": 0.2, "duration_s": 1, "drain_s": 2,
        "rows": [{"transport": "short-poll", "interval_ms": 100}, {"transport": "sse"},
                 {"transport": "websocket"}],
        "require": {"latency_ms": 5000}, **changes}


class AdviceCase(ReportCase):
    def write_scenario(self, **changes):
        path = self.out.parent / "advised.json"
        path.write_text(json.dumps(scenario(**changes)))
        return path

    def measure(self, *options, **changes):
        path = self.write_scenario(**changes)
        self.pushlab("run", path, "--out", self.out, "--no-charts", *options)
        return self.calm((self.out / "latest").resolve())

    def advise(self, *words, exit_code=0):
        return self.pushlab("advise", *words, exit_code=exit_code)

    def advice(self, *words, exit_code=0):
        return json.loads(self.advise(*words, "--json", exit_code=exit_code).stdout())

    def say(self, advice, part):
        return " ".join(s["text"] for s in advice["sentences"] if s["part"] == part)


def resolve(document, pointer):
    """A JSON pointer (RFC 6901), as far as run.json needs it; None if there is no such value."""
    for step in pointer.split("/")[1:]:
        try:
            document = document[int(step)] if isinstance(document, list) else document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document


class Evidence(AdviceCase):
    def assert_traceable(self, advice):
        items = {item["n"]: item for item in advice["references"]}
        files = {run["file"]: json.loads(pathlib.Path(run["file"]).read_text())
                 for run in advice["runs"]}
        self.assertEqual(sorted(items), list(range(1, len(items) + 1)))
        for sentence in advice["sentences"]:
            self.assertIn(sentence["part"], PARTS)
            self.assertGreater(len(sentence["references"]), 0, sentence["text"])
            self.assertEqual(re.findall(r"\[(\d+)\]", sentence["text"]),
                             [str(n) for n in sentence["references"]])
            self.assertLessEqual(set(sentence["references"]), set(items))
        for item in items.values():
            self.assertLessEqual(set(item.get("inputs", [])), set(items))
            if item["kind"] == "figure":
                found = resolve(files[item["file"]], item["pointer"])
                if "value" in item:
                    self.assertEqual(found, item["value"], item)

    def test_every_sentence_refers_to_figures_of_run_json(self):
        for options in (["--latency", "200ms"], ["--latency", "10ms"], ["--latency", "2s"],
                        ["--age", "60ms", "--budget", "cpu=30us,requests=0.9"],
                        ["--latency", "200ms", "--percentile", "99.9"], []):
            with self.subTest(options):
                code = 0 if "--percentile" not in options and "10ms" not in options else 1
                advice = self.advice(REFERENCE, *options, exit_code=code)
                self.assert_traceable(advice)

    def test_the_reference_run_has_known_answers(self):
        tight = self.advice(REFERENCE, "--latency", "200ms")
        self.assertIn(tight["runs"][0]["verdict"], ("one", "tie"))
        fits = {row["id"]: row["fit"] for row in tight["runs"][0]["rows"]}
        self.assertEqual(fits["short-poll"], "fails")
        self.assertEqual(fits["websocket"], "fits")
        loose = self.advice(REFERENCE, "--latency", "2s")
        self.assertEqual((loose["runs"][0]["verdict"], loose["runs"][0]["best"]),
                         ("one", ["short-poll"]))

    def test_text_and_markdown_have_the_same_sentences(self):
        advice = self.advice(REFERENCE, "--latency", "200ms")
        text = self.advise(REFERENCE, "--latency", "200ms", "--figures").stdout().replace("\u00a0", " ")
        markdown = self.advise(REFERENCE, "--latency", "200ms", "--markdown", "--figures").stdout()
        flat = re.sub(r"\s+", " ", text)
        for sentence in advice["sentences"]:
            plain = re.sub(r"\[", " [", sentence["text"].replace("\u00a0", " "))
            self.assertIn(re.sub(r"[`*]", "", plain), flat)
            self.assertIn(re.sub(r"\[(\d+)\]", r"[^\1]", sentence["text"]), markdown)
        for item in advice["references"]:
            self.assertIn(f"[^{item['n']}]: {item['words']}", markdown)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)


class Short(AdviceCase):
    """What is printed without --figures: the answer first, a table, three lines of why."""

    def blocks(self, *words, exit_code=0):
        return self.advise(*words, exit_code=exit_code).stdout().split("\n\n")

    def test_the_answer_comes_first_then_a_table_then_why(self):
        answer, table, why, source = self.blocks(REFERENCE, "--latency", "100ms")
        self.assertLessEqual(len(answer.splitlines()), 2)
        self.assertIn("is the cheapest that fits", answer)
        best = answer.split()[0]
        lines = table.splitlines()
        self.assertEqual(lines[0].split(), ["row", "p90", "server", "CPU", "wire", "bytes", "fits"])
        self.assertEqual(lines[1].split()[:2], ["✓", best])
        self.assertEqual(len(re.findall(r"^  - ", why, re.M)), 3)
        self.assertIn("9 of 10 updates within 100\u00a0ms", source)
        self.assertIn("--figures", source)
        for text in (answer, table, why):
            self.assertNotRegex(text, r"\[\d+\]")

    def test_no_line_is_longer_than_80_columns(self):
        for options in ([], ["--latency", "1200ms"], ["--latency", "100ms", "--clients", "5000"],
                        ["--age", "50ms", "--budget", "cpu=1us,bytes=600"], ["--latency", "5ms"]):
            text = self.advise(REFERENCE, *options,
                               exit_code=1 if options[:1] == ["--age"] or "5ms" in options else 0).stdout()
            self.assertLessEqual(max(map(len, text.splitlines())), 80, text)

    def test_without_a_requirement_the_answer_is_by_limit(self):
        text = self.advise(REFERENCE).stdout()
        self.assertTrue(text.startswith("No requirement given; by limit of p90"), text)
        said = dict(re.findall(r"^  - up to (\S+ \S+?): (.*)", text, re.M))
        limits = self.advice(REFERENCE)["runs"][0]["limits"]
        self.assertEqual(len(said), len(limits))
        rows = {row["id"]: row for row in json.loads((REFERENCE / "run.json").read_text())["rows"]}
        for limit, (words, answer) in zip(limits, said.items()):
            typed = words.replace(" ", "")
            with self.subTest(typed):
                asked = self.advice(REFERENCE, "--latency", typed, "--percentile", "90")["runs"][0]
                self.assertEqual(asked["best"], limit["best"])
                for name in limit["best"]:
                    self.assertIn(name, answer)
                    self.assertLessEqual(rows[name]["latency_us"]["p90"], limit["latency_us"])
                self.assertEqual(len(limit["best"]) > 1, "(level)" in answer)

    def test_a_folder_and_its_run_json_are_the_same(self):
        self.assertEqual(self.advise(REFERENCE).stdout(), self.advise(REFERENCE / "run.json").stdout())

    def test_markdown_has_the_same_short_form(self):
        text = self.advise(REFERENCE, "--latency", "100ms", "--markdown").stdout()
        self.assertIn("| row | p90 | server CPU | wire bytes | fits |", text)
        self.assertNotIn("[^", text)

    def test_a_run_with_one_row_or_none_or_hostile_names_is_survived(self):
        run = json.loads((REFERENCE / "run.json").read_text())
        path = self.temp_dir() / "run.json"
        for rows, exit_code in ((run["rows"][-1:], 0), ([], 1)):
            for options in ([], ["--latency", "100ms"], ["--latency", "100ms", "--markdown"]):
                path.write_text(json.dumps({**run, "rows": rows, "repeats": []}))
                text = self.advise(path, *options, exit_code=exit_code).stdout()
                self.assertIn("websocket" if rows else "No re" if not options else "No row fits", text)
        for row in run["rows"] + run["repeats"]:
            row["id"] = "\x1b[2J<script>|`" + "x" * 200 + row["id"]
        path.write_text(json.dumps(run))
        for options in ([], ["--markdown"], ["--figures"]):
            text = self.advise(path, "--latency", "100ms", *options).stdout()
            self.assertNotRegex(text, r"[^\n -~\u0080-\U0010ffff]")


class Honesty(AdviceCase):
    def test_too_few_samples_are_reported_with_the_number_needed(self):
        run = self.measure()
        advice = self.advice(run, "--percentile", "99.9", exit_code=1)
        self.assertEqual(advice["runs"][0]["verdict"], "too-few")
        self.assertIn("10,000", self.say(advice, "answer"))
        self.assertIn("--duration", self.say(advice, "change"))

    def test_an_incomplete_run_gives_no_recommendation(self):
        run = json.loads((REFERENCE / "run.json").read_text())
        run["complete"], run["interrupted"] = False, True
        del run["rows"][3:]
        path = self.temp_dir() / "run.json"
        path.write_text(json.dumps(run))
        advice = self.advice(path, "--latency", "2s", exit_code=1)
        self.assertEqual((advice["runs"][0]["verdict"], advice["runs"][0]["best"]),
                         ("no-trust", []))
        self.assertIn("No recommendation: the run was interrupted", self.say(advice, "answer"))

    def test_invalid_arguments_are_refused_in_one_line(self):
        for words in ([], [REFERENCE, "--budget", "speed=1"], [REFERENCE, "--on-time", "120%"],
                      [REFERENCE, "--matrix"], [REFERENCE, "--json", "--markdown"],
                      [REFERENCE, "--percentile", "98"], ["/nonexistent"]):
            with self.subTest(words):
                program = self.advise(*words, exit_code=2)
                self.assertEqual(len(program.stderr().splitlines()), 1, program.stderr())


class Memory(AdviceCase):
    def test_what_a_server_takes_once_is_not_held_against_a_websocket(self):
        """Of 100 clients, 2.2 MB for the first digest were 22 kB for each."""
        run = self.measure(clients=100, rows=[{"transport": "websocket"}])
        advice = self.advice(run, "--budget", "memory=10000")
        self.assertEqual(advice["runs"][0]["rows"][0]["fit"], "fits")
        self.assertIn("server memory per client", self.say(advice, "fit"))

    def test_with_too_few_clients_memory_is_not_known(self):
        run = self.measure(clients=5, rows=[{"transport": "websocket"}])
        advice = self.advice(run, "--budget", "memory=10000", exit_code=1)
        self.assertEqual(advice["runs"][0]["verdict"], "too-few")
        self.assertIn("is not known", self.say(advice, "answer"))


class Scenarios(AdviceCase):
    def runs(self):
        return sorted(p.name for p in self.out.iterdir() if p.name != "latest")

    def test_a_scenario_without_a_run_is_run_first(self):
        path = self.write_scenario()
        first = self.advise(path, "--results", self.out, "--anyway")
        self.assertIn("running it now", first.stderr().splitlines()[0])
        self.assertNotIn("results:", first.stdout())  # the run prints to stderr
        self.assertIn("cheapest", first.stdout())
        self.assertEqual(len(self.runs()), 1)
        again = self.advise(path, "--results", self.out, "--anyway")
        self.assertEqual((again.stderr(), len(self.runs())), ("", 1))
        self.write_scenario(clients=5)  # the measured scenario was another one
        self.advise(path, "--results", self.out, "--anyway")
        self.assertEqual(len(self.runs()), 2)

    def test_the_scenarios_requirement_is_the_default(self):
        run = self.measure(require={"latency_ms": 30, "percentile": 50})
        advice = self.advice(run)
        fits = {row["id"]: row["fit"] for row in advice["runs"][0]["rows"]}
        self.assertEqual(fits["short-poll"], "fails")  # half of the 100 ms interval is longer
        self.assertIn("scenario.require.latency_ms",
                      [item["path"] for item in advice["references"]])


class Model(AdviceCase):
    # From docs/advise.md: the cost of one publication is spread over more deliveries.
    CORES, BYTES = (0.25, 1.6), (0.8, 1.1)

    def test_four_times_the_clients_cost_what_the_model_predicts(self):
        n = 25
        small = self.measure("--clients", str(n), duration_s=2)
        predicted = self.advice(small, "--clients", str(4 * n))["runs"][0]["rows"]
        large = self.measure("--clients", str(4 * n), duration_s=2)
        rows = json.loads((large / "run.json").read_text())["rows"]
        for row, model in zip(rows, (row["model"] for row in predicted)):
            with self.subTest(row["id"]):
                per_s = row["deliveries"] / (row["phases"]["window_ms"] / 1e3)
                size = row["bytes_per_update"]["payload"] + row["bytes_per_update"]["framing"]
                measured = {"cores": row["server_cpu_us_per_update"] * per_s / 1e6,
                            "bandwidth_bps": 8 * size * per_s}
                for key, (low, high) in (("cores", self.CORES), ("bandwidth_bps", self.BYTES)):
                    ratio = measured[key] / model[key]
                    self.assertTrue(low <= ratio <= high, f"{key}: {ratio:.2f} of the model's")
                requests = row["requests_per_update"] * per_s
                self.assertAlmostEqual(requests, model["requests_per_s"],
                                       delta=0.1 * model["requests_per_s"])
                self.assertEqual(model["sockets"], 4 * n)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class AtTheLimit(AdviceCase):
    """Every "up to a round trip of about q" is measured on both sides of q. p50, for a busy
    machine's own delays are in the tail."""

    LIMIT_MS, RTT_MS = 90, 20
    ROWS = [{"transport": "sse"}, {"transport": "short-poll", "interval_ms": 100},
            {"transport": "long-poll"},
            {"transport": "long-poll", "connection": "close"}]

    def run_over(self, link, rows):
        run = self.measure("--link", link, rows=rows, clients=20,
                           source={"kind": "generator", "rate_hz": 40}, duration_s=1.5,
                           require={"latency_ms": self.LIMIT_MS, "percentile": 50})
        return json.loads((run / "run.json").read_text())

    def advice_on(self, run, row):
        path = self.temp_dir() / "run.json"
        path.write_text(json.dumps({**run, "rows": [row], "rows_planned": [row["id"]]}))
        return self.advice(path)

    def longest_round_trip_ms(self, advice):
        text = self.say(advice, "change").replace("\u00a0", " ").replace("*", "")
        said = re.search(r"would meet the limit up to a round trip of (about|at least) ([\d.]+) ms", text)
        self.assertIsNotNone(said, text)
        return float(said[2]), said[1] == "at least"

    def test_a_round_trip_that_is_named_is_where_the_row_stops_to_fit(self):
        run = self.run_over(f"rtt={self.RTT_MS}ms", self.ROWS)
        for row, asked in zip(run["rows"], self.ROWS):
            with self.subTest(row["id"]):
                advice = self.advice_on(run, row)
                q, at_least = self.longest_round_trip_ms(advice)
                self.assertEqual(at_least, row["transport"] == "long-poll")
                self.assertGreater(q, self.RTT_MS)
                below = self.run_over(f"rtt={0.8 * q:.1f}ms", [asked])["rows"][0]
                self.assertLessEqual(below["latency_us"]["p50"], self.LIMIT_MS * 1e3)
                if not at_least:
                    above = self.run_over(f"rtt={1.2 * q:.1f}ms", [asked])["rows"][0]
                    self.assertGreater(above["latency_us"]["p50"], self.LIMIT_MS * 1e3)

    def test_nothing_is_said_of_loss_but_how_to_measure_it(self):
        run = self.run_over(f"rtt={self.RTT_MS}ms", self.ROWS[:1])
        text = self.say(self.advice_on(run, run["rows"][0]), "change")
        self.assertNotIn("of the packets lost", text)
        self.assertIn(f"`pushlab run advised` with `--link rtt={self.RTT_MS}ms,loss=1%` or `--clients`", text)


class Pages(AdviceCase):
    def write_matrix(self):
        run = self.measure()
        out = self.temp_dir() / "matrix.html"
        self.advise("--matrix", "-o", out, run, REFERENCE)
        return run, out

    def test_a_report_recommends_a_transport(self):
        run = self.measure()
        text = (run / "report.html").read_text(encoding="utf-8")
        self.assert_valid_html(run / "report.html")
        self.assertIn('<section id="choose">', text)
        self.assertIn('href="#choose"', text)
        ids = re.findall(r'\sid="([^"]*)"', text)
        for target in re.findall(r'href="#(figure-\d+)"', text):
            self.assertIn(target, ids)

    def test_a_matrix_is_one_valid_file_with_links_to_its_reports(self):
        run, out = self.write_matrix()
        self.assert_valid_html(out)
        text = out.read_text(encoding="utf-8")
        self.assertIn("Advice &lt;wanted&gt; &amp; given", text)
        links = re.findall(r'href="([^"#]*)"', text)
        self.assertEqual(len(links), 2)
        for link in links:
            self.assertTrue((out.parent / link).exists(), link)
        self.assertEqual((out.parent / links[0]).resolve(), (run / "report.html").resolve())
        ids = re.findall(r'\sid="([^"]*)"', text)
        self.assertEqual(len(ids), len(set(ids)))
        for target in re.findall(r'href="#([^"]*)"', text):
            self.assertIn(target, ids)
        self.assertNotIn("<script", text)


@unittest.skipUnless(shutil.which(CHROMIUM), f"there is no {CHROMIUM}")
class Shown(AdviceCase):
    def test_a_matrix_is_readable_on_all_screens_and_accessible(self):
        run = self.measure()
        out = self.temp_dir() / "matrix.html"
        self.advise("--matrix", "-o", out, run, REFERENCE)
        browser = Browser()
        self.addCleanup(browser.quit)
        for name, how in {"wide": {}, "dark": {"scheme": "dark"},
                          "phone": {"width": 390, "height": 844}}.items():
            with self.subTest(name):
                browser.open(url=out.resolve().as_uri(), **how)
                log = browser.log()
                self.assertEqual((log["console"], log["failures"]), ([], []))
                self.assertLessEqual(browser.js("document.documentElement.scrollWidth"),
                                     browser.js("innerWidth"), "nothing sticks out")
                serious = [v for v in browser.axe() if v["impact"] in ("serious", "critical")]
                self.assertEqual(serious, [])
                self.assertEqual(browser.js(
                    "[...document.querySelectorAll('.matrix tbody th')].filter((e) => "
                    "e.offsetWidth > 0.6 * e.closest('.scroll').clientWidth).length"), 0, "cells are in sight")
                # A result does not depend on colour: each such cell has a sign and words.
                self.assertEqual(browser.js(
                    "[...document.querySelectorAll('.case.fits, .case.fails')].filter((c) => "
                    "c.closest('table') && !/[✓✗].*fit/.test(c.textContent)).length"), 0)
                if "PUSHLAB_SCREENSHOTS" in os.environ:
                    browser.shot(path=os.path.join(os.environ["PUSHLAB_SCREENSHOTS"],
                                                   f"matrix-{name}.png"))
                browser.call("close")
