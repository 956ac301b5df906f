// npm eventsource, a client that knows nothing of pushlab: one JSON line per event it saw.
import { EventSource } from "eventsource";

const source = new EventSource(process.argv[2]);
const show = (event) =>
  console.log(JSON.stringify({ type: event.type, id: event.lastEventId, data: event.data }));
for (const type of ["open", "hello", "restarted", "missed", "message", "error"]) source.addEventListener(type, show);
