// Short and long polling: /poll and /longpoll, answers chunked.
// --cut N: the connection is closed, unannounced, after every Nth answer.
import http from "node:http";
import { cutAfter, follow, listen, sinceOf, updates } from "./updates.mjs";

let answers = 0;
const server = http.createServer((request, response) => {
  const { path, query, since } = sinceOf(request);
  const hold = path === "/longpoll" ? Number(query.get("timeout") ?? 30000) : 0;
  if (path !== "/poll" && path !== "/longpoll") return response.writeHead(404).end();

  const answer = () => {
    clearTimeout(timer);
    stop();
    const news = updates.slice(since);
    response.setHeader("Pushlab-Cursor", updates.length);
    response.writeHead(news.length > 0 ? 200 : 204, { "Content-Type": "application/json" });
    response.end(news.length > 0 ? `[${news.join(",")}]` : undefined, () => {
      if (++answers % cutAfter === 0) request.socket.end();
    });
    return false;
  };
  const timer = setTimeout(answer, hold);
  let stop = () => {};
  if (hold > 0) stop = follow(since, answer);
  response.on("close", () => { clearTimeout(timer); stop(); });
});
listen(server);
