"""Files that somebody else wrote: no text in a run.json acts on a terminal, on Markdown, on HTML or on
gnuplot, and no number of it ends a command otherwise than with a line."""

import copy
import html.parser
import json
import pathlib
import re
import unittest

from harness import TestCase
from test_advise import REFERENCE

HOSTILE = ("\x1b]0;x\x07\u202e<script>alert(1)</script><img src=x onerror=alert(1)>](javascript:alert(1)) | `touch PWNED` "
           "'.system('touch PWNED').'\n# \"@x\"%n%s" + "\x9b2J")
LONG = "x" * 10000
# What must not reach a terminal; '\n' may.
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
SAMPLED = 12  # single strings tried; all at once is always tried


def strings(node, path=()):
    """The paths of all strings in a document that say something to people: what chooses how a run is read
    (transport, connection) stays, and what says where files are."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        if isinstance(value, str) and key != "hdr":
            yield path + (key,)
        yield from strings(value, path + (key,))


def put(node, path, value):
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value


class Tags(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.bad = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.bad += [(tag, name, value) for name, value in attributes
                     if name.startswith("on") or "javascript:" in (value or "").lower()]
        if tag == "img" and dict(attributes).get("src") == "x":
            self.bad.append((tag, attributes))

    def handle_data(self, data):
        if self.cdata_elem == "script" and "alert(1)" in data:
            self.bad.append(("script", data[:80]))


class Hostile(TestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temp_dir()
        self.run = json.loads((REFERENCE / "run.json").read_text())
        del self.run["rows"][2:]
        self.run.pop("repeats", None)
        self.run["rows_planned"] = [row["id"] for row in self.run["rows"]]
        for row in self.run["rows"]:
            row["disturbed"] = ["it was disturbed"]
            row["problems"] = ["a problem"]
            row["notes"] = ["a note"]
            row["findings"] = ["a finding"]

    def written(self, run):
        (self.folder / "run.json").write_text(json.dumps(run, ensure_ascii=False))
        return self.folder

    def said(self, *command, codes=(0, 1, 2)):
        done = self.run_program("pushlab", *command)
        self.assertIn(done.process.returncode, codes, f"{command}: {done.stderr()[-2000:]}")
        for text in (done.stdout(), done.stderr()):
            self.assertIsNone(CONTROL.search(text), (command, CONTROL.search(text)))
            self.assertNotIn("Sanitizer", text)
        return done.stdout()

    def read_by_all(self, run):
        folder = self.written(run)
        self.said("table", folder)
        self.said("compare", folder, REFERENCE)
        markdown = self.said("table", folder, "--markdown") + self.said("compare", folder, folder, "--markdown")
        bare = re.sub(r"`[^`\n]*`", "", re.sub(r"\\.", "", markdown))
        self.assertNotIn("<script", bare)
        self.assertNotIn("](", bare)
        for table in re.findall(r"(?:^\|.*\n)+", markdown, re.M):
            self.assertEqual(1, len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}), table)
        self.said("advise", folder)

    def drawn(self, run, codes=(0, 1)):
        folder = self.written(run)
        for row in self.run["rows"]:
            for file in (f"latency-{row['id']}.hlog", f"timeline-{row['id']}.csv"):
                if (REFERENCE / file).exists() and not (folder / file).exists():
                    (folder / file).symlink_to((REFERENCE / file).resolve())
        self.said("chart", folder, codes=codes)
        self.said("report", folder)
        for page in list(folder.rglob("*.html")) + list(folder.rglob("*.svg")):
            self.assertEqual([], Tags(page.read_text(encoding="utf-8")).bad, page)
        found = [p for place in (folder, pathlib.Path.cwd()) for p in place.rglob("PWNED*")]
        self.assertEqual([], found)

    def test_all_texts_at_once(self):
        for text in (HOSTILE, LONG):
            run = copy.deepcopy(self.run)
            for path in list(strings(run)):
                put(run, path, text)
            with self.subTest(text=text[:10]):
                self.read_by_all(run)
                self.drawn(run)

    def test_each_text_that_stands_beside_sound_ones(self):
        paths = [p for p in strings(self.run) if "raw" not in p]
        for path in paths[:: max(1, len(paths) // SAMPLED)]:
            run = copy.deepcopy(self.run)
            put(run, path, HOSTILE)
            with self.subTest(path=path):
                self.read_by_all(run)

    def test_pictures_of_a_hostile_title(self):
        run = copy.deepcopy(self.run)
        for path in strings(run):
            if path[0] in ("scenario", "link", "started", "pushlab", "environment") or path[-1] in ("disturbed",):
                if path[-1] not in ("transport", "connection", "kind"):
                    put(run, path, HOSTILE)
        self.drawn(run, codes=(0,))

    def test_numbers_that_are_none(self):
        for value in (1e308, -1e308, -1, "12", None, [], {"p50": 1}, 5e-324):
            run = copy.deepcopy(self.run)
            for row in run["rows"]:
                for key in row:
                    if isinstance(row[key], (int, float)) and not isinstance(row[key], bool):
                        row[key] = value
                row["latency_us"] = {key: value for key in row["latency_us"]}
                row["age_us"] = value
            with self.subTest(value=value):
                self.read_by_all(run)

    def test_documents_of_another_shape(self):
        for text in ("[" * 100000, '{"rows":' * 5000, '{"schema":1,"rows":[' + "0," * 200000 + "0]}", "null", "[]",
                     '{"rows":{}}', '{"rows":[null,1,"x",[]]}'):
            (self.folder / "run.json").write_text(text)
            for command in ("table", "report", "advise"):
                with self.subTest(text=text[:20], command=command):
                    self.said(command, self.folder)


class Nothing(TestCase):
    """A row that got nothing has no latency and no age: there is no zero where nothing was measured."""

    def test_a_row_without_deliveries(self):
        folder = self.temp_dir()
        (folder / "none.json").write_text(json.dumps({
            "clients": 2, "warmup_s": 0, "duration_s": 0.3, "drain_s": 0.1, "source": {"rate_hz": 0.001},
            "rows": [{"transport": "sse"}]}))
        self.run_program("pushlab", "run", folder / "none.json", "--out", folder / "a", "--no-charts")
        run_dir = next(p for p in (folder / "a").iterdir() if p.name != "latest")
        row = json.loads((run_dir / "run.json").read_text())["rows"][0]
        self.assertEqual({"mean": None, "peak": None, "max": None}, row["age_us"])
        for key in ("min", "p50", "p99", "max", "mean"):
            self.assertIsNone(row["latency_us"][key])
        names, values = [line.split(",") for line in (run_dir / "summary.csv").read_text().splitlines()]
        cells = dict(zip(names, values))
        for name in ("latency_p50_us", "latency_p99_us", "age_mean_us", "requests_per_update"):
            self.assertEqual("", cells[name], name)
        for command in (("table", run_dir), ("compare", run_dir, run_dir, "--all")):
            text = self.run_program("pushlab", *command).stdout()
            self.assertNotRegex(text, r"(?<![\d.])0(\.00)? µs")


if __name__ == "__main__":
    unittest.main()
