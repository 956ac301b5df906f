// Five ways to get the same updates. Each start(lane, context) begins and returns { stop(), send() }.
// context: page (the id that the server counts by), settings (pollMs, holdMs, close), authorization().

import { bytes, ms, plural } from './text.js';
import { transportInfo } from './transport_info.js';

const BACKOFF_MS = [250, 500, 1000, 2000];

function target(lane, context, extra = {}) {
    const query = new URLSearchParams();
    if (lane.cursor !== null) query.set('since', lane.cursor);
    for (const [name, value] of Object.entries(extra)) query.set(name, value);
    query.set('page', context.page);
    return `${lane.transport.path}?${query}`;
}

const sleep = (delayMs, signal) => new Promise((resolve) => {
    if (signal.aborted) { resolve(); return; }
    const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener('abort', end);
});

// Run once() again and again; when it throws, wait longer each time and see whether the server is
// there before asking it for anything.
function persist(lane, context, once) {
    const control = new AbortController();
    (async () => {
        let failures = 0;
        while (!control.signal.aborted) {
            try {
                await once(control.signal);
            } catch {
                if (control.signal.aborted) return;
                if (lane.state === 'live') failures = 0;
                lane.gone();
                do {
                    await sleep(BACKOFF_MS[Math.min(failures++, BACKOFF_MS.length - 1)], control.signal);
                } while (!control.signal.aborted && !await lane.probe());
            }
        }
    })();
    return { stop: () => control.abort(), send: (text, message) => post(lane, context, text, message) };
}

// ---- sending ----

// What only receives needs a request of its own to send. Is the connection of it new?
async function post(lane, context, text, message) {
    const url = new URL(`/publish?lane=${lane.transport.name}&page=${context.page}`, location.href);
    url.searchParams.set('n', message.n); // to find it among the browser's timings
    lane.sentRequests++;
    message.url = url.href;
    try {
        const headers = { 'Content-Type': 'application/json', ...context.authorization() };
        const response = await fetch(url, { method: 'POST', headers, body: text, cache: 'no-store' });
        if (!response.ok) lane.note = `the message was refused: ${(await response.json()).error}`;
    } catch {
        lane.note = 'the message could not be sent';
    }
}

const came = (m, echoMs) => `The server had it after ${ms(m.published - m.sent)}, and it came back ${ms(echoMs)} after it was sent`;

const sayPosted = (by) => (m, echoMs) =>
    `sent a message: a POST of its own ${by}${m.fresh === undefined ? '' : m.fresh ? ', on a new connection (a handshake)'
        : ', on a connection that was open'}. ${came(m, echoMs)}.`;

// ---- polling ----

async function poll(lane, path, signal) {
    const request = lane.request(path);
    try {
        const response = await fetch(path, { cache: 'no-store', signal });
        if (response.status !== 200 && response.status !== 204) throw new Error(`status ${response.status}`);
        const text = response.status === 200 ? await response.text() : '';
        const now = performance.now();
        const missed = Number(response.headers.get('Pushlab-Missed') ?? 0);
        const list = text === '' ? [] : JSON.parse(text);
        const cursor = Number(response.headers.get('Pushlab-Cursor'));

        // The server answered from another cursor than ours: it was restarted.
        if (lane.cursor === null || cursor < lane.cursor)
            lane.hello(list.length > 0 ? list[0].seq - 1 - missed : cursor);
        if (missed > 0) lane.lost(missed);
        lane.answered(request, now, list.length);
        return { list, now, request, size: text.length, tookMs: now - (request.sent - lane.clock.offsetMs) };
    } catch (error) {
        lane.failed(request);
        throw error;
    }
}

// By what is in its bytes: the first update, or the position that an empty answer was asked for.
const answerKey = (a, from) => (a.list.length > 0 ? { seq: a.list[0].seq } : { since: from });
const since = (lane) => (lane.cursor === null ? 'anything new' : `what is newer than #${lane.cursor}`);

function startShortPoll(lane, context) {
    let due = performance.now();
    return persist(lane, context, async (signal) => {
        const asked = since(lane), from = lane.cursor;
        const close = context.settings.close;
        const a = await poll(lane, target(lane, context, close ? { close: 1 } : {}), signal);
        lane.updates(a.list, a.now);
        lane.exchanges.push({
            ...answerKey(a, from),
            say: () => (a.list.length === 0
                ? `asked for ${asked}; the server had nothing (204). That request was for nothing.`
                : `asked for ${asked}; ${plural(a.list.length, 'update')} had been waiting, the oldest for ` +
                  `${ms(lane.clock.at(a.now) - a.list[0].t / 1e6)}.`),
        });
        // When the next is due does not depend on how long this one took; what can't be kept up is skipped.
        const interval = context.settings.pollMs;
        due = Math.max(due + interval, performance.now() - interval);
        await sleep(due - performance.now(), signal);
    });
}

