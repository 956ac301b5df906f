"""Does `pushlab` run experiments from end to end, keep the results after every failure, and end all its
processes?"""

import csv
import fcntl
import io
import json
import os
import pathlib
import pty
import shutil
import signal
import struct
import subprocess
import termios
import unittest
import uuid

from harness import (BIN, DEADLINE_S, HERE, OWN_NETWORK, Program, TestCase, has_program,
                     wait_until)

CHARTS = HERE.parent.parent / "bench" / "chart"
TWO_ROWS = {
    "name": "two", "source": {"kind": "generator", "rate_hz": 50}, "clients": 3, "warmup_s": 0.2,
    "duration_s": 0.5, "drain_s": 2,
    "rows": [{"transport": "sse"},
             {"transport": "short-poll", "interval_ms": 100, "connection": "close"}],
}


@unittest.skipUnless(has_program("pushlab") and has_program("pushlab-client"), "no pushlab")
class RunnerCase(TestCase):
    def setUp(self):
        super().setUp()
        self.mark = uuid.uuid4().hex
        self.out = self.temp_dir() / "results"
        self.env = {"PUSHLAB_TEST_MARK": self.mark, "PUSHLAB_CHARTS": str(CHARTS)}

    def scenario(self, **changes):
        path = self.temp_dir() / "scenario.json"
        path.write_text(json.dumps({**TWO_ROWS, **changes}))
        return path

    def pushlab(self, *words, **env):
        return self.start(Program([BIN / "pushlab", *words], env={**self.env, **env}))

    def run_to_its_end(self, *words, exit_code=0, **env):
        program = self.pushlab(*words, **env)
        program.wait(60)
        self.assertEqual(program.process.returncode, exit_code,
                         program.describe() + program.stdout())
        self.assertNotIn("Sanitizer", program.stderr())
        self.assert_no_process_left()
        return program

    def run_scenario(self, *options, path=None, exit_code=0, **env):
        return self.run_to_its_end("run", path or self.scenario(), "--out", self.out, "--no-charts",
                                   *options, exit_code=exit_code, **env)

    def run_on_a_terminal(self, *options, columns=120, stderr=None, **env):
        """What it says on a terminal of so many columns, in bytes."""
        near, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
        program = subprocess.Popen(
            [BIN.resolve() / "pushlab", "run", self.scenario(), "--out", "results", "--no-charts",
             *options],
            stdin=far, stdout=far, stderr=far if stderr is None else stderr, cwd=self.out.parent,
            env={**environment, **self.env, "TERM": "xterm-256color", **env})
        os.close(far)
        said = b""
        try:
            while data := os.read(near, 65536):
                said += data
        except OSError:
            pass  # all writers have closed their ends
        os.close(near)
        self.assertEqual(program.wait(DEADLINE_S), 0)
        return said

    def started_by_us(self, name):
        """Processes of that name with this test's mark in their environment."""
        found = []
        for directory in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if (self.mark.encode() in (directory / "environ").read_bytes()
                        and name in (directory / "comm").read_text()):
                    found.append(int(directory.name))
            except OSError:
                pass
        return found

    def assert_no_process_left(self):
        wait_until(lambda: not self.started_by_us("pushlab-"), "all child processes have ended")

    def latest(self):
        return json.loads((self.out / "latest" / "run.json").read_text())

    def newest(self):
        """The newest run, also one that is not complete."""
        return json.loads((self.folders()[-1] / "run.json").read_text())

    @staticmethod
    def complaints(program):
        """The lines on stderr but for progress, and what a run notes of a machine that is busy."""
        return [line for line in program.stderr().splitlines()
                if "latency includes it" not in line and " is disturbed: " not in line
                and "disturbed and left out" not in line
                and not line.startswith(("measured ", "capturing packets ", "drawing charts"))]

    def folders(self):
        """Of all runs, the oldest first."""
        return sorted(path for path in self.out.iterdir() if path.name != "latest")

    def one_line(self, program):
        lines = self.complaints(program)
        self.assertEqual(len(lines), 1, program.describe())
        self.assertTrue(lines[0].startswith("pushlab: "), lines[0])
        return lines[0]


