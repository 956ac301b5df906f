// npm ws as the server. --fragment: messages in pieces with a ping between, as RFC 6455 allows.
import http from "node:http";
import { WebSocketServer } from "ws";
import { cutAfter, follow, has, listen, sinceOf } from "./updates.mjs";

const server = http.createServer((_, response) => response.writeHead(404).end());
new WebSocketServer({ server, path: "/ws" }).on("connection", (ws, request) => {
  let sent = 0;
  const stop = follow(sinceOf(request).since, (text) => {
    if (has("--fragment")) {
      for (let i = 0; i < text.length; i += 7) {
        ws.send(text.slice(i, i + 7), { fin: i + 7 >= text.length });
        ws.ping(String(i));
      }
    } else ws.send(text);
    if (++sent >= cutAfter) { ws.terminate(); return false; }
  });
  ws.on("error", () => {});
  ws.on("close", stop);
});
listen(server);
