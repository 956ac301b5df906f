// A chunked stream of JSON lines whose chunks have nothing to do with the lines.
import http from "node:http";
import { cutAfter, follow, listen, sinceOf } from "./updates.mjs";

const server = http.createServer((request, response) => {
  const { path, since } = sinceOf(request);
  if (path !== "/stream") return response.writeHead(404).end();
  let sent = 0;
  response.writeHead(200, { "Content-Type": "application/x-ndjson" });
  response.write("\n");
  response.on("close", follow(since, (text) => {
    const bytes = Buffer.from(text + "\r\n\n");
    for (let i = 0; i < bytes.length; i += 11) response.write(bytes.subarray(i, i + 11));
    if (++sent >= cutAfter) { response.destroy(); return false; }
  }));
});
listen(server);
