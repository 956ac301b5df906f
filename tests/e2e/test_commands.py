"""What is typed: words that nobody knows come with a guess and a list, addresses and times may be
short, and scenarios are listed."""

import json
import re
import subprocess
import unittest

from harness import BIN, HERE, SANITIZERS, TestCase, has_program

ROOT = HERE.parent.parent
PROGRAMS = ("pushlab", "pushlab-server", "pushlab-client", "pushlab-link")


@unittest.skipUnless(all(map(has_program, PROGRAMS)), "programs are missing")
class Commands(TestCase):
    def call(self, *argv, code=0):
        done = subprocess.run([BIN / argv[0], *map(str, argv[1:])], cwd=ROOT, capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, code, (argv, done.stderr))
        return done

    def test_a_typing_error_gets_a_guess_and_what_there_is(self):
        broken = self.temp_dir() / "broken.json"
        broken.write_text('{\n  "rows": [{"transport": "sse"}]\n  "clients": 5\n}\n')
        wrong_key = self.temp_dir() / "key.json"
        wrong_key.write_text('{"clinets": 5, "rows": [{"transport": "sse"}]}')
        cases = {
            ("run", "standrad"): "no scenario 'standrad'; did you mean standard? (pushlab scenarios lists them)",
            ("run", "frobnicate"): "no scenario 'frobnicate' (pushlab scenarios lists them)",
            ("rnu",): "'rnu' is not a command; did you mean run? accepted: run, sweep, ",
            ("watch", "webscoket"): "is not a transport; did you mean websocket? accepted: short-poll, ",
            ("explain", "websokcet"): "is not a topic; did you mean websocket? accepted: ",
            ("reproduce", "rfc-6203"): "no study 'rfc-6203'; did you mean rfc-6202? (pushlab reproduce lists them)",
            ("run", "smoke", "--rows", "webscoket"): "did you mean websocket? accepted: ",
            ("run", "smoke", "--link", "4gg"): "no link profile '4gg'; did you mean 4g? (accepted: 3g, 4g, ",
            ("run", "smoke", "--set", "sorce.rate_hz=5"): "did you mean source.rate_hz? accepted: ",
            ("sweep", "smoke", "--vary", "link.rtt=5"): "is not a number, choice or flag of a scenario",
            ("sweep", "smoke", "--vary", "cleints=5"): "did you mean clients? accepted: ",
            ("run", "smoke", "--durration", "1"): "did you mean --duration? (--help lists them)",
            ("run", "smoke", "--duration", "soon"): 'accepted: 0.1 to 86400, or a time such as "2s"',
            ("run", broken): f'{broken}:3:3: not valid JSON: expected \',\' or \'}}\' before \'"clients": 5\'',
            ("run", wrong_key): "unknown key 'clinets'; did you mean clients? accepted: name, title, ",
        }
        for words, said in cases.items():
            with self.subTest(words=words):
                self.assertIn(said, self.call("pushlab", *words, code=2).stderr)
        self.assertIn("did you mean poisson? accepted: fixed, poisson, bursts",
                      self.call("pushlab-server", "--pattern", "posson", code=2).stderr)
        self.assertIn("did you mean rtt? accepted: rtt, ",
                      self.call("pushlab-link", "show", "rt=5ms", code=2).stderr)

    def test_scenarios_are_listed_with_a_title_and_about_how_long_they_take(self):
        listed = self.call("pushlab", "scenarios").stdout
        by_name = {s["name"]: s for s in json.loads(self.call("pushlab", "scenarios", "--json").stdout)}
        for name, scenario in by_name.items():
            self.assertGreater(scenario["seconds"], scenario["rows"] * scenario["repeat"] * 0.5)
            line = re.search(rf"^{re.escape(name)} +(\d+) (s|min)  (.+)$", listed, re.M)
            self.assertIsNotNone(line, name)
            minutes = int(line[1]) / (60 if line[2] == "s" else 1)
            self.assertAlmostEqual(minutes, scenario["seconds"] / 60, delta=1)
            self.assertTrue(scenario["title"].startswith(line[3]), name)
        self.assertLess({"standard", "smoke", "balancers/kinds"}, set(by_name))
        self.assertLessEqual(max(map(len, listed.splitlines())), 80)
        missing = self.call("pushlab", "run", code=2)
        self.assertEqual(missing.stdout, "")
        self.assertIn("no scenario given", missing.stderr)
        self.assertTrue(missing.stderr.endswith(listed))

    def test_a_run_is_named_by_its_folder_or_its_run_json(self):
        run = ROOT / "results" / "reference"
        for words in (("table",), ("table", "--markdown"), ("report", "--markdown", "--images", "here")):
            self.assertEqual(self.call("pushlab", *words, run).stdout,
                             self.call("pushlab", *words, run / "run.json").stdout)
        self.assertNotEqual(self.call("pushlab", "compare", run, run / "run.json", "--anyway").stdout, "")
        for word in (run, run / "run.json"):
            picture = self.temp_dir() / "sse.svg"
            self.call("pushlab", "ladder", word, "--row", "sse", "--out", picture)
            self.assertTrue(picture.exists())
        self.assertIn("accepted: with --row ID", self.call("pushlab", "ladder", run, code=2).stderr)

    def test_help_fits_80_columns(self):
        table = self.call("pushlab", "--help=table").stdout.splitlines()
        commands = [row.split("\t")[2] for row in table if row.split("\t")[1] == "command"]
        for argv in [(p,) for p in PROGRAMS] + [("pushlab", c) for c in commands if c != "serve"]:
            text = self.call(*argv, "--help").stdout
            wide = [line for line in text.splitlines() if len(line) > 80
                    and not re.match("  (pushlab|curl|some-producer)", line)]  # those are to be copied
            self.assertEqual(wide, [], argv)

    def test_the_server_listens_where_it_is_told_in_short(self):
        for options in ((":0",), ("0",), ("127.0.0.1:8080", "--port", "0"), ("127.0.0.1", "--port", "0")):
            with self.subTest(listen=options):
                server = self.server(*options[1:], listen=options[0])
                self.assertEqual(server.host, "127.0.0.1")
                self.assertGreater(server.port, 0)
        self.assertIn("'127.0.0.1:x': bad port", self.call("pushlab-server", "--listen", ":x", code=2).stderr)
        self.assertIn("accepted: 0 to 65535", self.call("pushlab-server", "--port", "65536", code=2).stderr)

    def test_a_time_is_read_alike_everywhere(self):
        for argv in (("pushlab-server", "--heartbeat"), ("pushlab-client", "--warmup"),
                     ("pushlab-client", "--interval"), ("pushlab-link", "--wait"), ("pushlab", "explain", "--wait")):
            for time in ("1s", "500ms", "2", "1m", "200000us"):
                with self.subTest(argv=argv, time=time):  # --help is what keeps it from starting
                    self.call(*argv, time, "--help")
            self.assertIn("is not a time", self.call(*argv, "1 fortnight", "--help", code=2).stderr)
            self.assertIn("A time (MS, S) may be given in another unit", self.call(*argv[:-1], "--help").stdout)

    def test_version_names_the_commit_and_the_libraries_of_each_program(self):
        libraries = {"pushlab": {"libevent", "OpenSSL", "cJSON", "llhttp", "zlib", "GSL"},
                     "pushlab-server": {"libevent", "OpenSSL", "cJSON", "llhttp", "hiredis"},
                     "pushlab-client": {"libevent", "OpenSSL", "cJSON", "llhttp", "zlib"},
                     "pushlab-link": {"cJSON"}}
        commits = set()
        for program in PROGRAMS:
            first, *rest = self.call(program, "--version").stdout.splitlines()
            commits.add(re.fullmatch(rf"{program} \d+\.\d+\.\d+ \((.+)\)", first)[1])
            self.assertEqual({line.split()[0] for line in rest}, libraries[program])
            for line in rest:
                self.assertRegex(line, r"^\S+ \d+\.\d+\S*( \(built with \S+\))?$")
        self.assertEqual(len(commits), 1)


if __name__ == "__main__":
    unittest.main()
