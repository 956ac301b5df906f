"""`pushlab reproduce`: measures what a study claims, and says what holds."""

import json
import subprocess
import unittest

from harness import BIN, HERE, has_program
from test_runner import RunnerCase

ROOT = HERE.parent.parent
STUDY = {
    "title": "Does a stream ask?",
    "citation": {"authors": "A. Nobody", "title": "On asking", "venue": "Nowhere", "year": 2001},
    "repeat": 2,
    "scenarios": {"asking": {
        "clients": 3, "warmup_s": 0.2, "duration_s": 0.5, "drain_s": 2, "source": {"rate_hz": 40},
        "rows": [{"transport": "sse"}, {"transport": "short-poll", "interval_ms": 100}]}},
    "claims": [
        {"claim": "A stream asks nothing", "where": "§1", "published": "0 requests", "at_most": 0,
         "value": "[asking sse requests_per_update]"},
        {"claim": "Polls never ask", "published": "0 requests", "at_most": 0,
         "value": "[asking short-poll requests_per_client_s]"},
        {"claim": "Updates for each request of a stream", "published": "many", "at_least": 1,
         "value": "[asking sse delivered] / [asking sse requests_per_update]"},
        {"claim": "Bits in 871 bytes", "published": "6968", "at_least": 6968, "at_most": 6968,
         "value": "871 * 8", "unit": "bit"},
    ],
}


@unittest.skipUnless(has_program("pushlab") and has_program("pushlab-client"), "no pushlab")
class Reproduce(RunnerCase):
    def study(self, **changes):
        path = self.temp_dir() / "asking.json"
        path.write_text(json.dumps({**STUDY, **changes}))
        return path

    def reproduce(self, *options, exit_code=0, **env):
        program = self.run_to_its_end("reproduce", *options, "--out", self.out,
                                      exit_code=exit_code, **env)
        folders = list(self.out.glob("*-study-asking"))
        self.assertEqual(len(folders), 1, program.describe())
        return program, folders[0], json.loads((folders[0] / "outcome.json").read_text())

    def test_each_claim_gets_its_verdict(self):
        program, folder, outcome = self.reproduce(self.study(), "--anyway")
        found = {c["claim"]: (c["verdict"], c["kind"], c.get("why")) for c in outcome["claims"]}
        self.assertEqual(found, {
            "A stream asks nothing": ("holds", "measured", None),
            "Polls never ask": ("does not hold", "measured", None),
            "Updates for each request of a stream": ("can't be told", "measured",
                                                     "it has no value"),
            "Bits in 871 bytes": ("holds", "computed", None)})
        polls = outcome["claims"][1]
        self.assertEqual(polls["repeats"], 2)
        self.assertTrue(polls["ci95"]["low"] <= polls["value"] <= polls["ci95"]["high"], polls)
        self.assertAlmostEqual(polls["value"], 10, delta=2)  # a poll every 100 ms
        self.assertIn("2 claims hold here, 1 does not, 1 can't be told.", program.stdout())
        self.assertIn("holds          A stream asks nothing (§1)\n", program.stdout())

        runs = list((folder / "runs").glob("*-asking/run.json"))
        self.assertEqual(len(runs), 1)
        self.assertEqual(len(json.loads(runs[0].read_text())["repeats"]), 4)

        # The same again, from what was saved.
        saved = self.run_to_its_end("reproduce", "--from", folder / "outcome.json")
        self.assertEqual(saved.stdout(), program.stdout())
        table = self.run_to_its_end("reproduce", "--from", folder / "outcome.json",
                                    "--markdown").stdout()
        self.assertIn("| A stream asks nothing (§1) | 0 requests | at most 0 | 0 ±0 | **holds** |\n",
                      table)
        self.assertIn("**can't be told**: it has no value |\n", table)

    def test_a_run_that_fails_leaves_its_claims_open(self):
        _, _, outcome = self.reproduce(self.study(), "--repeat", "1", exit_code=1,
                                       PUSHLAB_SERVER="/bin/false")
        self.assertEqual(outcome["claims"][0]["verdict"], "can't be told")
        self.assertEqual(outcome["claims"][0]["why"], "asking, sse: its run failed")
        self.assertEqual(outcome["claims"][3]["verdict"], "holds")  # it is computed

    def test_what_is_wrong_is_told_before_anything_is_measured(self):
        bad = self.study(claims=[{**STUDY["claims"][0], "value": "[asking ws delivered]"}])
        cases = (((bad,), 2, f"{bad}: claims[0].value: [asking ws delivered]: no row 'ws'; "
                             "accepted: sse, short-poll"),
                 (("nonesuch",), 2, "no study 'nonesuch' (pushlab reproduce lists them)"),
                 ((bad, bad), 2, "reproduce: more than one study; accepted: one, or --from"),
                 (("--from", bad), 1, f"{bad}: not the outcome of a study; accepted: outcome.json "
                                      "of one"))
        for words, code, said in cases:
            with self.subTest(words=words):
                program = self.run_to_its_end("reproduce", *words, "--out", self.out,
                                              exit_code=code)
                self.assertIn(said, self.one_line(program))
        self.assertFalse(self.out.exists())

    def test_the_list_is_that_of_the_pages(self):
        """Each study has a page with its outcome, and each page a study."""
        listed = subprocess.run([BIN / "pushlab", "reproduce"], cwd=ROOT, capture_output=True,
                                text=True, check=True, timeout=60).stdout
        names = [line.split()[0] for line in listed.splitlines()]
        pages = sorted(p.stem for p in (ROOT / "docs" / "studies").glob("*.md"))
        self.assertEqual(sorted(["README", *names]), pages)
        for name in names:
            page = (ROOT / "docs" / "studies" / f"{name}.md").read_text()
            self.assertIn(f"<!-- table: pushlab reproduce --from results/studies/{name}.json "
                          "--markdown -->", page)
            study = json.loads((ROOT / "bench" / "studies" / f"{name}.json").read_text())
            outcome = json.loads((ROOT / "results" / "studies" / f"{name}.json").read_text())
            kept = ("claim", "published", "value", "at_least", "at_most")
            self.assertEqual(
                [[c.get("formula" if k == "value" else k) for k in kept]
                 for c in outcome["claims"]],
                [[c.get(k) for k in kept] for c in study["claims"]],
                f"{name}: the outcome is that of other claims: make studies")


if __name__ == "__main__":
    unittest.main()
