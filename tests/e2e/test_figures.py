"""Is a figure of a run the same text in everything that is written of the run: on terminals of every
width, in Markdown, in the report, in the advice, in a comparison, in the charts, on the live page?"""

import collections
import html
import json
import re
import shutil
import subprocess
import unittest

from harness import HERE
from test_advise import REFERENCE, AdviceCase
from test_readback import ratio, time_us

WEB = HERE.parent.parent / "servers" / "web"
# What the tables' heads and those of the report's table call a metric.
TABLES = {"latency p50": "latency p50", "latency p90": "latency p90", "latency max": "latency max",
          "age mean": "age mean", "requests/update": "requests/update", "handshakes/update": "handshakes/update",
          "wire bytes/update": "wire bytes/update", "packets/update": "packets/update",
          "server CPU/update": "server CPU/update", "total CPU/update": "total CPU/update",
          "updates delivered": "delivered", "requests": "requests/client/s", "wire bytes": "wire bytes/client/s",
          "server CPU": "server CPU/client/s", "responses without update": "empty responses"}
REPORT = {"Updates delivered": "delivered", "Latency median": "latency p50", "Latency p90": "latency p90",
          "Latency max": "latency max", "Age mean": "age mean", "Per update requests": "requests/update",
          "Per update handshakes": "handshakes/update", "Per update packets": "packets/update",
          "A client's second requests": "requests/client/s", "A client's second wire bytes": "wire bytes/client/s",
          "A client's second server CPU": "server CPU/client/s", "Bytes per update payload": "payload bytes/update",
          "Bytes per update framing": "framing bytes/update", "Bytes per update wire": "wire bytes/update",
          "CPU per update server": "server CPU/update", "CPU per update client": "client CPU/update",
          "CPU per update total": "total CPU/update"}

# Of the advice's figures: where run.json has them.
PATHS = {"latency_us.p50": "latency p50", "latency_us.p90": "latency p90", "latency_us.max": "latency max",
         "age_us.mean": "age mean", "requests_per_update": "requests/update",
         "tcp_handshakes_per_update": "handshakes/update", "bytes_per_update.wire": "wire bytes/update",
         "bytes_per_update.payload": "payload bytes/update", "bytes_per_update.framing": "framing bytes/update",
         "packets_per_update.total": "packets/update", "server_cpu_us_per_update": "server CPU/update",
         "delivered": "delivered"}


def figure(text):
    """Without its interval: "4.63 ±3.3 µs" is 4.63 µs."""
    return re.sub(r" ±[\d.,]+", "", text.replace("\u00a0", " ")).strip()


