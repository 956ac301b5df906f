"""A WebSocket client (RFC 6455) that can send any frame, valid or not."""

import base64
import hashlib
import json
import os
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # of section 1.3
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
           "Sec-WebSocket-Key: " + KEY)


def masked(payload, key):
    return bytes(b ^ key[i % 4] for i, b in enumerate(payload))


def frame(opcode, payload=b"", fin=True, rsv=0, mask=True, length=None, length_bytes=None):
    """One frame as a client sends it. length overrides the length field; length_bytes forces one
    of the three forms (1, 2 or 8 bytes)."""
    if isinstance(payload, str):
        payload = payload.encode()
    n = len(payload) if length is None else length
    if length_bytes is None:
        length_bytes = 1 if n < 126 else 2 if n < 65536 else 8
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    mask_bit = 0x80 if mask else 0
    if length_bytes == 1:
        head += bytes([mask_bit | n])
    elif length_bytes == 2:
        head += bytes([mask_bit | 126]) + struct.pack(">H", n)
    else:
        head += bytes([mask_bit | 127]) + struct.pack(">Q", n)
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + masked(payload, key)


def close_frame(code=None, reason=b"", **kwargs):
    body = b"" if code is None else struct.pack(">H", code) + reason
    return frame(CLOSE, body, **kwargs)


def expected_accept(key):
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return base64.b64encode(digest).decode()


class WebSocket:
    """A client on a wire.Wire. It opens at once; response is that of the handshake."""

    def __init__(self, wire, target="/ws", *fields):
        self.wire = wire
        wire.request("GET", target, *UPGRADE, *fields)
        self.response = wire.read_head()
        assert self.response.status == 101, self.response.status
        assert self.response.field("Sec-WebSocket-Accept") == expected_accept(KEY)

    def send(self, data):
        self.wire.send(data)

    def receive(self):
        """(opcode, payload) of the next frame. The server's frames must not be fragmented or
        masked, and have the shortest length form."""
        head, length = self.wire.read(2)
        assert head & 0xf0 == 0x80, f"FIN and no reserved bits: {head:#x}"
        assert length & 0x80 == 0, "a server must not mask (section 5.1)"
        if length == 126:
            length, = struct.unpack(">H", self.wire.read(2))
            assert length > 125
        elif length == 127:
            length, = struct.unpack(">Q", self.wire.read(8))
            assert length > 65535
        return head & 15, self.wire.read(length)

    def said(self):
        """The next text message."""
        opcode, payload = self.receive()
        assert opcode == TEXT, (opcode, payload)
        return payload

    def message(self):
        return json.loads(self.said())

    def close_code(self):
        """Read up to the Close frame; return its code, or None. Nothing may follow."""
        while True:
            opcode, payload = self.receive()
            if opcode == CLOSE:
                break
        assert self.wire.at_end(), "bytes after the Close frame"
        if not payload:
            return None
        payload[2:].decode()
        return struct.unpack(">H", payload[:2])[0]
