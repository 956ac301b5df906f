"""pushlab doctor, on the machine that runs the tests, as it is and with things removed."""

import json
import os
import pathlib
import socket
import unittest

from harness import OWN_NETWORK, TestCase, has_program

VERDICTS = {"ok", "warn", "missing"}


def state_of_the_machine():
    """What doctor might have touched: devices, addresses, limits."""
    sysctls = ["net/ipv4/ip_local_port_range", "net/ipv4/tcp_congestion_control",
               "net/ipv4/tcp_no_metrics_save", "net/ipv4/tcp_tw_reuse", "kernel/hostname"]
    return [pathlib.Path("/proc/sys", name).read_text() for name in sysctls
            if pathlib.Path("/proc/sys", name).exists()] + sorted(os.listdir("/sys/class/net"))


@unittest.skipUnless(has_program("pushlab"), "no pushlab")
class Doctor(TestCase):
    def doctor(self, *options, **env):
        """Return its exit code and its checks by name."""
        program = self.run_program("pushlab", "doctor", "--json", *options, env=env)
        self.assertEqual(program.stderr(), "")
        told = json.loads(program.stdout())
        self.assertEqual(program.process.returncode, 0 if told["fit"] else 1)
        return told["fit"], {check["name"]: check for check in told["checks"]}

    def test_every_check_has_a_verdict_a_purpose_and_a_fix_where_one_is_due(self):
        fit, checks = self.doctor()
        self.assertGreater(len(checks), 15)
        for check in checks.values():
            with self.subTest(check=check["name"]):
                self.assertIn(check["verdict"], VERDICTS)
                self.assertTrue(check["purpose"] and check["found"])
                self.assertEqual(check["fix"] is None, check["verdict"] == "ok")
        missing = [c for c in checks.values() if c["main_job"] and c["verdict"] == "missing"]
        self.assertEqual(fit, not missing)

    def test_the_text_has_a_line_for_each_check(self):
        _, checks = self.doctor()
        program = self.run_program("pushlab", "doctor")
        lines = [line.split() for line in program.stdout().splitlines()]
        self.assertEqual([line[1] for line in lines if line and line[0] in VERDICTS],
                         [name for name in sorted(checks, key=lambda n: not checks[n]["main_job"])])

    def test_a_program_that_is_not_in_path_is_missing(self):
        fit, checks = self.doctor(PATH="/nonexistent")
        self.assertFalse(fit)
        self.assertEqual(checks["gnuplot"]["verdict"], "missing")
        self.assertIn("gnuplot-nox", checks["gnuplot"]["fix"])
        self.assertEqual(checks["curl"]["verdict"], "missing")
        self.assertEqual(checks["programs"]["verdict"], "ok")

    def test_a_gnuplot_that_prints_nothing_does_not_block(self):
        folder = self.temp_dir()
        (folder / "gnuplot").write_text("#!/bin/sh\nexit 3\n")
        (folder / "gnuplot").chmod(0o755)
        _, checks = self.doctor(PATH=f"{folder}:/usr/bin:/bin")
        self.assertEqual(checks["gnuplot"]["verdict"], "warn")

    def test_no_server_program_or_another_one_is_missing(self):
        for program in ("/nonexistent", "/bin/true"):
            fit, checks = self.doctor(PUSHLAB_SERVER=program)
            self.assertFalse(fit)
            self.assertEqual(checks["programs"]["verdict"], "missing")

    def test_a_folder_that_cannot_be_made_is_missing(self):
        fit, checks = self.doctor("--results", "/etc/passwd/results")
        self.assertFalse(fit)
        self.assertEqual(checks["results"]["verdict"], "missing")

    def test_a_limit_of_open_files_that_cannot_be_raised_is_reported(self):
        limited = self.run_program("pushlab", "doctor", "--json", max_files=100)
        files = {c["name"]: c for c in json.loads(limited.stdout())["checks"]}["files"]
        self.assertTrue(files["found"].startswith("100 now, "), files)
        if ", 100 for a run" in files["found"]:
            self.assertEqual(files["verdict"], "missing")

    @unittest.skipUnless(OWN_NETWORK, "ports of the host")
    def test_a_port_that_is_taken_is_noticed(self):
        with socket.create_server(("127.0.0.1", 8080)):
            fit, checks = self.doctor()
            self.assertEqual(checks["port"]["verdict"], "warn")
            self.assertIn("ss -ltnp", checks["port"]["fix"])
        self.assertEqual(self.doctor()[1]["port"]["verdict"], "ok")

    def test_nothing_is_changed(self):
        before, folder = state_of_the_machine(), self.temp_dir()
        self.doctor("--results", str(folder / "results" / "deep"), HOME=str(folder),
                    TMPDIR=str(folder), XDG_CONFIG_HOME=str(folder))
        self.assertEqual(state_of_the_machine(), before)
        self.assertEqual(list(folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
