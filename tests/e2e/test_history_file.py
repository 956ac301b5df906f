"""A server with --history-file is killed at random moments and started again: does every reader, on
every transport, get each acknowledged update once and in order, and are the numbers still the same?

PUSHLAB_KILLS says how often (12); PUSHLAB_SEED which moments."""

import http.client
import json
import os
import random
import threading
import unittest

from harness import BIN, Listening, Program, TestCase, within, wait_until
from receivers import RECEIVERS

KILLS = int(os.environ.get("PUSHLAB_KILLS", "12"))
SEED = int(os.environ.get("PUSHLAB_SEED", "1"))


class Poster:
    """Posts numbered messages, each again until it is acknowledged."""

    def __init__(self):
        self.acknowledged, self.refused = [], 0

    def post(self, server):
        n = len(self.acknowledged) + 1
        body = json.dumps({"publish": {"from": "poster", "from_n": n}, "data": n}, separators=(",", ":"))
        connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
        try:
            connection.request("POST", "/publish", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = json.loads(answer.read())
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return False  # it may have come; the next attempt tells
        finally:
            connection.close()
        if answer.status == 503:
            self.refused += 1
            return False
        assert answer.status == 200, (answer.status, said)
        self.acknowledged.append(said["seq"])
        return True


class Killed(TestCase):
    def setUp(self):
        super().setUp()
        self.file = self.temp_dir() / "history"

    def live(self, *options, port=0, prefix=()):
        server = self.start(Listening([
            *prefix, BIN / "pushlab-server", "--listen", f"127.0.0.1:{port}", "--source", "none",
            "--history-file", self.file, "--history", "4096", *options]))
        server.may_say = ()
        return server

    def kill(self, server):
        server.process.kill()
        server.process.wait(10)

    def epoch(self, server):
        connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
        connection.request("GET", "/stats")
        return json.loads(connection.getresponse().read())["epoch"]

    def test_nobody_loses_or_doubles_an_update(self):
        chance, poster = random.Random(SEED), Poster()
        got = {receiver.name: [] for receiver in RECEIVERS}
        server = self.live("--history-sync", "never")
        port, epoch = server.port, self.epoch(server)
        for kill in range(KILLS):
            sync = chance.choice(["always", "second", "never"])
            killer = threading.Timer(chance.uniform(0, 0.05), self.kill, [server])
            killer.start()
            while poster.post(server):
                pass
            killer.join()
            server = self.live("--history-sync", sync, port=port)
            self.assertEqual(self.epoch(server), epoch, f"kill {kill}")
            while not poster.post(server):
                pass
            newest = poster.acknowledged[-1]
            for receiver in RECEIVERS:
                mine = got[receiver.name]
                cursor = mine[-1]["seq"] if mine else 0
                reader = receiver(self.connect(server), since=f"{cursor}-{epoch}")
                mine += reader.take(newest - cursor)
                self.assertEqual(reader.missed, 0)
        for name, updates in got.items():
            with self.subTest(name):
                self.assertEqual([u["seq"] for u in updates], list(range(1, newest + 1)))
                self.assertEqual([u["data"] for u in updates], list(range(1, newest + 1)))
        self.assertEqual(poster.acknowledged, list(range(1, newest + 1)))

    def test_our_clients_lose_nothing(self):
        """Their own accounts, over a kill in the window."""
        for transport in ("short-poll", "long-poll", "stream", "sse", "websocket"):
            with self.subTest(transport):
                self.file = self.temp_dir() / "history"
                options = ("--rate", "50", "--source", "generator", "--retry", "50")
                with open("/proc/uptime", encoding="ascii") as uptime:
                    start = int(float(uptime.read().split()[0]) * 1e9)
                options += ("--source-start", str(start))
                server = self.live(*options)
                client = self.start(Program([
                    BIN / "pushlab-client", "--transport", transport, "--url", server.url, "--clients", "5",
                    "--interval", "50", "--reconnect-max", "100", "--warmup", "0.1", "--duration", "1.5",
                    "--json"]))
                wait_until(lambda: self.requests(server, transport) >= 5, "all have asked")
                self.kill(server)
                server = self.live(*options, port=server.port)
                client.wait(30)
                report = json.loads(client.stdout())
                self.assertEqual((report["missed"], report["late"], report["duplicated"],
                                  report["server_restarts"], report["adds_up"]), (0, 0, 0, 0, True))
                self.assertGreater(report["delivered"], 100)
                self.kill(server)

    def requests(self, server, transport):
        connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
        connection.request("GET", "/stats")
        return json.loads(connection.getresponse().read())["transports"][transport]["requests"]

    def test_without_a_file_it_is_another_epoch(self):
        first = self.start(Listening([BIN / "pushlab-server", "--listen", "127.0.0.1:0"]))
        epoch = self.epoch(first)
        self.kill(first)
        again = self.start(Listening([BIN / "pushlab-server", "--listen", f"127.0.0.1:{first.port}"]))
        self.assertNotEqual(self.epoch(again), epoch)

    @unittest.skipIf(os.geteuid() != 0, "a small file system of its own needs root")
    def test_a_full_disk_refuses_and_loses_nothing(self):
        folder = self.temp_dir()
        holder = self.start(Program(["unshare", "-m", "sh", "-c",
                                     f"mount -t tmpfs -o size=64k none {folder} && echo ready && exec sleep 300"]))
        wait_until(holder.lines, "the file system")
        inside = ("nsenter", "-t", str(holder.process.pid), "-m")
        self.file, poster = folder / "history", Poster()
        server = self.live(prefix=inside)
        epoch = self.epoch(server)
        with within(20, "the disk is full"):
            while poster.post(server):
                pass
        self.assertEqual(poster.refused, 1)
        poster.post(server)
        self.assertEqual(poster.refused, 2)
        self.assertEqual(server.stderr().count("No space left on device"), 1)
        newest = poster.acknowledged[-1]
        reader = RECEIVERS[2](self.connect(server), since=0)
        self.assertEqual([u["data"] for u in reader.take(newest)], list(range(1, newest + 1)))
        self.kill(server)
        # The file is whole: a server with more room goes on where it was.
        copied = self.temp_dir() / "history"
        with open(copied, "wb") as out:
            out.write(self.run_in(inside, "cat", self.file))
        self.file = copied
        server = self.live()
        self.assertEqual(self.epoch(server), epoch)
        self.assertTrue(poster.post(server))
        self.assertEqual(poster.acknowledged[-1], newest + 1)

    def run_in(self, inside, *argv):
        done = self.start(Program([*inside, *argv]))
        self.assertEqual(done.wait(), 0)
        return done.stdout().encode()


if __name__ == "__main__":
    unittest.main()
