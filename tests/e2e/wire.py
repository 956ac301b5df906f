"""An HTTP client on a plain socket, independent of every library: it can split requests, leave
out bytes or send wrong ones, and assumes nothing about responses."""

import json
import socket


def seq_of(cursor):
    """The number of a cursor, which is that and the epoch: 17-k3x9qa."""
    seq, epoch = cursor.split("-")
    assert len(epoch) == 6, cursor
    return int(seq)


def hello_of(message):
    """The number of a stream's hello, of a server that it does not call restarted."""
    assert set(message) == {"hello", "epoch"}, message
    return message["hello"]


class Response:
    def __init__(self, version, status, fields, body=b""):
        self.version, self.status, self.fields, self.body = version, status, fields, body

    def field(self, name):
        """The value of the only field line of this name, or None."""
        values = [v for n, v in self.fields if n.lower() == name.lower()]
        assert len(values) <= 1, (name, values)
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)


class Wire:
    """One connection. Reads raise TimeoutError at the socket's deadline, EOFError at its end."""

    def __init__(self, sock):
        self.sock = sock
        self.pending = b""

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def request(self, method, target, *fields, body=b"", version="1.1"):
        """Send a request; Host and Content-Length are added."""
        lines = [f"{method} {target} HTTP/{version}", "Host: test", *fields]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def get(self, target, *fields):
        self.request("GET", target, *fields)
        return self.response()

    def _more(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError("the connection ended")
        self.pending += data

    def read(self, n):
        while len(self.pending) < n:
            self._more()
        data, self.pending = self.pending[:n], self.pending[n:]
        return data

    def read_line(self, end=b"\r\n"):
        while end not in self.pending:
            self._more()
        line, _, self.pending = self.pending.partition(end)
        return line

    def read_head(self):
        version, status, _ = self.read_line().decode("latin-1").split(" ", 2)
        fields = []
        while line := self.read_line().decode("latin-1"):
            name, colon, value = line.partition(":")
            assert colon and name == name.strip(), f"malformed field line {line!r}"
            fields.append((name, value.strip()))
        return Response(version, int(status), fields)

    def read_chunk(self):
        """The content of one chunk; b"" for the last (RFC 9112 section 7.1)."""
        content = self.read(int(self.read_line(), 16))
        assert self.read_line() == b""
        return content

    def response(self, to_head=False):
        """A complete response, by the rules of RFC 9112 section 6.3."""
        r = self.read_head()
        if to_head or r.status == 204 or r.status // 100 == 1:
            return r
        if r.field("Transfer-Encoding") == "chunked":
            while chunk := self.read_chunk():
                r.body += chunk
        elif r.field("Content-Length") is not None:
            r.body = self.read(int(r.field("Content-Length")))
        else:
            r.body = self.read_to_end()
        return r

    def read_to_end(self):
        """All bytes up to the end of the connection, however it ends."""
        try:
            while True:
                self._more()
        except (EOFError, ConnectionResetError):
            data, self.pending = self.pending, b""
            return data

    def at_end(self):
        """True if the other side has closed the connection and nothing is left to read."""
        return self.read_to_end() == b""

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def close(self):
        self.sock.close()


class NdjsonStream:
    """GET /stream: the lines of an endless response."""

    def __init__(self, wire, target="/stream", *fields, version="1.1"):
        self.wire = wire
        wire.request("GET", target, *fields, version=version)
        self.head = wire.read_head()
        self.chunked = self.head.field("Transfer-Encoding") == "chunked"
        self.text = b""

    def line(self):
        while b"\n" not in self.text:
            if self.chunked:
                chunk = self.wire.read_chunk()
                if not chunk:
                    raise EOFError("the last chunk")
                self.text += chunk
            else:
                self.text += self.wire.read(1)
        line, _, self.text = self.text.partition(b"\n")
        return line

    def said(self):
        """The next line that is not empty."""
        while not (line := self.line()):
            pass
        return line

    def message(self):
        return json.loads(self.said())


class EventStream(NdjsonStream):
    """GET /events: events as (type, id, data), WHATWG HTML section 9.2.6, without comments."""

    def __init__(self, wire, target="/events", *fields, **kwargs):
        super().__init__(wire, target, *fields, **kwargs)
        self.comments, self.retry_ms, self.last_id = [], None, ""

    def event(self):
        kind, data = "message", []
        while True:
            line = self.line().decode().removesuffix("\r")
            if not line:
                if data:
                    return kind, self.last_id, "\n".join(data)
                kind = "message"
                continue
            if line.startswith(":"):
                self.comments.append(line[1:].strip())
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                kind = value
            elif name == "data":
                data.append(value)
            elif name == "id":
                self.last_id = value
            elif name == "retry":
                self.retry_ms = int(value)
            else:
                raise AssertionError(f"unknown field {line!r}")

    def said(self):
        return self.event()[2].encode()
