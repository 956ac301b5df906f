"""Do the application sources publish the right updates: sports, game, dashboard, notifications?"""

import signal
import time
import unittest

from harness import TestCase, wait_until
from wire import Wire, seq_of

METRIC_HZ = {
    "metric/temperature": 0.2, "metric/disk": 0.2, "metric/memory": 0.5, "metric/load": 0.5,
    "metric/cpu": 1, "metric/connections": 1, "metric/errors": 2, "metric/queue": 2,
    "metric/latency": 5, "metric/requests": 5, "metric/network": 10, "metric/price": 20,
}
CHANNELS = {
    "sports": ["match/events", "match/score"],
    "game": ["room-0", "room-1", "room-2"],
    "dashboard": list(METRIC_HZ),
    "notifications": ["inbox"],
}
SPEEDS = {"sports": "20000", "game": "1", "dashboard": "10", "notifications": "1"}


def count_in_channel(update):
    """n is left out where it equals seq."""
    return update.get("n", update["seq"])


class Applications(TestCase):
    def application(self, kind, *options):
        rooms = ("--rooms", "3") if kind == "game" else ()
        return self.server("--source", kind, "--history", "20000", *rooms, *options)

    def updates(self, server, n, query):
        """The first n updates of the channels in the query, as dicts."""
        server.wait_for_seq(n)
        wire, cursor, updates = Wire(self.connect(server)), 0, []

        def poll():
            nonlocal cursor, updates
            answer = wire.get(f"/poll?{query}&since={cursor}")
            cursor = seq_of(answer.field("Pushlab-Cursor"))
            updates += answer.json() if answer.status == 200 else []
            return len(updates) >= n
        wait_until(poll, f"{n} updates of {query}")
        return updates[:n]

    def all_updates(self, server, kind, n):
        return self.updates(server, n, "channel=" + ",".join(CHANNELS[kind]))

    def published(self, server):
        """Return each channel's count, and the server's time."""
        stats = server.stats()
        return {c["name"]: c["published"] for c in stats["channels"]}, stats["time_ns"]

    def assert_rates(self, server, rates_hz, for_s):
        """Compare the updates published in a window of for_s, from /stats at its start and end."""
        before, began_ns = self.published(server)

        def over():
            after, now_ns = self.published(server)
            return (after, now_ns) if now_ns - began_ns >= for_s * 1e9 else None
        after, now_ns = wait_until(over, "the window's end")
        window_s = (now_ns - began_ns) / 1e9
        for channel, rate_hz in rates_hz.items():
            with self.subTest(channel):
                n = after[channel] - before.get(channel, 0)
                # All due updates are published; a busy machine may move the ends of the window slightly.
                self.assertAlmostEqual(n, rate_hz * window_s, delta=2 + rate_hz * 0.25)


class Every(Applications):
    def test_each_publishes_to_its_channels_and_no_other(self):
        for kind, channels in CHANNELS.items():
            with self.subTest(kind):
                server = self.application(kind, "--source-speed", "60", "--rate", "100")
                server.wait_for(lambda s, want=channels: {c["name"] for c in s["channels"]
                                                          if c["published"]} == set(want),
                                "all of its channels")
                self.assertEqual(server.stats()["source"]["kind"], kind)

    def test_the_same_seed_gives_the_same_updates(self):
        def run(kind, seed):
            server = self.application(kind, "--source-speed", SPEEDS[kind], "--rate", "1000",
                                      "--pattern", "poisson", "--tick-rate", "500", "--seed",
                                      str(seed))
            return [{k: v for k, v in u.items() if k != "t"}
                    for u in self.all_updates(server, kind, 150)]

        for kind in CHANNELS:
            with self.subTest(kind):
                first = run(kind, 7)
                self.assertEqual(run(kind, 7), first)
                self.assertNotEqual(run(kind, 8), first)


class Sports(Applications):
    def test_the_latest_score_is_the_sum_of_the_events_before_it(self):
        server = self.application("sports", "--source-speed", "20000", "--seed", "3")
        wire, cursor, events, checked = Wire(self.connect(server)), 0, [], 0

        def check():
            nonlocal cursor, events, checked
            answer = wire.get(f"/poll?channel=match/events&latest=match/score&since={cursor}")
            cursor = seq_of(answer.field("Pushlab-Cursor"))
            for update in answer.json() if answer.status == 200 else []:
                if update["channel"] == "match/events":
                    events.append(update["data"])
                else:
                    self.assert_score(update, events)
                    checked += 1
            return checked >= 20 and events[-1]["match"] == "t20-2"
        wait_until(check, "the second match")
        self.assertEqual([e["id"] for e in events], list(range(1, len(events) + 1)))

    def assert_score(self, update, events):
        score = update["data"]
        balls = [e for e in events if e["type"] == "ball" and
                 (e["match"], e["innings"]) == (score["match"], score["innings"])]
        self.assertEqual(update["key"], "score")
        self.assertEqual(score["runs"], sum(b["runs"] + b["extras"] for b in balls))
        self.assertEqual(score["wickets"], sum(b["wicket"] for b in balls))

    def test_speed_divides_the_time_between_two_balls(self):
        def span_ms(speed):
            server = self.application("sports", "--source-speed", str(speed), "--seed", "5")
            updates = self.updates(server, 60, "channel=match/events,match/score")
            return (updates[-1]["t"] - updates[0]["t"]) / 1e6

        fast, slow = span_ms(4000), span_ms(1000)
        self.assertAlmostEqual(slow, 4 * fast, delta=120)
        self.assertGreater(slow, 400)  # 28 balls, half a minute each