class Narrow(RunnerCase):
    def test_on_60_columns_no_line_wraps_and_the_end_says_what_was_found_and_what_to_type_next(self):
        for compared in ("OTHER-RUN", r"results/\d{8}T\d{6}Z-two"):
            said = self.run_on_a_terminal(columns=60, stderr=subprocess.DEVNULL, NO_COLOR="1")
            lines = said.decode().replace("\r", "").splitlines()
            self.assertLessEqual(max(len(line) for line in lines), 60, said.decode())
            tables = [line for line in lines if line.removeprefix("~ ").startswith("short-poll+close ")]
            self.assertGreater(len(tables), 3, said.decode())
            text = " ".join(" ".join(lines).split())
            self.assertRegex(text, r"(delay of|latency|arrive first|disturbed)[^.]*.* "
                                   r"results: results/(\S+) report: results/\2/report.html "
                                   r"next: pushlab advise results/\2 "
                                   rf"pushlab compare {compared} (\\ )?results/\2$")


class Tls(RunnerCase):
    def test_rows_over_tls_count_full_and_resumed_handshakes(self):
        poll = {"transport": "short-poll", "interval_ms": 100, "connection": "close"}
        path = self.scenario(tls=True, tls_version="1.3",
                             rows=[poll, {**poll, "tls_resume": False}, {"transport": "websocket"}])
        program = self.run_scenario(path=path)
        self.assertIn("TLS", program.stdout())
        rows = {row["id"]: row for row in self.latest()["rows"]}
        for row_id, full in (("short-poll+close", 3), ("websocket", 3),
                             ("short-poll+close+no-resume", None)):
            whole = rows[row_id]["raw"]["whole"]
            # A client's first handshake is a full one; without resumption all are.
            expected = whole["connects"] if full is None else full
            self.assertEqual(whole["tls_full_handshakes"], expected, row_id)
            self.assertEqual(whole["tls_resumed_handshakes"], whole["connects"] - expected, row_id)
        window = rows["short-poll+close"]["tls_handshakes_per_update"]
        self.assertEqual(window["full"], 0)
        self.assertGreater(window["resumed"], 0)
        self.assertEqual(list((self.out / "latest").glob("*.pem")), [])


