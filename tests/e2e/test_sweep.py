"""Does `pushlab sweep` measure every cell once, whatever happens to it, and say what it measured?"""

import csv
import json
import random
import shutil
import signal
import subprocess
import unittest

from harness import wait_until
from test_runner import RunnerCase

ROW = {"transport": "sse"}
POLL = {"transport": "short-poll", "interval_ms": 40}


class SweepCase(RunnerCase):
    def scenario(self, **changes):
        path = self.temp_dir() / "tiny.json"
        path.write_text(json.dumps({
            "source": {"rate_hz": 50}, "clients": 2, "warmup_s": 0, "duration_s": 0.2, "drain_s": 1,
            "rows": [ROW], **changes}))
        return path

    def sweep(self, *words, exit_code=0):
        return self.run_to_its_end("sweep", *words, "--out", self.out, exit_code=exit_code)

    def folder(self):
        found = list(self.out.glob("*-sweep-tiny"))
        self.assertEqual(len(found), 1)
        return found[0]

    @staticmethod
    def read(*parts):
        path = parts[0].joinpath(*parts[1:])
        return json.loads(path.read_text())

    def refused(self, *words):
        program = self.run_to_its_end("sweep", *words, exit_code=2)
        return self.one_line(program)


class Sweep(SweepCase):
    def test_a_sweep_leaves_runs_a_table_a_csv_and_charts(self):
        path = self.scenario(rows=[ROW, POLL])
        program = self.sweep(path, "--vary", "clients=2,3", "--vary", "source.rate_hz=25..50x2",
                             "--repeat", "2")
        folder = self.folder()
        sweep = self.read(folder, "sweep.json")
        self.assertEqual((sweep["schema"], sweep["complete"], sweep["repeat"]), (1, True, 2))
        self.assertEqual(sweep["vary"], [{"key": "clients", "values": [2, 3]},
                                         {"key": "source.rate_hz", "values": [25, 50]}])
        self.assertEqual([c["values"] for c in sweep["cells"]],
                         [{"clients": c, "source.rate_hz": r} for c in (2, 3) for r in (25, 50)])
        # A line for each measurement in a pipe, with the time left in all.
        lines = [line for line in program.stderr().splitlines() if line.startswith("measured ")]
        self.assertEqual(len(lines), 16)
        self.assertRegex(lines[0], r"^measured clients=[23] source.rate_hz=\d+, repeat 1 of 2: [-a-z]+: "
                                   r"1 of 16 done, about \d+ s left$")
        self.assertRegex(lines[15], ", repeat 2 of 2: [-a-z]+: 16 of 16 done$")

        with open(folder / "sweep.csv", newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        self.assertEqual(len(lines), 8)
        positions = []
        for number, cell in enumerate(sweep["cells"]):
            run = self.read(folder, cell["path"], "run.json")
            self.assertEqual([r["id"] for r in run["rows"]], ["sse", "short-poll"])
            self.assertEqual(run["scenario"]["clients"], cell["values"]["clients"])
            self.assertEqual(run["scenario"]["source"]["rate_hz"], cell["values"]["source.rate_hz"])
            self.assertEqual(run["scenario"]["repeat"], 2)
            repeats = run["repeats"]
            self.assertEqual([r["position"] for r in repeats], [1, 2, 3, 4])
            self.assertEqual(sorted((r["repeat"], r["id"]) for r in repeats),
                             [(1, "short-poll"), (1, "sse"), (2, "short-poll"), (2, "sse")])
            positions.append(tuple(r["id"] for r in repeats))
            for k, row in enumerate(run["rows"]):
                line = lines[2 * number + k]
                self.assertEqual(row["delivered"], sum(r["delivered"] for r in repeats
                                                       if r["id"] == row["id"]))
                self.assertEqual((line["clients"], line["row"]),
                                 (str(cell["values"]["clients"]), row["id"]))
                self.assertEqual(float(line["source.rate_hz"]), cell["values"]["source.rate_hz"])
                for column, value in (("latency_mean_us", row["latency_us"]["mean"]),
                                      ("requests_per_update", row["requests_per_update"])):
                    self.assertAlmostEqual(float(line[column]), value, delta=1e-6 * value)
                low = row["ci95"]["server_cpu_us_per_update"]["low"]
                self.assertAlmostEqual(float(line["server_cpu_us_per_update_low"]), low,
                                       delta=1e-6 * abs(low))
            log = (folder / cell["path"] / "latency-sse.hlog").read_text()
            self.assertEqual(log.count("HISTFAA"), 2, log)
        self.assertEqual(list(folder.glob("blocks/*")), [])
        self.assertGreater(len(set(positions)), 1, "rows have another order in each block")

        # The charts draw what is in run.json.
        with open(folder / "charts/data/sweep-latency.csv", newline="", encoding="utf-8") as file:
            points = list(csv.DictReader(file))
        self.assertEqual(len(points), 8)
        for point in points:
            cell = next(c for c in sweep["cells"] if c["values"] == {
                "clients": int(point["x"]), "source.rate_hz": [25, 50][int(point["panel"]) - 1]})
            row = self.read(folder, cell["path"], "run.json")["rows"][int(point["row"]) - 1]
            self.assertIn(float(point["value"]),
                          [float(f"{row['latency_us'][name]:.9g}") for name in ("p50", "mean")])
        charts = folder / "charts"
        for name in ("latency", "requests-per-update", "cpu-per-client"):
            self.assertIn("<svg", (charts / f"sweep-{name}.svg").read_text()[:400])
            self.assertGreater((charts / f"sweep-{name}.png").stat().st_size, 5000)
        for picture in charts.glob("*.*g"):
            picture.unlink()
        self.run_to_its_end("chart", folder)
        self.assertTrue((charts / "sweep-latency.svg").exists())

        table = self.run_to_its_end("table", folder).stdout()
        self.assertTrue(program.stdout().startswith(table), table)

        # A finished one stays as it is.
        before = self.read(folder, "cells/1/run.json")
        self.run_to_its_end("sweep", "--resume", folder, "--no-charts")
        self.assertEqual(self.read(folder, "cells/1/run.json"), before)
        self.assertEqual(self.read(folder, "sweep.json"), sweep)


class Resume(SweepCase):
    CELLS, REPEATS = 3, 4

    def finished(self):
        """What is measured by now: {(cell, repeat): when, and what}."""
        folder, found = self.folder(), {}
        for path in folder.glob("blocks/*/run.json"):
            cell, repeat = path.parent.name.split("-")
            row = self.read(path)["rows"][0]
            found[int(cell), int(repeat)] = row["raw"]
        for path in folder.glob("cells/[0-9]*/run.json"):
            for row in self.read(path)["repeats"]:
                found[int(path.parent.name), row["repeat"]] = row["raw"]
        return found

    def wait_until_it_measures(self, program):
        work = f"*-sweep-tiny/.work/.tmp-*-{program.process.pid}"
        wait_until(lambda: list(self.out.glob(work)) or not program.running(), "it measures")

    def test_no_block_is_lost_or_measured_twice_whenever_the_sweep_is_killed(self):
        moments = random.Random(20261130)
        words = ["sweep", self.scenario(), "--vary", "clients=1..3+1", "--repeat",
                 self.REPEATS, "--out", self.out, "--no-charts"]
        known, kills = {}, 0
        while len(known) < self.CELLS * self.REPEATS:
            program = self.pushlab(*words)
            self.wait_until_it_measures(program)
            if kills == 1:  # Ctrl-C once
                program.signal(signal.SIGINT)
                self.assertEqual(program.wait(), 1, program.describe())
                self.assertIn("interrupted: ", program.stderr())
                self.assertIn("pushlab sweep --resume ", program.stderr())
                self.assertFalse((self.folder() / ".work").exists())
            else:
                try:
                    program.process.wait(moments.uniform(0.1, 1.5))
                except subprocess.TimeoutExpired:
                    program.signal(signal.SIGKILL)
                    program.process.wait()
            kills += 1
            self.assertLess(kills, 40)
            self.assert_no_process_left()
            now = self.finished()
            for block, measured in known.items():
                self.assertEqual(now[block], measured, "a finished block stays as it was")
            known = now
            words = ["sweep", "--resume", self.folder(), "--no-charts"]
        self.run_to_its_end(*words)
        self.assertEqual(self.finished(), known)
        self.assertGreater(kills, 3)
        sweep = self.read(self.folder(), "sweep.json")
        self.assertTrue(sweep["complete"])
        for cell in sweep["cells"]:
            run = self.read(self.folder(), cell["path"], "run.json")
            self.assertEqual([r["repeat"] for r in run["repeats"]], [1, 2, 3, 4])
            self.assertEqual(cell["blocks"], self.REPEATS)
        left = {p.name for p in self.folder().iterdir()}
        self.assertEqual(left, {"sweep.json", "sweep.csv", "cells", "blocks", ".lock"})
        self.assertEqual(list(self.folder().glob("blocks/*")), [])
        self.assertEqual(list(self.folder().glob("cells/.*")), [])

    def test_a_changed_scenario_or_a_second_process_is_refused(self):
        path = self.scenario()
        first = self.pushlab("sweep", path, "--vary", "clients=2,3", "--repeat", "2",
                             "--out", self.out, "--no-charts")
        self.wait_until_it_measures(first)
        second = self.run_to_its_end_while_others_run("sweep", "--resume", self.folder())
        self.assertIn("another pushlab is measuring it", second.stderr())
        first.signal(signal.SIGTERM)
        first.wait()

        text = path.read_text()
        path.write_text(text.replace("0.2", "0.25"))
        self.assertIn(f"{path} was changed since the sweep began; accepted: the same file, or "
                      "--anyway", self.refused("--resume", self.folder()))
        path.write_text(json.dumps(json.loads(text), indent=1))  # other spaces are no change
        shutil.move(path, path.with_suffix(".gone"))  # its copy is in sweep.json
        self.run_to_its_end("sweep", "--resume", self.folder(), "--no-charts")
        self.assertTrue(self.read(self.folder(), "sweep.json")["complete"])
        run = self.read(self.folder(), "cells/2/run.json")
        self.assertEqual((run["scenario"]["duration_s"], run["scenario"]["clients"]), (0.2, 3))

    def run_to_its_end_while_others_run(self, *words):
        program = self.pushlab(*words)
        self.assertEqual(program.wait(), 1, program.describe())
        return program


class Map(SweepCase):
    NOISE = {"requests": 0.02, "cpu": 0.25}
    PATHS = {"requests": "requests_per_client_s", "cpu": "server_cpu_us_per_client_s"}

    def winners(self, run, cost):
        """[(from_us, ids)] as docs/sweeps.md defines the map."""
        rows = [(r["latency_us"]["mean"], r[self.PATHS[cost]], r["id"]) for r in run["rows"]]
        steps = []
        for limit in sorted(latency for latency, _, _ in rows):
            meet = [(price, name) for latency, price, name in rows if latency <= limit]
            least = min(price for price, _ in meet)
            best = [name for price, name in meet
                    if price - least <= self.NOISE[cost] * price]
            if not steps or steps[-1][1] != best:
                steps.append((limit, best))
        return steps

    def test_the_map_is_what_was_measured(self):
        path = self.scenario(rows=[POLL, {**POLL, "interval_ms": 90}, ROW], duration_s=0.3)
        self.sweep(path, "--vary", "source.rate_hz=10,40", "--no-charts")
        folder = self.folder()
        program = self.run_to_its_end("advise", "--map", folder, "--anyway")
        self.assertIn("whose latency (mean) is within the limit", program.stdout())
        self.assertRegex(program.stdout(), r"by HTTP requests\nlimit +10/s +40/s\n")
        self.assertIn("by server CPU", program.stdout())
        self.assertNotIn("bytes on the wire", program.stdout())  # on loopback nothing is counted
        for cost in ("requests", "cpu"):
            with open(folder / f"charts/data/map-{cost}.csv", newline="", encoding="utf-8") as file:
                areas = list(csv.DictReader(file))
            for number, rate in enumerate((10, 40), 1):
                run = self.read(folder, f"cells/{number}/run.json")
                drawn = [(float(a["from_us"]), a["rows"].split(", ")) for a in areas
                         if float(a["rate_hz"]) == rate]
                expected = self.winners(run, cost)
                self.assertEqual([rows for _, rows in drawn], [rows for _, rows in expected])
                for (at, _), (limit, _) in zip(drawn, expected):
                    self.assertAlmostEqual(at, limit, delta=1e-6 * limit)
        self.assertIn("<svg", (folder / "charts/map.svg").read_text()[:400])
        other = self.run_to_its_end("advise", "--map", folder, "--percentile", "99", "--anyway")
        self.assertIn("whose latency (p99) is within the limit", other.stdout())
        self.assertNotIn("sse", other.stdout().split("\n\n")[1])  # too few updates for a p99

    def test_other_sweeps_and_options_are_refused(self):
        self.sweep(self.scenario(), "--vary", "clients=2", "--no-charts")
        for words, said in (
                ((self.folder(),), "is no sweep of source.rate_hz alone"),
                ((), "nothing given"),
                ((self.folder(), "--latency", "5ms"), "--map: takes the folder of one sweep"),
                ((self.temp_dir(),), "sweep.json: No such file"),
        ):
            program = self.pushlab("advise", "--map", *words)
            self.assertNotEqual(program.wait(), 0)
            self.assertIn(said, self.one_line(program))


class Refusals(SweepCase):
    def test_what_is_wrong_is_said_before_anything_is_measured(self):
        path = self.scenario()
        for words, said in (
                ([path], "--vary: given 0 times"),
                (["--vary", "clients=5"], "no scenario given"),
                ([path, "--vary", "clients=2,none"], "--vary clients: 'none' is not a number"),
                ([path, "--vary", "ip=4,5"], "cell 2 (ip=5): "),
                ([path, "--vary", "clients=1..100+1", "--vary", "seed=1..100+1"], "10000 cells"),
                ([path, "--vary", "clients=2", "--set", "clients"], "--set: 'clients' is not"),
                ([path, "--vary", "clients=2", "--anyway"], "--anyway: only with --resume"),
                ([path, "--resume", self.out], "--resume: takes everything from its folder"),
                (["--resume", self.temp_dir()], "sweep.json: No such file"),
        ):
            line = self.refused(*words)
            self.assertIn(said, line)
        self.assertFalse(self.out.exists())

    def test_a_dry_run_lists_the_cells_and_the_time(self):
        program = self.sweep(self.scenario(), "--vary", "clients=2,3", "--vary", "link.rtt_ms=5,50",
                             "--set", "duration_s=60", "--repeat", "3", "--dry-run")
        lines = program.stdout().splitlines()
        self.assertEqual(lines[:4], [f"cell {n}    clients={c} link.rtt_ms={r}" for n, (c, r) in
                                     enumerate([(2, 5), (2, 50), (3, 5), (3, 50)], 1)])
        self.assertRegex(lines[5], r"^4 cells, each measured 3 times: about 12 min \d+ s$")
        self.assertFalse(self.out.exists())


del RunnerCase

if __name__ == "__main__":
    unittest.main()
