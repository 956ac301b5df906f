// What the peers that play the server have in common: a source of updates in pushlab's envelope,
// stamped with this process's own reading of CLOCK_MONOTONIC, and the arguments RATE [--cut N].
export const updates = []; // updates[i] is number i + 1, as text
const listeners = new Set();

const rate = Number(process.argv[2] ?? 10);
const cutAt = process.argv.indexOf("--cut");
export const cutAfter = cutAt < 0 ? Infinity : Number(process.argv[cutAt + 1]);
export const has = (word) => process.argv.includes(word);

setInterval(() => {
  const seq = updates.length + 1;
  updates.push(`{"seq":${seq},"t":${process.hrtime.bigint()},"data":{"text":"\u20ac\\n ${seq}"}}`);
  for (const listener of listeners) listener();
}, 1000 / rate);

// The number after which the client wants updates; without one, from now on.
export function sinceOf(request) {
  const url = new URL(request.url, "http://peer");
  const since = request.headers["last-event-id"] ?? url.searchParams.get("since");
  return { path: url.pathname, query: url.searchParams, since: since === null ? updates.length : Number(since) };
}

// Call send(text, seq) for all updates after since, now and to come, until it returns false.
export function follow(since, send) {
  let next = since;
  const listener = () => {
    while (next < updates.length) {
      if (send(updates[next], ++next) === false) return listeners.delete(listener);
    }
  };
  listeners.add(listener);
  listener();
  return () => listeners.delete(listener);
}

export function listen(server) {
  server.listen(0, "127.0.0.1", () => console.log(`listening on 127.0.0.1:${server.address().port}`));
}
