"""Clients that edit one text together: are all their copies the same in the end, over every transport
and after every failure, and is it the text that the edits define? Here the text is computed again
from the edits in the server's history, by the definition and without replicas."""

import hashlib
import http.client
import json
import unittest

from harness import DEADLINE_S, ClientCase, has_program
from proxy import Proxy

TRANSPORTS = ("short-poll", "long-poll", "stream", "sse", "websocket")
NO_FAULT = {"lost": 0, "doubled": 0, "reordered": 0}
BEGINNING = (0, 0)


def text_of(edits):
    """Every character is a child of the one that it follows; children are sorted from newest to
    oldest; the text is the tree in preorder, without the deleted characters."""
    children, characters, deleted = {}, {}, set()
    for edit in edits:
        if "ins" in edit:
            at, (clock, editor) = tuple(edit["at"]), edit["id"]
            for i, character in enumerate(edit["ins"]):
                me = (clock + i, editor)
                assert me not in characters, f"{me} was inserted twice"
                assert at == BEGINNING or at in characters, f"{me} came before the character that it follows"
                characters[me] = character
                children.setdefault(at, []).append(me)
                at = me
        for clock, editor, count in edit.get("del", ()):
            deleted.update((clock + i, editor) for i in range(count))
    assert deleted <= characters.keys(), "deleted before it was inserted"
    text, to_visit = [], [BEGINNING]
    while to_visit:
        me = to_visit.pop()
        if me != BEGINNING and me not in deleted:
            text.append(characters[me])
        to_visit += sorted(children.get(me, ()))
    return "".join(text), characters


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Collaboration(ClientCase):
    EDITORS = 8

    def write(self, transport, url, *options, duration_s=3):
        return self.measure(transport, url, "--send", "edits", "--send-rate", 5, "--send-channel",
                            "doc-{room}", "--channel", "doc-{room}", "--latest",
                            "doc-{room}/cursors", "--clients", self.EDITORS, "--warmup", "0.3",
                            "--duration", duration_s, "--drain", 10, "--interval", "50ms",
                            "--hold", "200ms", *options)

    def read(self, server, query, count):
        """This many updates of a raw stream: NDJSON, as curl shows it."""
        connection = http.client.HTTPConnection(server.host, server.port, timeout=DEADLINE_S)
        self.addCleanup(connection.close)
        connection.request("GET", f"/stream?{query}")
        response = connection.getresponse()
        updates = []
        while len(updates) < count:
            update = json.loads(response.readline())
            self.assertNotIn("missed", update)
            if "data" in update:
                updates.append(update)
        return updates

    def channel(self, server, name):
        return next(c for c in server.stats()["channels"] if c["name"] == name)

    def replay(self, server, room=0):
        """(the edits of a room, the text, the number of its characters)"""
        count = self.channel(server, f"doc-{room}")["published"]
        updates = self.read(server, f"channel=doc-{room}&since=0", count)
        self.assertEqual([u.get("n", u["seq"]) for u in updates], list(range(1, count + 1)))
        edits = [u["data"] for u in updates]
        return edits, *text_of(edits)

    def assert_documents(self, server, result, rooms=1):
        """All documents are the same, and the text that the edits define."""
        documents = result["documents"]
        texts = [self.replay(server, room) for room in range(rooms)]
        self.assertTrue(documents["identical"])
        self.assertEqual(documents["documents"], self.EDITORS)
        self.assertEqual(documents["edits"], sum(len(edits) for edits, _, _ in texts))
        encoded = texts[0][1].encode()
        self.assertGreater(len(encoded), 0)
        self.assertEqual(documents["bytes"], len(encoded))
        self.assertEqual(documents["hash"], hashlib.sha256(encoded).hexdigest())
        self.assertEqual(result["upstream"]["order"], NO_FAULT)

    def test_all_documents_are_the_text_that_the_edits_define(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                server = self.server("--source", "none", "--history", 10000)
                result = self.write(transport, server.url)
                self.assert_documents(server, result)
                documents = result["documents"]
                self.assertEqual(documents["editors"], self.EDITORS)
                self.assertGreater(documents["edits"], self.EDITORS * 5 * 3 / 2)
                lag = documents["convergence_us"]
                self.assertGreater(lag["count"], documents["edits"] / 2)
                # The last client to receive an edit receives it no earlier than any other.
                self.assertGreaterEqual(lag["p50"], result["upstream"]["latency_us"]["min"])

    def test_a_server_keeps_the_newest_cursor_of_each_client(self):
        server = self.server("--source", "none", "--history", 10000)
        self.write("sse", server.url, duration_s=1)
        _, _, characters = self.replay(server)
        cursors = self.read(server, "latest=doc-0/cursors", self.EDITORS)
        self.assertEqual({u["key"] for u in cursors}, {str(i) for i in range(self.EDITORS)})
        for update in cursors:
            self.assertEqual(update["key"], update["from"])
            at = tuple(update["data"]["cursor"])
            self.assertTrue(at == BEGINNING or at in characters, update)

    def test_every_room_has_its_own_document(self):
        for transport in ("long-poll", "websocket"):
            with self.subTest(transport=transport):
                server = self.server("--source", "none", "--history", 10000)
                result = self.write(transport, server.url, "--room-size", 4, duration_s=1)
                self.assert_documents(server, result, rooms=2)
                for room in range(2):
                    _, _, characters = self.replay(server, room)
                    self.assertLessEqual({editor // 4 for _, editor in characters}, {room})

    def test_a_client_that_only_reads_has_the_same_text(self):
        server = self.server("--source", "none", "--history", 10000)
        result = self.write("stream", server.url, "--senders", 2, duration_s=1)
        self.assertEqual(result["documents"]["editors"], 2)
        self.assert_documents(server, result)

    def test_documents_converge_when_connections_are_cut(self):
        """A cut loses the data on its way, but no client's text may change by it."""
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                pieces = 0

                def loses(_):
                    nonlocal pieces
                    pieces += 1
                    return pieces > 60 and pieces % 37 == 0

                server = self.server("--source", "none", "--history", 10000)
                proxy = Proxy(server.host, server.port, loses=loses)
                self.addCleanup(proxy.close)
                result = self.write(transport, proxy.url, "--reconnect-min", "5ms",
                                    "--reconnect-max", "40ms", "--control", "none", "--drain", 2,
                                    duration_s=1)
                self.assertGreater(proxy.cuts, 2)
                self.assert_documents(server, result)
                proxy.close()


if __name__ == "__main__":
    unittest.main()
