"""One interface to the five transports, so that their common promises are tested once.

A receiver opens at a cursor (None: from now on) and subscribes to channels ("channel=a&latest=b";
"": the default one). It has cursor, missed (how many updates the server says it missed) and
take(n): the next n updates in order of arrival, each with its bytes in .raw.
"""

import json

from frames import WebSocket
from wire import EventStream, NdjsonStream, Wire, seq_of


def target(path, since, more=""):
    query = "&".join(part for part in (f"since={since}" if since is not None else "", more) if part)
    return f"{path}?{query}" if query else path


class Update(dict):
    def __init__(self, raw):
        super().__init__(json.loads(raw))
        self.raw = raw


def elements(body):
    """The bytes of each object of a JSON array without white space."""
    text, at, found = body.decode(), 1, []
    assert text[0] == "[" and text[-1] == "]"
    while at < len(text):
        _, end = json.JSONDecoder().raw_decode(text, at)
        found.append(Update(text[at:end].encode()))
        assert text[end] in ",]"
        at = end + 1
    return found


class ShortPoll:
    name, path, hold = "short-poll", "/poll", ""

    def __init__(self, sock, since=None, wants=""):
        self.wire, self.wants, self.missed, self.kept = Wire(sock), wants, 0, []
        self.cursor = since
        self.poll()

    def poll(self):
        more = "&".join(part for part in (self.wants, self.hold) if part)
        r = self.wire.get(target(self.path, self.cursor, more))
        assert r.status in (200, 204), r.status
        self.missed += int(r.field("Pushlab-Missed") or 0)
        self.cursor = seq_of(r.field("Pushlab-Cursor"))
        updates = elements(r.body) if r.status == 200 else []
        assert not updates or updates[-1]["seq"] <= self.cursor
        assert not updates or updates[-1]["seq"] == self.cursor or self.wants
        self.kept += updates

    def take(self, n):
        while len(self.kept) < n:
            self.poll()
        taken, self.kept = self.kept[:n], self.kept[n:]
        return taken


class LongPoll(ShortPoll):
    name, path = "long-poll", "/longpoll"

    def __init__(self, sock, since=None, wants=""):
        self.hold = "timeout=0"  # the first returns the cursor at once
        super().__init__(sock, since, wants)
        self.hold = ""


class Endless:
    """The common part of the transports whose connection is the subscription."""

    def opened(self):
        self.missed = 0
        self.cursor = Update(self.message())["hello"]

    def take(self, n):
        updates = []
        while len(updates) < n:
            message = Update(self.message())
            if "missed" in message:
                self.missed += message["missed"]
                continue
            updates.append(message)
            self.cursor = max(self.cursor, message["seq"])
        return updates


class Stream(Endless):
    name, path = "stream", "/stream"

    def __init__(self, sock, since=None, wants=""):
        self.stream = NdjsonStream(Wire(sock), target(self.path, since, wants))
        assert self.stream.head.status == 200
        self.message = self.stream.said
        self.opened()


class Sse(Endless):
    name, path = "sse", "/events"

    def __init__(self, sock, since=None, wants=""):
        self.stream = EventStream(Wire(sock), target(self.path, since, wants))
        assert self.stream.head.status == 200
        self.message = self.stream.said
        self.opened()

    def take(self, n):
        updates = super().take(n)
        assert not updates or seq_of(self.stream.last_id) == self.cursor
        return updates


class Ws(Endless):
    name, path = "websocket", "/ws"

    def __init__(self, sock, since=None, wants=""):
        self.socket = WebSocket(Wire(sock), target(self.path, since, wants))
        self.message = self.socket.said
        self.opened()


RECEIVERS = (ShortPoll, LongPoll, Stream, Sse, Ws)
ENDLESS = (Stream, Sse, Ws)
