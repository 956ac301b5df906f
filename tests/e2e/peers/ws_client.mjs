// npm ws as a client: one JSON line per event it saw.
//   ws_client.mjs ws://ADDR:PORT PATH SUBPROTOCOL [TEXT to send on open | --exercise]
import WebSocket from "ws";

const [base, path, protocol, text] = process.argv.slice(2);
const ws = new WebSocket(base + path, protocol ? [protocol] : []);
const show = (type, more) => console.log(JSON.stringify({ type, ...more }));

ws.on("open", () => {
  show("open", { protocol: ws.protocol });
  if (text === "--exercise") exercise();
  else if (text !== undefined) ws.send(text);
});
ws.on("close", (code, reason) => {
  show("close", { code, reason: String(reason) });
  if (text === "--exercise") show("done", {});
});
ws.on("error", (error) => { console.error(String(error)); process.exitCode = 1; });
if (text !== "--exercise") ws.on("message", (data) => show("message", { data: String(data) }));

// Every size around the length forms, whole and in fragments, with a ping between; then close.
function exercise() {
  const sent = [];
  for (const n of [0, 1, 125, 126, 127, 65535, 65536, 300000]) {
    sent.push(Buffer.alloc(n, 7), "\u20ac".repeat(n));
  }
  let echoes = 0, pongs = 0;
  ws.on("pong", (data) => { if (String(data) === "beat") pongs++; });
  ws.on("message", (data, isBinary) => {
    const want = sent[echoes++];
    const same = typeof want === "string" ? !isBinary && String(data) === want : isBinary && data.equals(want);
    if (!same) { console.error(`echo ${echoes} differs`); ws.terminate(); }
    if (echoes < sent.length) return;
    if (pongs !== sent.length) console.error(`${pongs} pongs to ${sent.length} pings`);
    ws.close(4321, "done");
  });
  for (const message of sent) {
    const binary = typeof message !== "string", half = message.length >> 1;
    ws.send(message.slice(0, half), { binary, fin: false });
    ws.ping("beat");
    ws.send(message.slice(half), { binary, fin: true });
  }
}
