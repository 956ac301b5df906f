"""The live page in a real browser: does it show exactly what the server did? With Debian's Chromium,
driven through peers/browser.mjs. PUSHLAB_SCREENSHOTS=DIR keeps the pictures."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest

from harness import BIN, HERE, OTHER_ADDRESS, OWN_NETWORK, Listening, Server, TestCase, wait_until

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
TRANSPORTS = ("short-poll", "long-poll", "stream", "sse", "websocket")
LANES = "pushlab.lanes"
CAN_SEND = f"globalThis.pushlab && {LANES}.every((l) => l.asked > 0 && l.canSend)"
ALL_LIVE = f"globalThis.pushlab && {LANES}.every((l) => l.state === 'live')"
# Record what every lane receives, independently of the page's counts.
RECORD = f"for (const l of {LANES}) l.recorder = {{ seen: [], update(u) {{ this.seen.push([u.seq, u.data]); }} }}"


class Browser:
    def __init__(self):
        self.err = tempfile.TemporaryFile()
        self.process = subprocess.Popen(["node", HERE / "peers" / "browser.mjs"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.err)
        self.version = self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            said = os.pread(self.err.fileno(), 1 << 16, 0).decode("utf-8", "replace")
            raise AssertionError(f"the browser has ended: {said}")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["value"]

    def call(self, op, **args):
        self.process.stdin.write(json.dumps({"op": op, **args}) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def __getattr__(self, op):
        return lambda **args: self.call(op, **args)

    def js(self, text):
        return self.call("eval", js=text)

    def quit(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()
        self.err.close()


@unittest.skipUnless(shutil.which(CHROMIUM), f"there is no {CHROMIUM}")
class PageCase(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()

    def open(self, server, width=900, height=500, ready=ALL_LIVE, **how):
        self.browser.open(url=server.url + "/", width=width, height=height, **how)
        self.addCleanup(self.close_page)
        self.browser.wait(js=ready)

    def close_page(self):
        self.browser.call("close")

    def lanes(self, expression):
        """Evaluate an expression of l for every lane; return the values by transport."""
        return self.browser.js(f"Object.fromEntries({LANES}.map((l) => [l.transport.name, {expression}]))")


class Page(PageCase):
    def test_the_page_loads_without_errors_and_only_from_this_server(self):
        server = self.server("--demo", "--rate", "20")
        self.open(server)
        self.browser.wait(js=f"{LANES}.every((l) => l.received > 20)")
        log = self.browser.log()
        self.assertEqual([m for m in log["console"] if not m.startswith(("debug", "info"))], [])
        self.assertEqual(log["failures"], [])
        origins = {url.split("//")[1].split("/")[0] for url in log["requests"]}
        self.assertEqual(origins, {f"{server.host}:{server.port}"})
        inline = "document.querySelectorAll('script:not([src]), style, [style], [onclick]').length"
        self.assertEqual(self.browser.js(inline), 0)
        self.assertLess(self.browser.js("pushlab.clock.errorMs"), 5)

    def test_every_lane_receives_every_update_in_order(self):
        server = self.server("--demo", "--source", "none")
        self.open(server, ready=f"globalThis.pushlab && {LANES}.every((l) => l.asked > 0)")
        server.wait_for_subscribers(4)  # all except the short poll
        server.wait_for(lambda s: s["transports"]["short-poll"]["responses"], "the short poll has its position")
        self.browser.js(RECORD)
        self.browser.js("pushlab.knobs.settings.pollMs = 100")
        for i in range(120):
            server.publish({"n": i, "text": "é\n\"€"})
        self.browser.wait(js=f"{LANES}.every((l) => l.cursor === 120)")
        want = [[i + 1, {"n": i, "text": "é\n\"€"}] for i in range(120)]
        for name, seen in self.lanes("l.recorder.seen").items():
            self.assertEqual(seen, want, name)
        for name, wrong in self.lanes("[l.missed, l.gaps, l.duplicates]").items():
            self.assertEqual(wrong, [0, 0, 0], name)

    def test_its_counts_agree_with_the_server(self):
        server = self.server("--demo", "--rate", "50")
        self.open(server)
        self.browser.wait(js=f"{LANES}.every((l) => l.received > 60)")
        self.browser.press(key="s")
        server.wait_for_subscribers(0)
        accounts = self.browser.js("pushlab.accounts()")
        stats = server.stats()["transports"]
        for name in TRANSPORTS:
            mine, its = accounts[name], stats[name]
            self.assertEqual(mine["requests"], its["requests"], name)
            self.assertEqual(mine["updates_sent"], its["updates_sent"], name)
            self.assertEqual(mine["bytes_in"], sum(its["bytes_in"].values()), name)
            self.assertEqual(mine["bytes_out"], sum(its["bytes_out"].values()), name)
            self.assertEqual(mine["payload_bytes_out"], its["bytes_out"]["payload"], name)
            self.assertGreaterEqual(mine["connections"], max(its["accepted"], 1), name)
        asked = self.lanes("l.asked")
        for name in TRANSPORTS:
            self.assertEqual(asked[name], accounts[name]["requests"], name)
        # And the page shows these counts.
        self.browser.wait(js=f"""({json.dumps(accounts)})['long-poll'].requests.toLocaleString('en') ===
            document.querySelector('[data-transport=long-poll] .requests dd').textContent""")

    def test_percentiles_are_those_of_the_present_settings(self):
        server = self.server("--demo", "--rate", "50")
        self.open(server)
        self.browser.wait(js=f"{LANES}.every((l) => l.histogram.total > 50)")
        self.browser.js("pushlab.knobs.rtt.step(5)")  # 200 ms, of which an update waits half
        self.browser.wait(js="pushlab.knobs.server.rtt_ms === 200")
        self.browser.wait(js=f"{LANES}.every((l) => l.histogram.total > 20)")
        for name, least in self.lanes("l.histogram.minMs").items():
            self.assertGreater(least, 95, name)

    def test_a_page_that_is_late_itself_says_so(self):
        self.open(self.server("--demo", "--rate", "10"))
        self.browser.js("globalThis.busy = setInterval(() => {"
                        " for (const end = performance.now() + 60; performance.now() < end;); }, 70), 0")
        shown = "!document.getElementById('late').hidden"
        self.browser.wait(js=shown)
        self.assertIn("bottleneck", self.browser.js("document.getElementById('late').textContent"))
        # While it is late it draws ten times a second, not at every frame.
        draws, elapsed = self.browser.js("""new Promise((done) => {
            const context = document.querySelector('.scope canvas').getContext('2d'), real = context.clearRect;
            const from = performance.now();
            let n = 0;
            context.clearRect = (...args) => { n++; real.apply(context, args); };
            setTimeout(() => done([n, performance.now() - from]), 1500); })""")
        self.assertLessEqual(draws, elapsed / 100 + 2)
        self.browser.js("clearInterval(busy)")
        self.browser.wait(js=f"!({shown})", seconds=60)

    def test_a_busy_page_delays_no_transport_more_than_another(self):
        self.open(self.server("--demo", "--rate", "100"))
        self.browser.js("globalThis.busy = setInterval(() => {"
                        " for (const end = performance.now() + 60; performance.now() < end;); }, 70), 0")
        self.browser.wait(js="!document.getElementById('late').hidden")
        self.browser.js(f"for (const l of {LANES}) l.clear()")
        pushed = f"{LANES}.filter((l) => l.transport.open)"
        self.browser.wait(js=f"{pushed}.every((l) => l.histogram.total > 400)", seconds=60)
        medians = self.browser.js(f"(clearInterval(busy), {pushed}.map((l) => l.histogram.percentile(50)))")
        self.assertLess(max(medians), 1.6 * min(medians) + 5, medians)

    def test_the_bytes_on_the_wire_are_right(self):
        server = self.server("--demo", "--payload-bytes", "40")
        self.open(server)
        self.browser.wait(js=f"{LANES}.every((l) => l.received > 2)")
        page = self.browser.js("pushlab.page")
        exchange = self.browser.js(f"fetch('/pages?page={page}&exchange=websocket').then((r) => r.json())")["exchange"]
        request, answer, newest = (bytes.fromhex(exchange[k]["hex"]) for k in ("request", "answer", "newest"))
        self.assertTrue(request.startswith(f"GET /ws?page={page} HTTP/1.1\r\n".encode()), request)
        self.assertIn(b"\r\nSec-WebSocket-Key: ", request)
        self.assertTrue(answer.startswith(b"HTTP/1.1 101 Switching Protocols\r\n"), answer)
        self.assertEqual(newest[:2], struct.pack("BB", 0x81, len(newest) - 2))
        self.browser.press(key="w")
        self.browser.wait(js="document.querySelector('#wire-panel pre')?.textContent.startsWith('GET ')")

    def test_the_bytes_of_every_lane_are_those_of_its_sentence(self):
        server = self.server("--demo", "--rate", "20")
        self.open(server)
        self.browser.wait(js=f"{LANES}.every((l) => l.received > 2)")
        self.browser.press(key="w")
        said = "document.getElementById('strip-text').textContent"
        bytes_of = "[...document.querySelectorAll('#wire-panel pre')].map((p) => p.textContent)"
        for i, name in enumerate(TRANSPORTS):
            with self.subTest(name):
                self.browser.js(f"document.querySelectorAll('.choices button')[{i}].click()")
                self.browser.wait(js=f"document.getElementById('strip').dataset.transport === '{name}' && {bytes_of}.length > 0")
                sentence, parts = self.browser.js(said), self.browser.js(bytes_of)
                if name.endswith("poll"):
                    since = int(re.search(r"newer than #(\d+)", sentence)[1])
                    self.assertRegex(parts[0], rf"since={since}-\w{{6}}&")
                    self.assertRegex(parts[1], r"^HTTP/1\.1 20[04] ")
                    self.assertEqual("204" in sentence, parts[1].startswith("HTTP/1.1 204"))
                else:
                    seq = int(re.search(r"update #(\d+)", sentence)[1])
                    self.assertIn(f'{{"seq":{seq},', parts[0])
                    self.assertTrue(parts[1].startswith("GET /"), parts[1])

    def test_its_clock_is_right_within_the_error_it_states(self):
        server = self.server("--demo")
        self.open(server)
        before = time.monotonic()
        page_ms, error_ms = self.browser.js("[pushlab.clock.now(), pushlab.clock.errorMs]")
        after = time.monotonic()
        self.assertGreaterEqual(page_ms + error_ms, before * 1000)
        self.assertLessEqual(page_ms - error_ms, after * 1000)


    def test_it_works_over_tls_and_wss(self):
        server = self.server("--demo", "--tls", "--rate", "20")
        server.url = server.url.replace("http:", "https:")
        self.open(server)
        self.browser.wait(js=f"{LANES}.every((l) => l.received > 20)")
        urls = self.browser.log()["requests"]
        self.assertEqual({url.split(":")[0] for url in urls}, {"https", "wss"})


class Knobs(PageCase):
    def test_half_of_an_artificial_round_trip_is_added_each_way(self):
        server = self.server("--demo", "--rate", "20", "--pattern", "fixed")
        self.open(server)
        self.browser.js("pushlab.knobs.rtt.step(5)")
        self.browser.wait(js="pushlab.knobs.server.rtt_ms === 200")
        self.browser.js(f"for (const l of {LANES}) l.clear()")
        self.browser.wait(js=f"{LANES}.every((l) => l.received > 15)")
        least = self.lanes("l.histogram.minMs")
        for name in ("stream", "sse", "websocket"):
            self.assertGreater(least[name], 99 - self.browser.js("pushlab.clock.errorMs"))
            self.assertLess(least[name], 160)
        waits = self.lanes("(l.requests.back((r) => (r.answered === null ? true : (l.took = r.answered - r.sent, false))), l.took)")
        self.assertGreater(waits["short-poll"], 195)
        self.assertLess(self.browser.js("pushlab.clock.errorMs"), 20)  # /time is not delayed
        self.assertEqual(self.lanes("l.gaps + l.missed + l.duplicates"), dict.fromkeys(TRANSPORTS, 0))

    def test_a_new_connection_for_every_poll_is_counted(self):
        server = self.server("--demo", "--rate", "20")
        self.open(server)
        self.browser.js("document.getElementById('close').click(), pushlab.knobs.poll.step(-4)")
        self.browser.wait(js="""pushlab.accounts().then((a) => a['long-poll'].connections > 20 &&
            a['short-poll'].connections > 10 && a.stream.connections === 1)""")

    def test_keys_change_settings_and_stop_lanes(self):
        server = self.server("--demo", "--rate", "10")
        self.open(server)
        self.browser.press(key="]")
        server_rate = "pushlab.knobs.server.rate_hz"
        self.browser.wait(js=f"{server_rate} === 20")
        self.browser.press(key="3")
        self.assertEqual(self.lanes("l.running"), {**dict.fromkeys(TRANSPORTS, True), "stream": False})
        self.browser.press(key="?")
        self.assertTrue(self.browser.js("document.getElementById('help-dialog').open"))
        self.browser.press(key="3")  # not while a dialog is open
        self.assertFalse(self.lanes("l.running")["stream"])
        self.browser.press(key="Escape")

    def test_presenter_mode_shows_the_settings_and_ends_with_escape(self):
        self.open(self.server("--demo", "--rate", "10"))
        presents = "document.documentElement.hasAttribute('data-present')"
        shown = "(document.getElementById('settings-now').checkVisibility() && document.getElementById('settings-now').textContent)"
        self.browser.press(key="p")
        self.assertTrue(self.browser.js(presents))
        self.assertIn("10 updates/s, fixed · 128 B", self.browser.js(shown))
        self.browser.press(key=".")
        self.browser.wait(js=f"{shown}.includes('round trip + 10 ms')")
        for open_first in ("?", "w"):  # what is open is closed first
            self.browser.press(key=open_first)
            self.browser.press(key="Escape")
            self.assertTrue(self.browser.js(presents), open_first)
        self.browser.press(key="Escape")
        self.assertFalse(self.browser.js(presents))
        self.assertTrue(self.browser.js("document.getElementById('rate').checkVisibility()"))

    def test_without_demo_mode_it_says_so_and_still_works(self):
        server = self.server("--rate", "20")
        self.open(server)
        self.browser.wait(js=f"{LANES}.every((l) => l.received > 10)")
        self.assertIn("--demo", self.browser.js("document.getElementById('knob-note').textContent"))
        self.assertTrue(self.browser.js("document.getElementById('rate').disabled"))


class Sending(PageCase):
    def test_every_lane_sends_and_shows_what_that_costs(self):
        server = self.server("--demo", "--source", "none")
        self.open(server, ready=CAN_SEND)
        self.browser.js("pushlab.knobs.settings.pollMs = 100")
        self.browser.press(key="e")
        self.browser.wait(js=f"{LANES}.every((l) => l.received === 5 && l.echoMs >= 0)")
        self.browser.press(key="e")
        self.browser.wait(js=f"{LANES}.every((l) => l.received === 10 && l.messages.newest.received > 0)")
        self.assertEqual(self.lanes("l.gaps + l.duplicates + l.missed"), dict.fromkeys(TRANSPORTS, 0))
        accounts = self.browser.js("pushlab.accounts()")
        message = '{"publish":{"from":"%s-%s","from_n":1},"data":{"message":"hello 1 by %s"}}'
        page = self.browser.js("pushlab.page")
        for name in TRANSPORTS:
            sent = accounts[name]
            requests = 0 if name == "websocket" else 2
            self.assertEqual(sent["sent_requests"], requests, name)
            content = 2 * len(message % (page, name, self.lanes("l.transport.label")[name]))
            if name == "websocket":  # a header of 2 bytes and a key of 4
                self.assertEqual(sent["sent_bytes_in"], content + 2 * 6)
            else:
                self.assertGreater(sent["sent_bytes_in"], content + 200, name)
            self.browser.wait(js=f"""document.querySelector('[data-transport={name}] .sending').textContent
                .startsWith('sent 2: {requests} requests, ')""")
        self.assertEqual(server.stats()["transports"]["publish"]["requests"], 8)
        self.assertEqual(server.stats()["transports"]["websocket"]["requests"], 1)

    def test_the_bytes_of_a_message_are_shown(self):
        self.open(self.server("--demo", "--source", "none"), ready=CAN_SEND)
        sentence = "document.getElementById('strip-text').textContent"
        shown = "document.getElementById('wire-panel').textContent"
        for name, words, found in (("sse", "a POST of its own", "POST /publish?lane=sse"), ("websocket", "no request", "MASK")):
            self.browser.click(selector=f"[data-transport={name}] .send")
            self.browser.wait(js=f"{sentence}.includes('{words}')")
            self.browser.press(key="w")
            self.browser.wait(js=f"{shown}.includes('{found}') && {shown}.includes('\"from_n\":1')")
            self.assertIn(words, self.browser.js(sentence))
            self.browser.press(key="w")

    def test_a_message_waits_for_half_of_the_round_trip_each_way_on_every_lane(self):
        self.open(self.server("--demo", "--source", "none"), ready=CAN_SEND)
        self.browser.js("pushlab.knobs.settings.pollMs = 100, pushlab.knobs.rtt.step(5)")
        self.browser.wait(js="pushlab.knobs.server.rtt_ms === 200")
        self.browser.press(key="e")
        self.browser.wait(js=f"{LANES}.every((l) => l.echoMs >= 0)")
        for name, echo in self.lanes("l.echoMs").items():
            self.assertGreater(echo, 199 - self.browser.js("pushlab.clock.errorMs"), name)

    def test_one_is_not_called_several(self):
        self.open(self.server("--demo", "--rate", "10"))
        self.browser.wait(js=f"{LANES}.every((l) => l.received > 20)")
        self.browser.press(key="e")
        self.browser.wait(js=f"{LANES}.every((l) => l.echoMs >= 0)")
        self.browser.wait(js="/sent 1: 1 request, /.test(document.body.textContent)")
        pairs = self.browser.js("""[...document.querySelectorAll('.cost .requests, .cost .connections')]
            .map((d) => [d.querySelector('dd').textContent, d.querySelector('dt').textContent])""")
        for number, word in pairs:
            self.assertEqual(word.endswith("s"), number != "1", (number, word))
        self.assertNotRegex(self.browser.js("document.body.innerText"), r"(?<![\d.,])1 (request|message|handshake|connection|update)s")


class Waiting(PageCase):
    def test_what_has_no_connection_is_shown_as_waiting_in_the_browser(self):
        server = self.server("--demo", "--rate", "20")
        self.open(server)
        self.browser.js("pushlab.knobs.poll.step(-9)")
        self.browser.wait(js=f"{LANES}.every((l) => l.received > 20)")
        said = "document.getElementById('waits').textContent"
        self.assertEqual(self.browser.js("pushlab.knobs.held.value"), 0)
        self.browser.js("pushlab.knobs.held.step(6)")
        waiting = f"{LANES}.filter((l) => l.pending?.waits).map((l) => l.transport.name)"
        self.browser.wait(js=f"String({waiting}) === 'short-poll,long-poll'", seconds=60)
        self.browser.wait(js=f"{said}.includes('not seen by the server: Short poll for') && {said}.includes('six')")
        # The server agrees: it has not seen the newest request of either, and all others go on.
        stats = server.stats()["transports"]
        made = self.lanes("l.made")
        for name in TRANSPORTS:
            self.assertEqual(stats[name]["requests"] < made[name], name.endswith("poll"), name)
        before = self.lanes("l.received")
        self.browser.wait(js=f"{LANES}.filter((l) => l.transport.open).every((l) => l.received > {before['sse']} + 10)")
        self.assertEqual(self.lanes("l.received")["short-poll"], before["short-poll"])
        self.browser.js("pushlab.knobs.held.step(-6)")
        self.browser.wait(js=f"{waiting}.length === 0 && {LANES}.every((l) => l.cursor > {before['sse']} + 10)")
        # How long they waited is known now, from the browser's own timings.
        self.browser.wait(js=f"{LANES}.slice(0, 2).every((l) => l.longestWaitMs > 900)")
        self.browser.wait(js=f"{said} === ''")
        self.assertEqual(self.lanes("l.gaps + l.duplicates"), dict.fromkeys(TRANSPORTS, 0))

    def test_nothing_is_said_to_wait_when_a_lane_was_stopped_meanwhile(self):
        self.open(self.server("--demo", "--rate", "20"))
        self.browser.js("pushlab.knobs.held.step(6)")
        waits = f"{LANES}[0].pending?.waits"
        self.browser.wait(js=waits, seconds=60)
        self.browser.press(key="1")  # its request was never sent
        self.browser.js("pushlab.knobs.held.step(-6)")
        self.browser.wait(js=f"pushlab.accounts().then(() => {LANES}[0].unsent === 1)")
        self.browser.press(key="1")
        self.browser.js("pushlab.knobs.poll.step(-9)")
        self.browser.wait(js=f"pushlab.accounts().then((a) => a['short-poll'].requests + 1 === {LANES}[0].made || {LANES}[0].made > 20)")
        self.assertFalse(self.browser.js(f"{waits} === true"))


class Recovery(PageCase):
    def test_every_lane_reconnects_by_itself_and_shows_what_it_missed(self):
        options = ("--demo", "--rate", "40", "--history", "20", "--retry", "300")
        server = self.start(Server(*options))
        self.open(server)
        self.browser.js("pushlab.knobs.settings.pollMs = 100")
        self.browser.wait(js=f"{LANES}.every((l) => l.received > 40)")
        server.process.kill()
        self.browser.wait(js=f"{LANES}.every((l) => l.state === 'gone')")
        self.browser.wait(js="document.querySelector('.lane .state').textContent.includes('gone')")
        self.browser.js(f"for (const l of {LANES}) l.clear()")
        self.browser.js(RECORD)
        again = self.server(*options, listen=f"127.0.0.1:{server.port}")
        self.browser.wait(js=ALL_LIVE)
        self.browser.wait(js=f"{LANES}.every((l) => l.recorder.seen.length > 40 && l.note !== '')")
        missed, seen = self.lanes("l.missed"), self.lanes("l.recorder.seen.map((s) => s[0])")
        for name, note in self.lanes("l.note").items():
            first, last = seen[name][0], seen[name][-1]
            self.assertEqual(seen[name], list(range(first, last + 1)), name)
            self.assertEqual(missed[name], first - 1, name)
            self.assertIn("server restarted", note)
            self.assertEqual(note.split(", ")[-1], f"missed {missed[name] or 'nothing'}")
        self.assertEqual(self.lanes("l.gaps + l.duplicates"), dict.fromkeys(TRANSPORTS, 0))
        self.assertEqual(again.stats()["transports"]["websocket"]["accepted"], 1)


class Load(PageCase):
    def test_ten_minutes_of_updates_in_twenty_seconds_stay_bounded(self):
        """18,000 updates on every lane: ten minutes at 30 a second."""
        server = self.server("--demo", "--rate", "1000", "--payload-bytes", "64", "--history", "16384")
        self.open(server)
        self.browser.js("pushlab.knobs.settings.pollMs = 100")
        self.browser.wait(js=f"{LANES}.every((l) => l.received > 3000)")
        self.browser.js("""globalThis.frames_ms = [], (function next(before) {
            requestAnimationFrame((now) => { frames_ms.push(now - before); next(now); }); })(performance.now())""")
        early = self.browser.heap()
        self.browser.wait(js=f"{LANES}.every((l) => l.received > 18000)", seconds=60)
        late = self.browser.heap()
        frames = sorted(self.browser.js("frames_ms"))
        self.assertLess(late - early, 6 << 20, f"{early} -> {late}")
        self.assertLess(frames[len(frames) // 2], 60, "half of the frames")
        self.assertLess(frames[len(frames) * 95 // 100], 250, "nearly all of them")
        self.assertEqual(self.lanes("l.gaps + l.missed + l.duplicates"), dict.fromkeys(TRANSPORTS, 0))


class Comparison(PageCase):
    def test_a_measured_comparison_is_a_run_that_pushlab_reads(self):
        server = self.server("--demo", "--rate", "40")
        self.open(server)
        run = self.browser.js("(pushlab.knobs.settings.pollMs = 200, pushlab.comparison.start(1, () => {}))")
        self.assertEqual([r["id"] for r in run["rows"]], list(TRANSPORTS))
        for row in run["rows"]:
            self.assertEqual(row["problems"], [], row["id"])
            self.assertEqual(row["delivered"], row["published"], row["id"])
            self.assertAlmostEqual(row["published"], 40, delta=8)
            self.assertEqual(len(row["samples"]["latency_us"]), row["delivered"])
        by_id = {r["id"]: r for r in run["rows"]}
        # One, or less where a busy machine lets several updates wait for the next request.
        self.assertGreater(by_id["long-poll"]["requests_per_update"], 0)
        self.assertLess(by_id["long-poll"]["requests_per_update"], 1.15)
        self.assertEqual(by_id["websocket"]["requests_per_update"], 0)
        self.assertGreater(by_id["short-poll"]["latency_us"]["p50"], by_id["sse"]["latency_us"]["p50"])
        folder = self.temp_dir()
        (folder / "run.json").write_text(json.dumps(run))
        charts = {"PUSHLAB_CHARTS": str(HERE.parent.parent / "bench" / "chart")}
        drawn = self.run_program("pushlab", "chart", folder, env=charts)
        self.assertEqual(drawn.process.returncode, 0, drawn.describe())
        self.assertTrue((folder / "charts" / "overview.png").exists())
        compared = self.run_program("pushlab", "compare", folder, folder / "run.json")
        self.assertEqual(compared.process.returncode, 0, compared.describe())
        self.assertRegex(compared.stdout(), r"(?m)^sse\n  delivered +\d+ +\d+ +1\.00  not known$")


class Looks(PageCase):
    SHOTS = (("desktop-light", 1440, 900, "light"), ("desktop-dark", 1440, 900, "dark"),
             ("phone-light", 390, 844, "light"), ("phone-dark", 390, 844, "dark"))

    def test_it_is_accessible_in_light_and_dark_on_desktop_and_phone(self):
        server = self.server("--demo")
        kept = os.environ.get("PUSHLAB_SCREENSHOTS")
        folder = pathlib.Path(kept) if kept else self.temp_dir()
        for name, width, height, scheme in self.SHOTS:
            with self.subTest(name):
                self.open(server, width=width, height=height, scheme=scheme)
                self.browser.js("document.getElementById('knobs').open ||= innerWidth < 760")
                self.assert_accessible("the page")
                self.browser.js("document.getElementById('knobs').open = innerWidth >= 760")
                self.browser.wait(js=f"{LANES}.every((l) => l.received > {50 if kept else 5})")
                if kept:  # for docs/live-page.md
                    self.browser.wait(js="document.getElementById('late').hidden", seconds=100)
                    self.browser.press(key="e")
                    self.browser.wait(seconds=100, js="document.getElementById('late').hidden && " + f"{LANES}"
                                      ".every((l) => l.messages.newest?.received > 0 && pushlab.clock.now() - l.messages.newest.sent > 1500)")
                self.browser.shot(path=str(folder / f"{name}.png"))
                fits = "document.documentElement.scrollWidth <= innerWidth"
                self.assertTrue(self.browser.js(fits), "no scrolling sideways")
                self.browser.press(key="?")
                self.assert_accessible("the help")

    # What of the progress's box overlaps the boxes of other visible elements, its own and its parents' aside.
    OVERLAPS = """(() => {
        const pill = document.getElementById('progress'), a = pill.getBoundingClientRect();
        return [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && !e.contains(pill) && !pill.contains(e))
            .filter((e) => { const b = e.getBoundingClientRect();
                return b.width > 0 && getComputedStyle(e).clipPath === 'none' && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom; })
            .map((e) => e.outerHTML.slice(0, 60)); })()"""

    def test_the_progress_of_a_measurement_covers_nothing(self):
        server = self.server("--demo")
        for width, height, scheme in ((390, 844, "light"), (768, 1024, "dark"), (1280, 800, "light"), (1920, 1080, "dark")):
            with self.subTest(width=width):
                self.open(server, width=width, height=height, scheme=scheme)
                self.browser.js("(pushlab.measuring = document.getElementById('measure-start').click(), 0)")
                self.browser.wait(js="document.getElementById('progress-text').textContent !== ''")
                for mode in ("usual", "presenter"):
                    self.browser.js("document.getElementById('late').hidden = false")
                    self.assertEqual(self.browser.js(self.OVERLAPS), [], mode)
                    self.assertTrue(self.browser.js("document.documentElement.scrollWidth <= innerWidth"), mode)
                    self.browser.press(key="p")
                self.browser.click(selector="#measure-stop")
                self.browser.wait(js="document.getElementById('progress').hidden")

    def test_on_a_phone_every_number_has_its_name(self):
        self.open(self.server("--demo"), width=390, height=844)
        for part in (".legend", ".age .label", ".cost .received dt", ".cost .share dt", ".rail.up", ".sending", "#settings-now"):
            self.assertTrue(self.browser.js(f"document.querySelector('{part}').checkVisibility()"), part)

    def assert_accessible(self, what):
        serious = [v for v in self.browser.axe() if v["impact"] in ("serious", "critical")]
        self.assertEqual(serious, [], what)

    def test_with_reduced_motion_pictures_are_still(self):
        server = self.server("--demo")
        self.open(server, motion="reduce")
        draws = self.browser.js("""new Promise((done) => {
            const context = document.querySelector('.scope canvas').getContext('2d'), real = context.clearRect;
            let n = 0;
            context.clearRect = (...args) => { n++; real.apply(context, args); };
            setTimeout(() => done(n), 1600); })""")
        self.assertIn(draws, range(2, 6))


class Refusals(TestCase):
    """Control is refused to other pages and machines; no browser needed."""

    def control(self, server, body='{"rtt_ms":0}', host=None, method="POST", target="/control", **fields):
        connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
        self.addCleanup(connection.close)
        headers = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in fields.items()}}
        connection.putrequest(method, target, skip_host=host is not None)
        for name, value in {**headers, **({"Host": host} if host else {}), "Content-Length": len(body)}.items():
            connection.putheader(name, value)
        connection.endheaders(body.encode())
        response = connection.getresponse()
        return response.status, response.read().decode()

    def test_control_is_only_for_our_own_page(self):
        server = self.server("--demo")
        self.assertEqual(self.control(server)[0], 200)
        self.assertEqual(self.control(server, Origin=server.url)[0], 200)
        self.assertEqual(self.control(server, Origin="http://evil.example")[0], 403)
        self.assertEqual(self.control(server, Origin="null")[0], 403)
        self.assertEqual(self.control(server, Content_Type="text/plain")[0], 415)
        self.assertEqual(self.control(server, Content_Type="application/x-www-form-urlencoded")[0], 415)
        # A foreign name that resolves to 127.0.0.1: Origin and Host agree, but it is not our page.
        rebound = f"evil.example:{server.port}"
        self.assertEqual(self.control(server, host=rebound, Origin=f"http://{rebound}")[0], 403)

    def test_control_says_what_is_wrong_with_a_request(self):
        server = self.server("--demo")
        for body, word in (("{}", "nothing to do"), ("[1]", "object"), ("{", "object"), ('{"rate_hz":"x"}', "rate_hz"),
                           ('{"rate_hz":0}', "0.1 to 1000"), ('{"rate_hz":1e9}', "rate_hz"), ('{"payload_bytes":-1}', "payload_bytes"),
                           ('{"pattern":"waltz"}', "poisson"), ('{"rtt_ms":1e400}', "rtt_ms"),
                           ('{"rate_hz":1000,"payload_bytes":65536,"rtt_ms":2000}', "too many bytes")):
            status, text = self.control(server, body)
            self.assertEqual(status, 400, body)
            self.assertIn(word, text)
            json.loads(text)
        status, text = self.control(self.server("--demo", "--source", "none"), '{"rate_hz":5}')
        self.assertEqual(status, 409)

    def test_pushlab_serve_prints_the_address_of_the_page(self):
        serve = self.start(Listening([BIN / "pushlab", "serve", "--listen", "127.0.0.1:0"]))
        wait_until(lambda: len(serve.lines()) == 2, "the address of the page")
        self.assertEqual(serve.lines()[1], f"open {serve.url}/")
        self.assertEqual(self.control(serve)[0], 200)
        serve.signal(signal.SIGTERM)
        self.assertEqual(serve.wait(), 0)

    def test_there_is_no_control_without_demo_mode(self):
        server = self.server()
        self.assertEqual(self.control(server)[0], 404)
        self.assertEqual(self.control(server, method="GET", body="", target="/pages?page=x")[0], 404)

    @unittest.skipUnless(OWN_NETWORK, "needs an address that is not loopback")
    def test_control_from_another_machine_needs_the_token(self):
        server = self.server("--demo", "--publish-token", "sesame", listen=OTHER_ADDRESS + ":0")
        self.assertEqual(self.control(server)[0], 401)
        self.assertEqual(self.control(server, Authorization="Bearer wrong")[0], 401)
        self.assertEqual(self.control(server, Authorization="Bearer sesame")[0], 200)

    def test_the_number_of_pages_is_bounded_and_unused_ones_are_freed(self):
        server = self.server("--demo")
        ask = lambda target: self.control(server, method="GET", body="", target=target)
        for i in range(100):
            connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
            connection.request("GET", f"/poll?since=0&page=p{i}")
            connection.getresponse().read()
            connection.close()
        server.wait_for(lambda s: s["connections"]["open"] <= 1, "all are gone")
        requests = lambda page: json.loads(ask("/pages?page=" + page)[1])["transports"]["short-poll"]["requests"]
        self.assertEqual([requests(f"p{i}") for i in range(99, 79, -1)], [1] * 20)
        self.assertEqual(requests("p0"), 0)  # freed, and created again by the request
        self.assertEqual(ask("/pages?page=" + "x" * 33)[0], 400)
        for no_id in ("%00", "%3Cb%3E", "x" * 33):  # not counted
            self.assertIn(ask("/poll?since=0&page=" + no_id)[0], (200, 204))

    def test_the_page_has_an_etag_and_a_content_security_policy(self):
        server = self.server()
        connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
        self.addCleanup(connection.close)

        def get(target, method="GET", **headers):
            connection.request(method, target, headers={k.replace("_", "-"): v for k, v in headers.items()})
            response = connection.getresponse()
            return response, response.read()

        types = {"/": "text/html", "/web/style.css": "text/css", "/web/main.js": "text/javascript",
                 "/web/favicon.svg": "image/svg+xml"}
        for target, media_type in types.items():
            response, body = get(target)
            self.assertEqual(response.status, 200)
            self.assertTrue(response.getheader("Content-Type").startswith(media_type))
            self.assertEqual(response.getheader("Cache-Control"), "no-cache")
            self.assertEqual(response.getheader("X-Content-Type-Options"), "nosniff")
            self.assertEqual(response.getheader("Referrer-Policy"), "no-referrer")
            policy = response.getheader("Content-Security-Policy")
            self.assertIn("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'", policy)
            self.assertNotIn("unsafe", policy)
            tag = response.getheader("ETag")
            same, nothing = get(target, If_None_Match=f'"other", {tag}')
            self.assertEqual((same.status, nothing, same.getheader("ETag")), (304, b"", tag))
            head, nothing = get(target, "HEAD")
            self.assertEqual((head.status, nothing), (200, b""))
            self.assertEqual(head.getheader("Content-Length"), str(len(body)))
        self.assertEqual(get("/web/../servers/main.c")[0].status, 404)
        self.assertEqual(get("/web/embed.sh")[0].status, 404)
