"""The five transports behind one face, so that what all of them promise is tested once.

A receiver opens at a cursor (None: from now on) and then has: cursor, missed (what it was told
it lost) and take(n), the next n updates in the order they came.
"""

from frames import WebSocket
from wire import EventStream, NdjsonStream, Wire


def target(path, since, more=""):
    query = "&".join(part for part in (f"since={since}" if since is not None else "", more) if part)
    return f"{path}?{query}" if query else path


class ShortPoll:
    name, path, more = "short-poll", "/poll", ""

    def __init__(self, sock, since=None):
        self.wire, self.missed, self.kept = Wire(sock), 0, []
        self.cursor = since
        self.poll()

    def poll(self):
        r = self.wire.get(target(self.path, self.cursor, self.more))
        assert r.status in (200, 204), r.status
        self.missed += int(r.field("Pushlab-Missed") or 0)
        self.cursor = int(r.field("Pushlab-Cursor"))
        updates = r.json() if r.status == 200 else []
        assert not updates or updates[-1]["seq"] == self.cursor
        self.kept += updates

    def take(self, n):
        while len(self.kept) < n:
            self.poll()
        taken, self.kept = self.kept[:n], self.kept[n:]
        return taken


class LongPoll(ShortPoll):
    name, path = "long-poll", "/longpoll"

    def __init__(self, sock, since=None):
        self.more = "timeout=0" if since is None else ""  # the first tells the cursor, at once
        super().__init__(sock, since)
        self.more = ""


class Endless:
    """What the transports have in common whose connection is the subscription."""

    def opened(self):
        self.missed = 0
        self.cursor = self.message()["hello"]

    def take(self, n):
        updates = []
        while len(updates) < n:
            message = self.message()
            if "missed" in message:
                self.missed += message["missed"]
                continue
            updates.append(message)
            self.cursor = message["seq"]
        return updates


class Stream(Endless):
    name, path = "stream", "/stream"

    def __init__(self, sock, since=None):
        self.stream = NdjsonStream(Wire(sock), target(self.path, since))
        assert self.stream.head.status == 200
        self.message = self.stream.message
        self.opened()


class Sse(Endless):
    name, path = "sse", "/events"

    def __init__(self, sock, since=None):
        self.stream = EventStream(Wire(sock), target(self.path, since))
        assert self.stream.head.status == 200
        self.message = self.stream.message
        self.opened()

    def take(self, n):
        updates = super().take(n)
        assert not updates or self.stream.last_id == str(updates[-1]["seq"])
        return updates


class Ws(Endless):
    name, path = "websocket", "/ws"

    def __init__(self, sock, since=None):
        self.socket = WebSocket(Wire(sock), target(self.path, since))
        self.message = self.socket.message
        self.opened()


RECEIVERS = (ShortPoll, LongPoll, Stream, Sse, Ws)
ENDLESS = (Stream, Sse, Ws)