class Game(Applications):
    def test_every_room_ticks_at_its_rate(self):
        server = self.application("game", "--tick-rate", "40", "--room-size", "2")
        self.assert_rates(server, {room: 40 for room in CHANNELS["game"]}, 1.5)

    def test_rooms_take_turns_and_their_state_is_one_key(self):
        server = self.application("game", "--tick-rate", "50", "--room-size", "5")
        updates = self.all_updates(server, "game", 60)
        for i, update in enumerate(updates):
            self.assertEqual((update["channel"], count_in_channel(update), update["key"]),
                             (f"room-{i % 3}", i // 3 + 1, "state"))
            self.assertEqual(update["data"]["tick"], count_in_channel(update))
            self.assertEqual([p["id"] for p in update["data"]["players"]], [0, 1, 2, 3, 4])
        [now] = Wire(self.connect(server)).get("/poll?latest=room-1").json()
        self.assertGreaterEqual(count_in_channel(now), 20)

    def test_late_updates_after_a_stall_do_not_come_all_at_once(self):
        server = self.application("game", "--tick-rate", "100", "--room-size", "2")
        server.wait_for_seq(30)
        before = server.stats()["source"]["seq"]
        stopped = time.monotonic()
        server.process.send_signal(signal.SIGSTOP)
        end = stopped + 2
        wait_until(lambda: time.monotonic() > end, "a stall of two seconds")
        server.process.send_signal(signal.SIGCONT)
        stats = server.wait_for(lambda s: s["source"]["stalled_ms"] > 0, "the end of the stall")
        self.assertGreater(stats["source"]["stalled_ms"], 1500)
        in_step_s = time.monotonic() - stopped - stats["source"]["stalled_ms"] / 1000
        self.assertLess(stats["source"]["seq"] - before, 300 * in_step_s + 60)  # 300 are due each second

    def test_more_rooms_than_channels_are_refused(self):
        for options in (("--rooms", "9", "--max-channels", "8"), ("--rooms", "0"),
                        ("--room-size", "0"), ("--tick-rate", "0"), ("--source-speed", "0")):
            with self.subTest(options):
                program = self.run_program("pushlab-server", "--listen", "127.0.0.1:0",
                                           "--source", "game", *options, deadline_s=10)
                self.assertEqual((program.process.returncode, program.stdout()), (2, ""))
                self.assertIn(options[0], program.stderr())


class Dashboard(Applications):
    def test_every_metric_keeps_its_own_rate(self):
        server = self.application("dashboard", "--source-speed", "10")
        server.wait_for(lambda s: len([c for c in s["channels"] if c["name"]]) == 12, "all metrics")
        self.assert_rates(server, {name: 10 * hz for name, hz in METRIC_HZ.items()}, 1.5)

    def test_the_latest_values_are_one_of_each(self):
        server = self.application("dashboard", "--source-speed", "50")
        updates = self.all_updates(server, "dashboard", 600)  # more than those of five seconds
        newest = {u["channel"]: count_in_channel(u) for u in updates}
        latest = Wire(self.connect(server)).get("/poll?latest=" + ",".join(METRIC_HZ)).json()
        self.assertEqual({u["channel"] for u in latest}, set(METRIC_HZ))
        self.assertEqual(len(latest), 12)
        for update in latest:
            self.assertEqual(update["key"], "value")
            self.assertGreaterEqual(count_in_channel(update), newest[update["channel"]])
            self.assertIsInstance(update["data"]["value"], (int, float))


class Notifications(Applications):
    def test_they_come_at_the_requested_rate(self):
        server = self.application("notifications", "--rate", "40")
        self.assert_rates(server, {"inbox": 40}, 1.5)

    def test_they_follow_the_requested_pattern(self):
        server = self.application("notifications", "--rate", "500", "--pattern", "poisson")
        stamps = [u["t"] / 1e6 for u in self.all_updates(server, "notifications", 400)]
        gaps = [b - a for a, b in zip(stamps, stamps[1:])]
        self.assertGreater(max(gaps), 5)  # with a fixed gap of 2 ms only on a busy machine


if __name__ == "__main__":
    unittest.main()
