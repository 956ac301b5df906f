"""Are the JSON Schemas that pushlab prints right? An independent validator (python3-jsonschema) must accept
every scenario and run that pushlab wrote or reads, and refuse what pushlab refuses."""

import copy
import json
import unittest

from harness import HERE, OWN_NETWORK
from test_runner import TWO_ROWS, RunnerCase

try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None

ROOT = HERE.parent.parent


@unittest.skipUnless(Draft202012Validator, "no python3-jsonschema")
class SchemaCase(RunnerCase):
    def validator(self, kind):
        schema = json.loads(self.run_to_its_end("schema", kind).stdout())
        Draft202012Validator.check_schema(schema)
        return Draft202012Validator(schema)

    def assert_valid(self, validator, document, name):
        errors = [f"{'.'.join(map(str, e.absolute_path))}: {e.message[:200]}"
                  for e in validator.iter_errors(document)]
        self.assertEqual(errors, [], name)


class Scenarios(SchemaCase):
    def test_every_scenario_that_comes_along_is_valid(self):
        validator = self.validator("scenario")
        paths = sorted((ROOT / "bench" / "scenarios").glob("**/*.json"))
        self.assertGreater(len(paths), 10)
        for path in paths:
            self.assert_valid(validator, json.loads(path.read_text()), path)

    def accepts(self, scenario):
        """Does pushlab? It reads the scenario, and measures nothing."""
        path = self.temp_dir() / "scenario.json"
        path.write_text(json.dumps(scenario))
        program = self.pushlab("predict", path)
        program.wait()
        self.assertNotIn("Sanitizer", program.stderr())
        return program.process.returncode == 0

    def check(self, right, changes):
        """Schema and pushlab must agree on each change of TWO_ROWS."""
        validator = self.validator("scenario")
        for name, change in changes.items():
            with self.subTest(name):
                scenario = copy.deepcopy(TWO_ROWS)
                change(scenario)
                self.assertEqual(validator.is_valid(scenario), right, "the schema")
                self.assertEqual(self.accepts(scenario), right, "pushlab")

    def test_what_is_right_is_accepted_by_both(self):
        self.check(True, {
            "nothing": lambda s: None,
            "$schema": lambda s: s.update({"$schema": "./scenario.schema.json"}),
            "the smallest": lambda s: (s.clear(), s.update(rows=[{"transport": "sse"}])),
            "a profile": lambda s: s.update(link="4g"),
            "a link's values": lambda s: s.update(link="rtt=50ms,up.loss=1%,rate=10mbit"),
            "a profile with other values": lambda s: s.update(link=["4g,loss=0%", "loopback"]),
            "a list of channels": lambda s: s.update(channel=["all", "room-{room}"], room_size=2),
            "bounds": lambda s: s.update(clients=1000000, duration_s=0.1, seed=9007199254740991),
            "a whole number with a point": lambda s: s.update(clients=3.0),
            "times with units": lambda s: s.update(duration_s="500ms", warmup_s="0.01min"),
            "a game's rate": lambda s: s.update(source={"kind": "game", "tick_hz": 30}, room_size=3),
        })

    def test_what_is_wrong_is_refused_by_both(self):
        self.check(False, {
            "no rows": lambda s: s.pop("rows"),
            "a time of another kind": lambda s: s.update(duration_s="5 parsecs"),
            "a count with a unit": lambda s: s.update(clients="5s"),
            "an empty list of rows": lambda s: s.update(rows=[]),
            "an unknown key": lambda s: s.update(clinets=5),
            "an unknown key of a section": lambda s: s["source"].update(rate=5),
            "an unknown key of a row": lambda s: s["rows"][0].update(colour="red"),
            "$schema in a row": lambda s: s["rows"][0].update({"$schema": "x"}),
            "$schema that is no text": lambda s: s.update({"$schema": 5}),
            "a row without transport": lambda s: s["rows"].append({}),
            "an unknown transport": lambda s: s["rows"].append({"transport": "pigeon"}),
            "text for a number": lambda s: s.update(clients="5"),
            "a number for text": lambda s: s.update(title=5),
            "a number for a flag": lambda s: s.update(tls=1),
            "a list for a section": lambda s: s.update(server=[]),
            "half a client": lambda s: s.update(clients=2.5),
            "a seed beyond 2^53": lambda s: s.update(seed=9007199254740992),
            "too few": lambda s: s.update(clients=0),
            "too many": lambda s: s["rows"][1].update(interval_ms=3600001),
            "a version between": lambda s: s.update(ip=7),
            "a name that is no name": lambda s: s.update(name="a/b"),
            "a name that is too long": lambda s: s.update(name="a" * 48),
            "an empty title": lambda s: s.update(title=""),
            "a title of two lines": lambda s: s.update(title="a\nb"),
            "an unknown word of a link": lambda s: s.update(link="rtt=5ms,lose=1%"),
            "no link": lambda s: s.update(link=[]),
            "17 links": lambda s: s.update(link=["loopback"] * 17),
            "a channel that is none": lambda s: s.update(channel="a b"),
            "a key of another source": lambda s: s["source"].update(tick_hz=30),
            "a key of the generator": lambda s: s.update(source={"kind": "game", "rate_hz": 30}),
            "a key of another source, which goes without saying":
                lambda s: s.update(source={"tick_hz": 30}),
            "a rate, and nobody sends": lambda s: s.update(send={"rate_hz": 5}),
        })