class Run(RunnerCase):
    def test_a_scenario_leaves_a_table_and_a_folder_of_files(self):
        program = self.run_scenario()
        self.assertEqual(self.complaints(program), [])
        self.assertNotIn("\x1b", program.stdout())  # no colour in a pipe
        for word in ("sse", "short-poll+close", "loopback", "p50", "handshakes"):
            self.assertIn(word, program.stdout())
        files = {p.name for p in (self.out / "latest").iterdir()}
        self.assertLessEqual({"run.json", "summary.csv", "latency-sse.hlog", "timeline-sse.csv",
                              "latency-short-poll+close.hlog"}, files)
        self.assertEqual(len(list(self.out.iterdir())), 2, "the folder and latest, nothing else")

        run = self.latest()
        self.assertEqual((run["complete"], run["interrupted"], len(run["rows"])), (True, False, 2))
        for row in run["rows"]:
            self.assertEqual(row["published"] * 3, row["delivered"])
            self.assertEqual(row["problems"], [])
            h = row["handshakes"]
            self.assertEqual(h["client"], h["server"])
            if run["environment"]["network_namespace"] == "own":
                self.assertEqual(h["client"], h["kernel"])
        sse, poll = run["rows"]
        self.assertEqual((sse["handshakes"]["client"], sse["requests_per_update"]), (3, 0))
        # one more or less of each client at the window's borders
        self.assertAlmostEqual(poll["requests_per_update"] * poll["delivered"], 15, delta=3)
        # a connection is counted when it is opened, its request when it is sent: a border of the
        # window may fall between, once for each client
        self.assertAlmostEqual(poll["tcp_handshakes_per_update"] * poll["delivered"],
                               poll["requests_per_update"] * poll["delivered"], delta=3)
        with open(self.out / "latest" / "summary.csv", newline="", encoding="utf-8") as file:
            self.assertEqual([line["row"] for line in csv.DictReader(file)],
                             ["sse", "short-poll+close"])

    def test_the_csv_files_of_several_runs_make_one_table(self):
        started, files = [], []
        for options in (("--repeat", "2"), ("--link", "rtt=4ms,jitter=1ms", "--set", "source.rate_hz=40")):
            self.run_scenario(*options)
            started.append(self.latest()["started"])
            files.append(self.out / "latest" / "summary.csv")
            files[-1] = files[-1].resolve()
        joined = subprocess.run(["awk", "NR == 1 || FNR > 1", *files], capture_output=True,
                                text=True, check=True).stdout
        table = list(csv.DictReader(io.StringIO(joined)))
        keys = ("row", "date", "link", "rate_hz", "payload_bytes", "repeats", "clients")
        self.assertEqual([[line[key] for key in keys] for line in table],
                         [[row, started[0], "loopback", "50", "128", "2", "3"]
                          for row in ("sse", "short-poll+close")] +
                         [[row, started[1], "rtt=4ms,jitter=1ms", "40", "128", "1", "3"]
                          for row in ("sse", "short-poll+close")])
        for line in table:
            self.assertNotIn(None, line, "more fields than columns")
            self.assertRegex(line["version"], r"^[0-9.]+ \(.+\)$")
            self.assertEqual((line["scenario"], line["seed"]), ("two", "1"))
            self.assertGreater(float(line["latency_p50_us"]), 0)
        self.assertLessEqual(float(table[0]["age_mean_us_low"]), float(table[0]["age_mean_us"]))

    def test_json_is_run_json(self):
        program = self.run_scenario("--json", "--rows", "sse")
        self.assertEqual(json.loads(program.stdout()), self.latest())

    def test_options_override_the_scenario(self):
        self.run_scenario("--clients", "5", "--duration", "0.3", "--seed", "9", "--rows", "sse")
        run = self.latest()
        self.assertEqual((run["rows"][0]["clients"], run["seed"]), (5, 9))
        self.assertEqual(run["rows"][0]["phases"]["window_ms"], 300)

    def test_table_prints_the_same_table_again(self):
        first = self.run_scenario("--rows", "sse")
        again = self.run_to_its_end("table", self.out / "latest")
        self.assertIn(again.stdout().strip(), first.stdout())

    @unittest.skipUnless(shutil.which("gnuplot"), "no gnuplot")
    def test_charts_are_drawn_and_drawn_again(self):
        self.run_to_its_end("run", self.scenario(), "--out", self.out)
        charts = self.out / "latest" / "charts"
        drawn = sorted(p.name for p in charts.iterdir())
        self.assertGreaterEqual(len([n for n in drawn if n.endswith(".svg")]), 7)
        self.assertGreaterEqual(len([n for n in drawn if n.endswith(".png")]), 7)
        for path in charts.glob("*.png"):
            self.assertEqual(path.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        for path in charts.glob("*.svg"):
            self.assertTrue(path.read_text().rstrip().endswith("</svg>"), path)
        shutil.rmtree(charts)
        self.run_to_its_end("chart", self.out / "latest")
        self.assertEqual(sorted(p.name for p in charts.iterdir()), drawn)

    def test_on_a_terminal_there_are_progress_and_colour_unless_switched_off(self):
        for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            with self.subTest(env):
                said = self.run_on_a_terminal("--rows", "sse", **env)
                self.assertRegex(said, rb"\r\x1b\[K\[1 of 1(, about \d+ s left)?\] sse: measuring")
                self.assertEqual(b"\x1b[3" in said or b"\x1b[1m" in said, coloured)


class Progress(RunnerCase):
    REPEATED = ("--repeat", "3", "--order", "given", "--duration", "1")

    def lines(self, text):
        return [line for line in text.splitlines() if line.startswith("measured ")]

    def assert_a_line_for_each_measurement(self, text):
        self.assertNotIn("\x1b", text)
        lines = self.lines(text)
        self.assertEqual([line.split(",")[0].split(":")[0] for line in lines],
                         ["measured sse", "measured short-poll+close"] * 3, text)
        for number, line in enumerate(lines, 1):
            self.assertIn(f", repeat {(number + 1) // 2} of 3: {number} of 6 done", line)
        left = [int(line.split("about ")[1].split(" s left")[0]) for line in lines[:-1]]
        self.assertGreater(left[0], left[-1])
        self.assertNotIn("left", lines[-1])

    def test_in_a_pipe_there_is_a_line_for_each_measurement_with_what_is_left(self):
        self.assert_a_line_for_each_measurement(self.run_scenario(*self.REPEATED).stderr())

    def test_on_a_dumb_terminal_it_is_the_same(self):
        for term in ("dumb", ""):
            with self.subTest(term=term):
                said = self.run_on_a_terminal(*self.REPEATED, TERM=term).decode()
                self.assert_a_line_for_each_measurement(said)

    def test_the_time_left_is_of_all_links(self):
        program = self.run_scenario("--rows", "sse", path=self.scenario(link=["loopback", "rtt=1ms"]))
        self.assertEqual([line.split(", about")[0] for line in self.lines(program.stderr())],
                         ["measured loopback: sse: 1 of 2 done", "measured rtt=1ms: sse: 2 of 2 done"])

    def test_quiet_is_the_result_alone(self):
        program = self.run_scenario("--quiet")
        self.assertEqual(program.stderr(), "")
        self.assertIn("results: ", program.stdout())
        program = self.run_scenario("--quiet", "--json")
        self.assertEqual(program.stderr(), "")
        self.assertEqual(json.loads(program.stdout()), self.latest())
        said = self.run_on_a_terminal("--quiet", "--rows", "sse", NO_COLOR="1")
        self.assertNotIn(b"\x1b", said)
        refused = self.run_scenario("--quiet", "--verbose", exit_code=2)
        self.assertIn("--quiet: not with --verbose", self.one_line(refused))

    def test_verbose_shows_programs_and_phases(self):
        said = self.run_scenario("--verbose", "--rows", "sse").stderr().splitlines()
        starts = [line for line in said if line.startswith("start ")]
        self.assertEqual([line.split()[1].rpartition("/")[2] for line in starts],
                         ["pushlab-server", "pushlab-client"])
        self.assertIn(" --transport sse ", starts[1])
        self.assertEqual([line for line in said if line.startswith(("measuring ", "sse: m"))],
                         ["measuring sse", "sse: measuring"])


class Failures(RunnerCase):
    def test_a_wrong_scenario_is_refused_in_one_line(self):
        cases = {
            "an unknown key": (json.dumps({**TWO_ROWS, "clinets": 5}), "clinets"),
            "an unknown key of a row": (json.dumps({**TWO_ROWS, "rows": [
                {"transport": "sse", "colour": "red"}]}), "colour"),
            "an unknown transport": (json.dumps({**TWO_ROWS, "rows": [
                {"transport": "pigeon"}]}), "pigeon"),
            "a string instead of a number": (json.dumps({**TWO_ROWS, "clients": "many"}), "clients"),
            "a number out of bounds": (json.dumps({**TWO_ROWS, "clients": -1}), "clients"),
            "no rows": (json.dumps({**TWO_ROWS, "rows": []}), "rows"),
            "rows that are not a list": (json.dumps({**TWO_ROWS, "rows": 5}), "rows"),
            "half a file": (json.dumps(TWO_ROWS)[:50], "scenario.json"),
            "an empty file": ("", "scenario.json"),
            "a list": ("[]", "scenario.json"),
        }
        for what, (text, named) in cases.items():
            with self.subTest(what):
                path = self.scenario()
                path.write_text(text)
                program = self.run_scenario(path=path, exit_code=2)
                self.assertIn(named, self.one_line(program))
                self.assertFalse(self.out.exists())

    def test_invalid_arguments_are_refused_in_one_line(self):
        for words in (("run", "/no/such/file"), ("fly",), ("run", self.scenario(), "--up"),
                      ("run", self.scenario(), "--rows", "none"), ("chart",),
                      ("run", self.scenario(), "--clients", "x"), ("watch", "pigeon")):
            with self.subTest(words):
                self.one_line(self.run_to_its_end(*words, exit_code=2))

    def test_folders_without_a_run_are_named(self):
        for word in ("chart", "table"):
            program = self.run_to_its_end(word, "/nowhere/at/all", exit_code=1)
            self.assertIn("/nowhere/at/all", self.one_line(program))

    def test_programs_that_fail_are_named_and_nothing_is_kept(self):
        for which in ("PUSHLAB_SERVER", "PUSHLAB_CLIENT"):
            for other in ("/no/such/program", "/bin/false"):
                with self.subTest(which=which, other=other):
                    program = self.run_scenario(exit_code=1, **{which: other})
                    self.assertIn("sse", program.stderr())
                    self.assertIn("nothing is kept", program.stderr())
                    self.assertEqual(list(self.out.glob("*")), [])

    def second_row(self, program):
        """Wait until the second row is being measured; return the server's process id."""
        wait_until(lambda: list(self.out.glob("**/*short-poll*")) or
                   any("short-poll" in " ".join(self.words(p))
                       for p in self.started_by_us("pushlab-client")), "the second row")
        return wait_until(lambda: self.started_by_us("pushlab-server"), "its server")[0]

    @staticmethod
    def words(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        except OSError:
            return []

    def start_long(self):
        path = self.scenario(order="given",
                             rows=[{"transport": "sse"}, {"transport": "short-poll",
                                                          "interval_ms": 50}])
        program = self.pushlab("run", path, "--out", self.out, "--no-charts", "--duration", "1")
        return program, self.second_row(program)

    def assert_first_row_kept(self, program, interrupted):
        self.assertGreater(program.wait(20), 0, "exits with a code other than 0")
        self.assert_no_process_left()
        folder = self.folders()[-1]
        run = json.loads((folder / "run.json").read_text())
        self.assertEqual([row["id"] for row in run["rows"]], ["sse"])
        self.assertEqual((run["complete"], run["interrupted"]), (False, interrupted))
        self.assertIn("sse", program.stdout())
        self.assertIn(f"pushlab: kept in {folder}, for pushlab table,", program.stderr())
        self.assertLess(len(self.complaints(program)), 4)
        again = self.run_to_its_end("table", folder)
        self.assertIn(again.stdout().strip(), program.stdout())

    def test_ctrl_c_keeps_finished_rows_and_ends_every_child(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                shutil.rmtree(self.out, ignore_errors=True)
                program, _ = self.start_long()
                program.signal(number)
                self.assert_first_row_kept(program, interrupted=True)
                self.assertFalse(os.path.lexists(self.out / "latest"))

    def test_a_run_that_is_not_complete_does_not_become_latest(self):
        self.run_scenario("--rows", "sse")
        complete = os.readlink(self.out / "latest")
        program, _ = self.start_long()
        program.signal(signal.SIGINT)
        self.assert_first_row_kept(program, interrupted=True)
        self.assertEqual(os.readlink(self.out / "latest"), complete)
        program, server = self.start_long()
        os.kill(server, signal.SIGKILL)
        self.assert_first_row_kept(program, interrupted=False)
        self.assertEqual(os.readlink(self.out / "latest"), complete)
        self.run_scenario("--rows", "sse")
        self.assertEqual(os.readlink(self.out / "latest"), self.folders()[-1].name)

    def test_a_server_that_dies_is_reported_and_the_row_before_is_kept(self):
        program, server = self.start_long()
        os.kill(server, signal.SIGKILL)
        self.assert_first_row_kept(program, interrupted=False)
        self.assertIn("pushlab-server", program.stderr())

    def test_a_killed_runner_leaves_no_children(self):
        program, _ = self.start_long()
        program.signal(signal.SIGKILL)
        program.wait()
        self.assert_no_process_left()

    @unittest.skipUnless(OWN_NETWORK, "may not mount")
    def test_a_full_disk_is_reported_and_the_exit_code_is_not_0(self):
        self.out.mkdir(parents=True)
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", self.out])
        if mount.returncode != 0:
            self.skipTest("may not mount")
        self.addCleanup(subprocess.run, ["umount", self.out])
        program = self.pushlab("run", self.scenario(), "--out", self.out, "--no-charts")
        self.assertEqual(program.wait(30), 1)
        self.assert_no_process_left()
        self.assertIn("No space left on device", program.stderr())

    def test_a_folder_that_cannot_be_written_is_named_before_anything_is_measured(self):
        program = self.run_to_its_end("run", self.scenario(), "--out", "/proc/nowhere", exit_code=1)
        self.assertIn("/proc/nowhere", self.one_line(program))

    def test_a_missing_gnuplot_is_reported_in_one_line_and_results_are_kept(self):
        program = self.run_to_its_end("run", self.scenario(), "--out", self.out, "--rows", "sse",
                                      exit_code=1, PATH="/nowhere")
        self.assertIn("gnuplot", self.one_line(program))
        self.assertEqual(len(self.latest()["rows"]), 1)
        self.assertIn("sse", program.stdout())

    def test_a_used_port_is_reported(self):
        server = self.server("--source", "none")
        path = self.scenario(server={"listen": f"127.0.0.1:{server.port}"})
        program = self.run_scenario("--rows", "sse", "--host-network", path=path, exit_code=1)
        self.assertIn("Address already in use", program.stderr())


class OtherCommands(RunnerCase):
    def test_watch_is_the_client_under_another_name(self):
        server = self.server("--rate", "50")
        program = self.run_to_its_end("watch", "sse", "--url", server.url, "--count", "3")
        self.assertIn("sse: 3 updates in ", program.stdout())

    def test_watch_without_a_url_starts_a_server(self):
        program = self.pushlab("watch", "websocket", "--count", "2")
        self.assertEqual(program.wait(20), 0, program.describe())
        self.assertIn("websocket: 2 updates in ", program.stdout())
        self.assert_no_process_left()

    def test_serve_is_the_server_under_another_name(self):
        program = self.pushlab("serve", "--listen", "127.0.0.1:0", "--source", "none")
        wait_until(program.lines, "it listens")
        address = program.lines()[0].removeprefix("listening on ")
        said = subprocess.run(["curl", "-sS", f"http://{address}/healthz"], capture_output=True,
                              text=True)
        self.assertEqual(said.stdout, "ok\n")
        program.signal(signal.SIGTERM)
        self.assertEqual(program.wait(10), 0)
        self.assert_no_process_left()

    def test_every_command_has_help(self):
        for words in (("--help",), ("help",), ("help", "run"), ("run", "--help"),
                      ("help", "scenarios"), ("watch", "--help"), ("chart", "--help")):
            with self.subTest(words):
                program = self.run_to_its_end(*words)
                self.assertEqual(program.stderr(), "")
                self.assertGreater(len(program.lines()), 5)


if __name__ == "__main__":
    unittest.main()
