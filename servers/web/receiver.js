// A worker that receives for the page (network.js): what arrives is stamped when it arrives, in the same
// way for every transport, however busy the page is. Times (at) are in milliseconds since 1970, as the
// page's clock starts at another moment.

const open = new Map(); // by id: { close(), send(text) }
const absolute = (ms) => performance.timeOrigin + ms;
const tell = (id, what, more) => postMessage({ id, what, at: absolute(performance.now()), ...more });

// stream: its lines one after the other, else its text as a whole.
async function request(id, { url, stream }) {
    const control = new AbortController();
    open.set(id, { close: () => control.abort() });
    try {
        const response = await fetch(url, { cache: 'no-store', signal: control.signal });
        const field = (name) => response.headers.get(name) ?? '';
        if (stream && response.status === 200) {
            tell(id, 'open');
            await readLines(response.body.getReader(), (text) => tell(id, 'text', { text }));
        } else {
            const text = await response.text();
            tell(id, 'answer', {
                status: response.status, text, cursor: field('Pushlab-Cursor'),
                missed: Number(field('Pushlab-Missed')), restarted: field('Pushlab-Restarted') !== '',
            });
        }
    } catch { /* as the end of it says */ }
    tell(id, 'end');
}

async function readLines(reader, each) {
    const decoder = new TextDecoder();
    let rest = '';
    for (let part; !(part = await reader.read()).done;) {
        const lines = (rest + decoder.decode(part.value, { stream: true })).split('\n');
        rest = lines.pop();
        for (const line of lines) if (line !== '') each(line);
    }
}

// It reconnects by itself ('gone', then 'open'), until it gives up ('end').
function events(id, { url }) {
    const source = new EventSource(url), text = (event) => tell(id, 'text', { text: event.data });
    open.set(id, source);
    source.onopen = () => tell(id, 'open');
    source.onerror = () => tell(id, source.readyState === EventSource.CLOSED ? 'end' : 'gone');
    source.onmessage = text;
    for (const name of ['hello', 'restarted', 'missed']) source.addEventListener(name, text);
}

function socket(id, { url }) {
    const ws = new WebSocket(url, 'pushlab.v1');
    open.set(id, { close: () => ws.close(1000), send: (text) => ws.send(text) });
    ws.onopen = () => tell(id, 'open');
    ws.onmessage = (event) => tell(id, 'text', { text: event.data });
    ws.onclose = () => tell(id, 'end');
}

const kinds = { request, events, socket };

onmessage = ({ data: { id, kind, ...what } }) => {
    if (kind === 'close') {
        open.get(id)?.close();
        open.delete(id);
    } else if (kind === 'send') open.get(id)?.send(what.text);
    else kinds[kind](id, what);
};

new PerformanceObserver((list) => {
    postMessage({ timings: list.getEntries().map((e) => ({
        name: e.name, startTime: absolute(e.startTime), requestStart: e.requestStart > 0 ? absolute(e.requestStart) : 0,
        connectingMs: e.connectEnd - e.connectStart,
    })) });
    performance.clearResourceTimings();
}).observe({ type: 'resource' });
