// A server of server-sent events that takes the liberties the standard gives it: a byte order
// mark, all three line ends, comments, fields nobody knows, pieces cut anywhere.
import http from "node:http";
import { cutAfter, follow, listen, sinceOf } from "./updates.mjs";

const ends = ["\n", "\r\n", "\r"];
const server = http.createServer((request, response) => {
  const { path, since } = sinceOf(request);
  if (path !== "/events") return response.writeHead(404).end();
  let sent = 0;
  const write = (text) => {
    const bytes = Buffer.from(text), cut = bytes.length >> 1;
    response.write(bytes.subarray(0, cut));
    response.write(bytes.subarray(cut));
  };
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
  write("\ufeff: welcome\nretry: 20\n\n");
  response.on("close", follow(since, (text, seq) => {
    const end = ends[seq % 3];
    write([": comment", `id:${seq}`, "nobody: knows", `data: ${text}`, "", ""].join(end));
    if (++sent >= cutAfter) { response.destroy(); return false; }
  }));
});
listen(server);
