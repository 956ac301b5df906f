// Five ways to get the same updates. Each start(lane, context) begins and returns { stop(), send() }.
// context: page (the id that the server counts by), settings (pollMs, holdMs, close), authorization().

import { receive, receiveUntil } from './network.js';
import { bytes, ms, plural } from './text.js';
import { transportInfo } from './transport_info.js';

const BACKOFF_MS = [250, 500, 1000, 2000];

function target(lane, context, extra = {}) {
    const query = new URLSearchParams();
    if (lane.cursor !== null) query.set('since', `${lane.cursor}${lane.epoch === '' ? '' : `-${lane.epoch}`}`);
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
        const { answer, now } = await receiveUntil(signal, 'request', { url: path }, (message, at, resolve) => {
            resolve({ answer: message, now: at });
        });
        if (answer.status !== 200 && answer.status !== 204) throw new Error(`status ${answer.status}`);
        const list = answer.status === 200 ? JSON.parse(answer.text) : [];
        const [cursor, epoch = ''] = answer.cursor.split('-'), { missed, restarted } = answer;

        if (lane.cursor === null || restarted || epoch !== lane.epoch || Number(cursor) < lane.cursor)
            lane.hello(list.length > 0 ? list[0].seq - 1 - missed : Number(cursor), epoch, restarted);
        if (missed > 0) lane.lost(missed);
        lane.answered(request, now, list.length);
        return { list, now, tookMs: now - (request.sent - lane.clock.offsetMs) };
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

// One message of any of them. now: when it came.
function take(lane, text, now, how) {
    const message = JSON.parse(text);
    if (message.hello !== undefined) lane.hello(message.hello, message.epoch, message.restarted);
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

// Until signal, or an error; begun(channel), if given, is called at once.
async function follow(lane, signal, kind, url, how, begun) {
    const request = lane.request(url);
    try {
        await receiveUntil(signal, kind, { url, stream: true }, (message, now) => {
            if (message.what === 'text') take(lane, message.text, now, how);
            else if (message.what === 'open') {
                lane.answered(request, now, 1);
                lane.opened();
            } else throw new Error(`status ${message.status}`);
        }, begun);
    } finally {
        if (request.answered === null) lane.failed(request);
    }
}

function startStream(lane, context) {
    const how = () => 'in the one open response, as a chunk with a line in it';
    return persist(lane, context, (signal) => follow(lane, signal, 'request', target(lane, context), how));
}

// EventSource reconnects by itself and says where it was (Last-Event-ID). Only when it has given up
// for good is a new one made.
function startSse(lane, context) {
    let source, timer;
    const how = () => 'in the one open response, as an event (id, data, empty line)';
    const open = () => {
        const url = target(lane, context);
        let request = lane.request(url);
        source = receive('events', { url }, (message, now) => {
            if (message.what === 'text') take(lane, message.text, now, how);
            else if (message.what === 'open') {
                if (request.answered !== null) request = lane.request(url); // it has come back by itself
                lane.answered(request, now, 1);
                lane.opened();
            } else {
                lane.gone();
                if (message.what !== 'end') return;
                source.close();
                timer = setTimeout(open, 1000);
            }
        });
    };
    open();
    return {
        stop() {
            clearTimeout(timer);
            source.close();
        },
        send: (text, message) => post(lane, context, text, message),
    };
}

function startWebSocket(lane, context) {
    const headBytes = (size) => (size < 126 ? 2 : size < 65536 ? 4 : 10); // RFC 6455 §5.2, unmasked
    const how = (size) => `as a text frame, ${headBytes(size)} bytes of header and ${bytes(size)} of update`;
    let socket;
    const driver = persist(lane, context, (signal) => {
        const url = new URL(target(lane, context), location.href);
        url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
        return follow(lane, signal, 'socket', url.href, how, (channel) => { socket = channel; });
    });
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