class Runs(SchemaCase):
    def test_every_run_that_is_kept_is_valid(self):
        validator = self.validator("run")
        paths = sorted((ROOT / "results").glob("**/run.json"))
        self.assertGreater(len(paths), 1)
        for path in paths:
            self.assert_valid(validator, json.loads(path.read_text()), path)

    def test_new_runs_are_valid(self):
        validator = self.validator("run")
        sending = {"source": {"kind": "none"}, "channel": "doc",
                   "send": {"workload": "edits", "channel": "doc", "rate_hz": 20}}
        for options, changes in (([], {}), (["--repeat", "3", "--link", "rtt=4ms"], {}),
                                 (["--rows", "sse"], sending),
                                 (["--rows", "sse"], {"tls": True, "deadline_ms": 50})):
            with self.subTest(options=options, **changes):
                self.run_scenario(*options, path=self.scenario(**changes))
                self.assert_valid(validator, self.latest(), options)

    @unittest.skipUnless(OWN_NETWORK, "needs emulated hosts")
    def test_what_is_no_run_is_refused(self):
        validator = self.validator("run")
        self.run_scenario("--rows", "sse")
        for name, change, by_pushlab in (
                ("a newer schema", lambda run: run.update(schema=2), True),
                ("rows that are none", lambda run: run.update(rows=5), True),
                ("no rows", lambda run: run.pop("rows"), True),
                # Commands that read runs take a figure that is no number for none.
                ("a figure that is text", lambda run: run["rows"][0]["latency_us"].update(p50="1 ms"), False),
                ("a share above 1", lambda run: run["rows"][0].update(empty_response_ratio=1.5), False),
                ("half a delivery", lambda run: run["rows"][0].update(delivered=1.5), False),
                ("an unknown transport", lambda run: run["rows"][0].update(transport="pigeon"), False),
                ("a scenario that is none", lambda run: run["scenario"].update(clients="many"), False)):
            with self.subTest(name):
                run = self.latest()
                self.assertTrue(validator.is_valid(run))
                change(run)
                self.assertFalse(validator.is_valid(run))
                folder = self.temp_dir()
                (folder / "run.json").write_text(json.dumps(run))
                if by_pushlab:
                    self.one_line(self.run_to_its_end("table", folder, exit_code=1))


class Command(RunnerCase):
    def test_other_kinds_are_refused(self):
        for words in (("schema",), ("schema", "sweep"), ("schema", "run", "scenario")):
            self.assertIn("scenario, run", self.one_line(self.run_to_its_end(*words, exit_code=2)))


if __name__ == "__main__":
    unittest.main()