class Figures(AdviceCase):
    def setUp(self):
        super().setUp()
        self.run = json.loads((REFERENCE / "run.json").read_text())
        self.names = [row["id"] for row in self.run["rows"]]
        self.seen = collections.defaultdict(dict)  # (row, metric): {where: text}

    def see(self, row, metric, where, text):
        self.seen[row, metric][where] = figure(text)

    def see_markdown(self, text, where):
        heads = []
        for line in text.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
            name = cells[0].strip("`") if cells else ""
            if name in self.names:
                for head, cell in zip(heads[1:], cells[1:]):
                    if heads[0].startswith("row: measured"):
                        self.see(name, head, f"{where}, measured", cell.split(" (")[0])
                    elif head == "bytes/update payload+framing":
                        self.see(name, "payload bytes/update", where, cell.split(" + ")[0])
                        self.see(name, "framing bytes/update", where, cell.split(" + ")[1])
                    elif head in TABLES:
                        self.see(name, TABLES[head], where, cell)
            elif cells and not cells[0].startswith(":"):
                heads = cells

    def see_terminal(self, width):
        """By the columns' right ends: a head's two lines end where its figures do."""
        text = self.pushlab("table", REFERENCE, COLUMNS=str(width)).stdout().replace("\u00a0", " ")
        for part in text.split("\n\n")[1:]:
            first, second, *lines = part.split("\n") + [""]
            for line in lines:
                name = line.split(" ")[0]
                if name not in self.names or not second.startswith(("row", "each second")):
                    continue
                for cell in re.finditer(r"  (\S.*?)(?=  |$)", line):
                    head = " ".join(re.split(r"  +", half[:cell.end()])[-1].strip() for half in (first, second))
                    head = head.replace(" /", "/").strip()
                    if head in TABLES:
                        self.see(name, TABLES[head], f"{width} columns", cell.group(1))

    def see_report(self, text):
        for table in text.split('<table class="big')[1:]:
            self.see_report_table(table.split("</table>")[0])

    def see_report_table(self, table):
        groups = [(name, int(n)) for n, name in re.findall(r'colspan="(\d+)" class="group">([^<]*)', table)]
        heads = re.findall(r'<th scope="col"(?! rowspan)[^>]*>(?:<a [^>]*>)?([^<]*)', table)
        columns = [html.unescape(f"{name} {heads.pop(0)}") for name, n in groups for _ in range(n)]
        for name, row in re.findall(r'<tr><th scope="row">.*?>([^<>]+)</span>.*?</th>(.*?)</tr>', table, re.S):
            for column, cell in zip(columns, re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)):
                if column in REPORT:
                    self.see(name, REPORT[column], "report.html", re.sub(r"<.*?>", "", cell))

    def see_comparison(self):
        for line in self.pushlab("compare", REFERENCE, REFERENCE, "--all").stdout().splitlines():
            if line in self.names:
                name = line
            cells = re.split(r"  +", line.strip())
            if line.startswith("  ") and len(cells) == 5:
                self.see(name, cells[0], "compare, A", cells[1])
                self.see(name, cells[0], "compare, B", cells[2])

    def test_each_has_one_text(self):
        self.see_markdown(self.pushlab("table", REFERENCE, "--markdown").stdout(), "table --markdown")
        self.see_markdown(self.pushlab("report", REFERENCE, "--markdown").stdout(), "report --markdown")
        for width in (60, 80, 120):
            self.see_terminal(width)
        folder = self.copy()
        self.pushlab("report", folder)
        self.see_report((folder / "report.html").read_text())
        self.see_comparison()
        for reference in self.advice(REFERENCE, "--latency", "200ms")["references"]:
            if reference.get("row") and reference["path"] in PATHS:
                self.see(reference["row"], PATHS[reference["path"]], "advise", reference["text"])
        for (row, metric), texts in self.seen.items():
            with self.subTest(row=row, metric=metric):
                self.assertEqual(len(set(texts.values())), 1, texts)
        common = {"table --markdown", "report --markdown", "60 columns", "80 columns", "120 columns", "report.html",
                  "compare, A", "compare, B"}
        for row in self.names:
            for metric in ("latency p50", "requests/update", "packets/update", "server CPU/update"):
                self.assertLessEqual(common, set(self.seen[row, metric]), (row, metric))
        self.assertIn("advise", self.seen["websocket", "server CPU/update"])
        self.check_charts()

    def check_charts(self):
        """The labels at bars and dots."""
        folder = self.copy()
        self.pushlab("chart", folder)
        for chart, metric in (("requests-per-update", "requests/update"), ("handshakes-per-update", "handshakes/update"),
                              ("packets-per-update", "packets/update"), ("wire-bytes-per-update", "wire bytes/update")):
            svg = (folder / "charts" / f"{chart}.svg").read_text().replace("\u00a0", " ")
            labels = html.unescape(" ".join(re.findall(r">([^<]+)<", svg)))
            for row in self.names:
                text = self.seen[row, metric]["table --markdown"]
                self.assertRegex(labels, rf"(?<![\d.,]){re.escape(text)}(?![\d.,]*\d)", (chart, row))

    def copy(self):
        folder = self.temp_dir() / "run"
        shutil.copytree(REFERENCE, folder, ignore=shutil.ignore_patterns("*.pcapng", "charts"))
        return folder


class Page(unittest.TestCase):
    """The live page measures runs as well, which `pushlab table` reads: it writes them alike."""
    VALUES = [0, 0.04, 0.0625, 0.3125, 0.391, 0.5, 0.7268, 0.9994, 0.9996, 1, 2.345, 2.45, 2.5, 9.996, 13.84, 26, 26.04,
              99.96, 234.5, 235.5, 235.6, 312.4, 999.4, 999.6, 1289.4, 20400, 522000, 999700, 1.5e6]

    @unittest.skipUnless(subprocess.run(["which", "node"], capture_output=True).returncode == 0, "no node")
    def test_it_writes_figures_as_the_others_do(self):
        script = (f"import {{ ratio, us }} from '{WEB / 'figures.js'}';"
                  f"console.log(JSON.stringify({json.dumps(self.VALUES)}.map((v) => [ratio(v), us(v)])))")
        written = subprocess.run(["node", "--input-type=module", "-e", script], capture_output=True, check=True)
        for value, (as_ratio, as_time) in zip(self.VALUES, json.loads(written.stdout)):
            self.assertEqual((as_ratio, as_time), (ratio(value), time_us(value) if value else "0 µs"), value)


if __name__ == "__main__":
    unittest.main()
