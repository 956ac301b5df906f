"""pushlab compare: are equal runs called equal, is a change found, and what does a build server get?"""

import json
import unittest
import xml.etree.ElementTree as ElementTree

from test_report import ReportCase

DELAY = "server.test_delay_ms"
LATENCY = "latency_us.p50"


class Compare(ReportCase):
    def measure(self, name, *options):
        path = self.temp_dir() / "pair.json"
        path.write_text(json.dumps({
            "name": name, "source": {"kind": "generator", "rate_hz": 100}, "clients": 3, "warmup_s": 0.1,
            "duration_s": 0.4, "drain_s": 2, "rows": [{"transport": "sse"}]}))
        self.pushlab("run", path, "--out", self.out, "--no-charts", *options)
        return self.calm((self.out / "latest").resolve())

    def compare(self, a, b, *options, exit_code=0):
        return self.pushlab("compare", a, b, *options, exit_code=exit_code)

    def figures(self, a, b, *options):
        document = json.loads(self.compare(a, b, "--json", *options).stdout())
        return document, {f["metric"]: f for f in document["rows"][0]["figures"]}

    def cases(self, path):
        """{metric: what its testcase holds, or None}, and the counts of the suite add up."""
        suites = ElementTree.parse(path).getroot()
        found = {}
        for suite in suites:
            cases = suite.findall("testcase")
            self.assertEqual(int(suite.get("tests")), len(cases))
            for kind, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
                self.assertEqual(int(suite.get(count)), len(suite.findall(f"testcase/{kind}")))
            found.update({case.get("name"): case[0] if len(case) else None for case in cases})
        return found

    def test_equal_runs_a_change_and_what_a_build_server_gets(self):
        a = self.measure("a", "--repeat", 3, "--seed", 1)
        for attempt in range(3):  # one comparison in twenty may call a difference
            b = self.measure("b", "--repeat", 3, "--seed", 2 + attempt)
            document, figures = self.figures(a, b)
            if document["different"] == 0:
                break
        self.assertEqual(document["different"], 0, document)
        self.assertIn(figures[LATENCY]["repeats_a"], (2, 3))  # a disturbed one is left out
        self.assertIn("No difference is shown in ", self.compare(a, b).stdout())
        for _ in range(5):  # a machine that stops for longer than that hides it, in either run
            slow = self.measure("slow", "--repeat", 3, "--set", f"{DELAY}=20")
            if self.figures(a, slow, "--vary", DELAY)[1][LATENCY]["verdict"] == "higher":
                break
            a = self.measure("a", "--repeat", 3, "--seed", 1)
        self.refuses_other_conditions(a, slow)
        self.finds(a, slow)
        self.fails_the_build(a, slow)
        self.tells_junit(a, slow)

    def refuses_other_conditions(self, a, slow):
        refused = self.compare(a, slow, exit_code=1)
        self.assertEqual(refused.stdout(), "")
        self.assertIn(f"scenarios differ: {DELAY} (A: 0, B: 20)\n", refused.stderr())
        self.assertIn(f"--vary {DELAY} ", refused.stderr())
        self.assertIn(f"varied: {DELAY} (A: 0, B: 20)\n", self.compare(a, slow, "--vary", DELAY).stdout())
        self.compare(a, slow, "--anyway")
        self.compare(a, slow, "--vary", "clients", exit_code=1)

    def finds(self, a, slow):
        document, figures = self.figures(a, slow, "--vary", DELAY)
        late = figures[LATENCY]
        self.assertEqual((late["verdict"], late["worse"], late["better"]), ("higher", True, "lower"))
        self.assertLess(late["p"], 0.05)
        self.assertLess(late["ratio95"]["low"], late["ratio"])
        self.assertAlmostEqual((late["b"] - late["a"]) / 1000, 20, delta=5)
        self.assertEqual(document["settings"], [{"key": DELAY, "row": None, "a": "0", "b": "20",
                                                 "varied": True}])
        back = self.figures(slow, a, "--vary", DELAY)[1][LATENCY]
        self.assertEqual((back["verdict"], back["worse"]), ("lower", False))
        self.assertAlmostEqual(back["ratio"], 1 / late["ratio"], delta=0.01 / late["ratio"])
        text = self.compare(a, slow, "--vary", DELAY).stdout()
        self.assertRegex(text, r"(?m)^sse\n  latency p50 +\S+ [µm]s +\S+ ms +\S+ \(\S+–\S+\)  higher$")
        for line in text.splitlines():
            self.assertLessEqual(len(line), 80)

    def fails_the_build(self, a, slow):
        def over(limits, exit_code, runs=(a, slow)):
            return self.compare(*runs, "--vary", DELAY, "--fail-over", limits, exit_code=exit_code).stderr()
        self.assertIn(f"sse: {LATENCY} is worse by more than 10.0 %", over(f"{LATENCY}=10%", 3))
        self.assertEqual(over(f"{LATENCY}=1000000%", 0), "")
        self.assertEqual(over(f"{LATENCY}=10%", 0, (slow, a)), "")
        self.assertIn("latency_us.p99 can't be judged, no value in A", over("latency_us.p99=10%", 1))
        self.assertIn("did you mean latency_us.p50?", over("latency_us.p5=10%", 2))
        once = self.measure("once")
        self.assertIn("one repeat in B", over(f"{LATENCY}=10%", 1, (a, once)))
        self.assertIn("--repeat 5", self.compare(once, once).stdout())
        self.assertRegex(self.compare(once, once).stdout(), r"latency p50 .* 1\.00  not known\n")

    def tells_junit(self, a, slow):
        path = self.temp_dir() / "junit.xml"
        self.compare(a, slow, "--vary", DELAY, "--junit", path)
        cases = self.cases(path)
        self.assertEqual(cases[LATENCY].tag, "failure")
        self.assertRegex(cases[LATENCY].get("message"), r"latency p50: .* in A, .* in B, higher; B / A ")
        self.assertIsNone(cases["delivered"])
        self.compare(a, slow, "--vary", DELAY, "--junit", path, "--fail-over", f"{LATENCY}=1000000%")
        self.assertIsNone(self.cases(path)[LATENCY])
        self.compare(a, slow, "--vary", DELAY, "--junit", path, "--fail-over", "latency_us.p99=5%",
                     exit_code=1)
        self.assertEqual(self.cases(path)["latency_us.p99"].tag, "error")
        odd = json.loads((a / "run.json").read_text())
        text = json.dumps(odd).replace('"sse"', json.dumps("<&\"'\u0007>"))
        (a / "run.json").write_text(text)
        self.compare(a, a, "--junit", path)
        self.assertEqual(ElementTree.parse(path).getroot()[0].get("name"), "<&\"'?>")
        nowhere = self.compare(a, a, "--junit", path.parent / "no" / "junit.xml", exit_code=1)
        self.assertRegex(nowhere.stderr(), "^pushlab: .*no/junit.xml.*: No such file")

    def test_wrong_usage(self):
        run = self.temp_dir()
        for options, says in ((("--fail-over", "latency_us.p99"), "has no '='"),
                              (("--vary", "delay"), "is not a scenario's key"),
                              (("--json", "--all"), "without --markdown and --all")):
            self.assertIn(says, self.compare(run, run, *options, exit_code=2).stderr())
        self.assertIn("No such file", self.compare(run / "a", run, exit_code=1).stderr())


if __name__ == "__main__":
    unittest.main()
