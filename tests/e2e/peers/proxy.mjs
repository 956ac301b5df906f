// Forwards connections to 127.0.0.1:PORT. On "cut" it breaks them all and refuses new ones,
// on "open" it forwards again.
import net from "node:net";
import readline from "node:readline";

const port = Number(process.argv[2]);
const sockets = new Set();
let open = true;

const server = net.createServer((near) => {
  if (!open) return near.destroy();
  const far = net.connect(port, "127.0.0.1");
  for (const [one, other] of [[near, far], [far, near]]) {
    sockets.add(one);
    one.on("error", () => {});
    one.on("close", () => { sockets.delete(one); other.destroy(); });
  }
  near.pipe(far).pipe(near);
});
readline.createInterface({ input: process.stdin }).on("line", (word) => {
  open = word === "open";
  if (!open) for (const socket of sockets) socket.destroy();
});
server.listen(0, "127.0.0.1", () => console.log(`listening on 127.0.0.1:${server.address().port}`));
