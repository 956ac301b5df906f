"""A TCP proxy under control of the test: it adds a known delay and resets connections.

Each connection has two threads per direction: one reads, one writes what is due. A cut is a reset
(RFC 9293 3.10.7) on both sides, which loses all data on its way.
"""

import contextlib
import queue
import socket
import struct
import threading
import time

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s


class Proxy:
    def __init__(self, host, port, delay_s=0.0, loses=None):
        """loses(piece) tells for each piece from the server whether to drop it and cut its
        connection. None: never."""
        self.upstream = (host, port)
        self.delay_s = delay_s
        self.loses = loses or (lambda piece: False)
        self.cuts = 0
        self.pairs = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()
        self.cut_all()

    def cut_all(self):
        """Reset every connection; return their number."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            self._reset(pair)
        return len(pairs)

    def _reset(self, pair):
        for sock in pair:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                sock.shutdown(socket.SHUT_RD)  # wakes its reader
            with contextlib.suppress(OSError):
                sock.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.upstream)
            except OSError:
                return
            pair = (client, server)
            for sock in pair:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.pairs.append(pair)
            self._carry(pair, client, server, False)
            self._carry(pair, server, client, True)

    def _carry(self, pair, source, sink, answers):
        way = queue.Queue()
        for work in (self._read, self._write):
            threading.Thread(target=work, args=(pair, source, sink, way, answers),
                             daemon=True).start()

    def _is_lost(self, piece):
        with self.lock:
            lost = self.loses(piece)
            self.cuts += lost
        return lost

    def _read(self, pair, source, sink, way, answers):
        data = b"?"
        while data:
            try:
                data = source.recv(65536)
            except OSError:
                return
            if data and answers and self._is_lost(data):
                with self.lock:
                    if pair in self.pairs:
                        self.pairs.remove(pair)
                self._reset(pair)
                return
            way.put((time.monotonic() + self.delay_s, data))

    def _write(self, pair, source, sink, way, answers):
        while True:
            due, data = way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
            except OSError:
                return
