"""Do the use cases work, small and short? All independent counts agree, no message reaches another room,
and a text that many clients edit is the same for all in the end, although the link loses packets."""

import os
import subprocess
import unittest

from harness import BIN, HERE, SANITIZERS
from test_runner import RunnerCase
from test_wire import LINKS, WHY_NOT

ROOT = HERE.parent.parent
SCENARIOS = ROOT / "bench" / "scenarios"
NO_FAULT = {"lost": 0, "doubled": 0, "reordered": 0}
TRANSPORTS = ["short-poll", "long-poll", "stream", "sse", "websocket"]


class UseCase(RunnerCase):
    """Over the scenario's link where the machine allows it, else over loopback."""

    def setUp(self):
        super().setUp()
        self.env = {**self.env, "PUSHLAB_LINKS": str(LINKS)}

    def use_case(self, name, *options, link):
        where = ("--link", "loopback" if WHY_NOT else link)
        self.run_scenario(*options, *where, "--no-charts", path=SCENARIOS / f"{name}.json")
        run = self.latest()
        self.assertTrue(run["complete"], run["problems"])
        for row in run["rows"]:
            with self.subTest(row["id"]):
                self.assert_adds_up(row)
                self.assert_counts_agree(row, own_kernel=not WHY_NOT)
        return run["rows"]

    def assert_adds_up(self, row):
        parts = row["delivered"] + row["superseded"] + row["missed"] + row["late"]
        self.assertEqual(parts, row["expected"])
        self.assertGreater(row["delivered"], 0)
        self.assertEqual((row["missed"], row["late"], row["problems"]), (0, 0, []))
        self.assertEqual((row["duplicated"], row["out_of_order"]), (0, 0))

    def assert_counts_agree(self, row, own_kernel):
        """Counts of all connections, those that receive updates and those that send messages."""
        seen = row["handshakes"]
        self.assertEqual(seen["client"], seen["server"])
        posts = row["upstream"] is not None and row["transport"] != "websocket"
        if posts:
            self.assertGreaterEqual(seen["upstream"], row["upstream"]["senders"])
        else:
            self.assertEqual(seen.get("upstream", 0), 0)
        if own_kernel:
            self.assertEqual(seen["kernel"], seen["client"] + seen["given_up"])
            self.assertLessEqual(seen["client"], seen["wire"])
            self.assertLessEqual(seen["wire"], seen["kernel"])

    def assert_heard_by(self, row, others):
        """Each message reached its sender and this many others, once and in order."""
        up = row["upstream"]
        self.assertGreater(up["messages"], 0)
        self.assertEqual(up["order"], NO_FAULT)
        self.assertEqual(up["echo_us"]["count"], up["messages"])
        self.assertEqual(up["latency_us"]["count"], up["messages"] * others)


class Sports(UseCase):
    def test_a_match_reaches_all_clients(self):
        rows = self.use_case("sports", "--clients", "20", "--duration", "1.5", "--set",
                             "source.speed=400", link="4g")
        self.assertEqual(len(rows), 6)
        for row in rows:
            self.assertIsNone(row["upstream"])
            self.assertIsNone(row["deadline"])
            self.assertEqual(row["expected"] % 20, 0, "all clients must get the same")


class Game(UseCase):
    def test_no_message_reaches_another_room(self):
        rows = self.use_case("game", "--clients", "16", "--duration", "1", "--set", "room_size=4",
                             link="cable")
        self.assertEqual([row["id"] for row in rows], TRANSPORTS)
        for row in rows:
            with self.subTest(row["id"]):
                self.assert_heard_by(row, others=3)
                # However many ticks and messages this machine publishes: each is for the four of its room.
                self.assertEqual(row["expected"], 4 * row["published"])
                ticks = row["expected"] - 4 * row["upstream"]["messages"]
                self.assertAlmostEqual(row["deadline"]["expected"], ticks, delta=16)
                self.assertLessEqual(row["deadline"]["share"], 1)

    def test_a_table_and_charts_show_the_messages(self):
        self.run_scenario("--clients", "8", "--duration", "0.5", "--link", "loopback", "--rows",
                          "sse,websocket", path=SCENARIOS / "game.json")
        table = self.run_to_its_end("table", self.out / "latest").stdout()
        for words in ("on time", "everyone", "/message", "20 inputs/s up from each"):
            self.assertIn(words, table)
        self.run_to_its_end("chart", self.out / "latest")
        for name in ("upstream-latency.svg", "on-time.svg"):
            self.assertTrue((self.out / "latest" / "charts" / name).exists(), name)
        report = self.run_to_its_end("report", self.out / "latest", "--markdown").stdout()
        self.assertIn("An update is on time within **33 ms**", report)


class Collaboration(UseCase):
    def test_documents_converge_under_loss(self):
        rows = self.use_case("collab", "--clients", "6", "--duration", "2", "--seed", "3",
                             link="rtt=20ms,loss=5%")
        for row in rows:
            with self.subTest(row["id"]):
                documents = row["documents"]
                self.assertTrue(documents["identical"])
                self.assertEqual((documents["documents"], documents["editors"]), (6, 6))
                self.assertGreater(documents["bytes"], 10)
                self.assertEqual(row["upstream"]["order"], NO_FAULT)
                self.assertGreater(row["convergence_us"]["count"], 0)
        if not WHY_NOT:
            lost = sum(row["wire"]["tcp"][way]["lost"] for row in rows for way in ("up", "down"))
            self.assertGreater(lost, 0, "the link must lose packets")


class Dashboard(UseCase):
    def test_polls_get_the_newest_and_streams_get_all(self):
        rows = self.use_case("dashboard", "--clients", "12", "--duration", "2", link="cable")
        for row in rows:
            with self.subTest(row["id"]):
                self.assertEqual(row["raw"]["subscription"]["pick"], 5)
                if row["id"] == "short-poll":
                    self.assertGreater(row["superseded"], 0)


class Idle(UseCase):
    def test_waiting_costs_heartbeats_and_empty_polls(self):
        rows = self.use_case("idle", "--clients", "10", "--duration", "2.2", "--set",
                             "source.rate_hz=1,server.heartbeat_ms=100", "--rows",
                             "long-poll,stream,sse,websocket", link="4g")
        framing = {row["id"]: row["bytes_per_update"]["framing"] for row in rows}
        for row in rows:
            self.assertEqual(row["expected"], 10 * row["published"])
        self.assertGreater(framing["stream"], 10, "more than 8 bytes around each: heartbeats")


class Command(UseCase):
    def test_set_checks_keys_as_in_the_file(self):
        for setting, says in (("source.rate_hz=0", "--set source.rate_hz: '0' is out of range"),
                              ("nothing=1", "unknown key 'nothing'"),
                              ("room_size=3,source.rooms=1", "too few for 32 clients")):
            with self.subTest(setting):
                path = SCENARIOS / "game.json"
                program = self.run_scenario("--set", setting, path=path, exit_code=2)
                self.assertIn(says, self.one_line(program))

    def test_one_report_for_all(self):
        done = subprocess.run(
            [ROOT / "bench" / "usecases.sh", BIN / "pushlab", self.out, "--clients", "8",
             "--duration", "0.5", "--link", "loopback", "--rows", "sse,websocket", "--no-charts"],
            env={**os.environ, **self.env, **SANITIZERS, "USECASES": "game dashboard"}, cwd=ROOT,
            capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        (report,) = self.out.glob("*-usecases.html")
        text = report.read_text()
        for words in ("Rooms of eight players", "Five gauges of twelve"):
            self.assertIn(words, text)
        self.assert_no_process_left()


if __name__ == "__main__":
    unittest.main()