function startLongPoll(lane, context) {
    return persist(lane, context, async (signal) => {
        const asked = since(lane), from = lane.cursor;
        const extra = { timeout: context.settings.holdMs, ...(context.settings.close ? { close: 1 } : {}) };
        const a = await poll(lane, target(lane, context, extra), signal);
        lane.updates(a.list, a.now);
        lane.exchanges.push({
            ...answerKey(a, from),
            say: () => (a.list.length === 0
                ? `asked for ${asked}; the server held that for ${ms(a.tookMs)} and gave up (204). It asks again.`
                : `asked for ${asked}; after ${ms(a.tookMs)} the answer brought ${plural(a.list.length, 'update')}` +
                  `${a.list.length > 1 ? ', some of which had to wait for that request' : ''}. It must ask again.`),
        });
    });
}

// ---- one response that does not end ----

// One message of any of them. now: when the browser called the page.
function take(lane, text, now, how) {
    const message = JSON.parse(text);
    if (message.hello !== undefined) lane.hello(message.hello);
    else if (message.missed !== undefined) lane.lost(message.missed);
    else {
        lane.updates([message], now);
        const latencyMs = lane.lastLatencyMs;
        lane.exchanges.push({
            seq: message.seq,
            say: () => `update #${message.seq} came ${how(text.length)}, ${ms(latencyMs)} after it was due.`,
        });
    }
}

function startStream(lane, context) {
    const how = () => 'in the one open response, as a chunk with a line in it';
    return persist(lane, context, async (signal) => {
        const path = target(lane, context), request = lane.request(path);
        const decoder = new TextDecoder();
        let rest = '';
        try {
            const response = await fetch(path, { cache: 'no-store', signal });
            if (response.status !== 200) throw new Error(`status ${response.status}`);
            lane.answered(request, performance.now(), 1);
            lane.opened();
            const reader = response.body.getReader();
            for (;;) {
                const { value, done } = await reader.read();
                const now = performance.now();
                if (done) break;
                const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
                rest = lines.pop();
                for (const line of lines)
                    if (line !== '') take(lane, line, now, how);
            }
        } catch (error) {
            if (request.answered === null) lane.failed(request);
            throw error;
        }
        throw new Error('the stream ended');
    });
}

// EventSource reconnects by itself and says where it was (Last-Event-ID). Only when it has given up
// for good is a new one made.
function startSse(lane, context) {
    let source, timer, fellAway = false;
    const how = () => 'in the one open response, as an event (id, data, empty line)';
    const open = () => {
        const path = target(lane, context);
        let request = lane.request(path);
        source = new EventSource(path);
        source.onopen = () => {
            if (request.answered !== null) request = lane.request(path); // it has come back by itself
            lane.answered(request, performance.now(), 1);
            lane.opened();
        };
        source.onmessage = (event) => take(lane, event.data, performance.now(), how);
        source.addEventListener('hello', (event) => {
            const cursor = JSON.parse(event.data).hello;
            lane.hello(cursor);
            if (fellAway) lane.probeAfter(cursor);
            fellAway = false;
        });
        source.addEventListener('missed', (event) => lane.lost(JSON.parse(event.data).missed));
        source.onerror = () => {
            fellAway = true;
            lane.gone();
            if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 1000);
        };
    };
    open();
    return {
        stop() {
            clearTimeout(timer);
            source.onopen = source.onerror = source.onmessage = null;
            source.close();
        },
        send: (text, message) => post(lane, context, text, message),
    };
}

function startWebSocket(lane, context) {
    const headBytes = (size) => (size < 126 ? 2 : size < 65536 ? 4 : 10); // RFC 6455 §5.2, unmasked
    const how = (size) => `as a text frame, ${headBytes(size)} bytes of header and ${bytes(size)} of update`;
    let socket;
    const driver = persist(lane, context, (signal) => new Promise((resolve, reject) => {
        const url = new URL(target(lane, context), location.href);
        url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
        const request = lane.request(url);
        socket = new WebSocket(url, 'pushlab.v1');
        signal.addEventListener('abort', () => socket.close(1000), { once: true });
        socket.onopen = () => {
            lane.answered(request, performance.now(), 1);
            lane.opened();
        };
        socket.onmessage = (event) => {
            if (!signal.aborted) take(lane, event.data, performance.now(), how);
        };
        socket.onclose = () => {
            if (request.answered === null) lane.failed(request);
            reject(new Error('closed'));
        };
    }));
    return { ...driver, send: (text) => socket.send(text) };
}

const sayFrame = (m, echoMs) =>
    `sent a message: a frame on its own connection, which is open both ways; no request. ${came(m, echoMs)}.`;

const beside = sayPosted('beside the open response, which only brings updates');
const own = {
    'short-poll': { about: 'asks at an interval', start: startShortPoll, saySent: sayPosted('beside the polls') },
    'long-poll': { about: 'asks, is kept waiting', start: startLongPoll, saySent: sayPosted('beside the poll that waits') },
    stream: { about: 'fetch() of one response', start: startStream, saySent: beside },
    sse: { about: 'EventSource', start: startSse, saySent: beside },
    websocket: { about: 'frames, both ways', start: startWebSocket, saySent: sayFrame, twoWay: true },
};

export const transports = transportInfo.map((info) => ({ ...info, ...own[info.name] }));
