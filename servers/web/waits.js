// What waits in the browser. Over HTTP/1.1 it opens at most six connections to one host (WebSockets
// are counted apart), and a request that finds none free waits before a byte of it is sent. The page
// knows when it made a request. The browser's timings tell when it left, but only once it is answered;
// until then the server's count of requests, or its silence, shows that it has not left.

import { listenToTimings } from './network.js';

const SEEN_MS = 150; // what left so long ago has been counted
const SILENT_MS = 1000; // an answer that is due does not take so long
const MATCH_MS = 1, OLD_MS = 10_000; // a request is made shortly before the browser begins with it

const HOST_MAX = 6; // connections
const BUSY_MS = 200; // where there are free connections: a busy machine alone makes shorter waits

export const WAIT_MS = 20; // what is worth showing

export class Waits {
    #asking = null; // when the counts were asked for, while they are not there

    constructor(lanes, clock) {
        this.lanes = lanes;
        this.clock = clock;
        this.forget();
        listenToTimings((timings) => timings.forEach((t) => this.#timed(t)));
        // Messages are sent by the page itself.
        new PerformanceObserver((list) => {
            for (const e of list.getEntries())
                this.#timed({ name: e.name, startTime: e.startTime, requestStart: e.requestStart, connectingMs: e.connectEnd - e.connectStart });
        }).observe({ type: 'resource' });
    }

    // The server was restarted: it counts from 0 again.
    forget() {
        for (const lane of this.lanes) lane.unsent = lane.made === 0 ? 0 : null;
    }

    #timed(entry) {
        if (!(entry.requestStart > 0)) return;
        const made = this.clock.at(entry.startTime), connecting = entry.connectingMs;
        const left = this.clock.at(entry.requestStart);
        for (const lane of this.lanes) {
            lane.requests.back((r) => {
                if (r.url !== entry.name || r.left !== null || r.sent > made + MATCH_MS) return r.sent > made - OLD_MS;
                r.left = left;
                r.waitedMs = left - r.sent - connecting;
                lane.longestWaitMs = Math.max(lane.longestWaitMs, r.waitedMs);
                return false;
            });
            lane.messages.back((m) => {
                if (m.url !== entry.name) return true;
                m.left = left;
                m.fresh = connecting > 0;
                lane.sentHandshakes += m.fresh;
                return false;
            });
        }
    }

    asking() {
        this.#asking = this.clock.now();
    }

    // The server's counts, asked for when asking() was called; null: it has none.
    counted(accounts) {
        const at = this.#asking - SEEN_MS;
        this.#asking = null;
        for (const lane of this.lanes) {
            const { newest } = lane.requests, seen = accounts?.[lane.transport.name]?.requests;
            if (seen === undefined || newest === null || newest.sent > at) continue;
            if (newest.answered !== null || lane.unsent === null) lane.unsent = lane.made - seen;
            else {
                newest.waits = lane.made - lane.unsent > seen;
                newest.seen = !newest.waits;
            }
        }
    }

    // Without its counts: what is newer than a request has come on another lane, so the server would have
    // answered that request, also a long poll, by now.
    judge(now) {
        let published = -Infinity;
        for (const lane of this.lanes)
            if (lane.transport.open && lane.newest !== null) published = Math.max(published, lane.newest.published);
        for (const lane of this.lanes) {
            const r = lane.pending;
            if (r === null || r.seen || published <= r.sent + lane.oneWayMs) continue;
            r.owed ??= now;
            r.waits ||= now - r.owed > SILENT_MS + 2 * lane.oneWayMs;
        }
    }

    // A sentence, empty while nothing waits; fromMs: what is in sight; held: of HeldConnections.
    say(now, fromMs, held, format) {
        const waiting = this.lanes.filter((lane) => lane.pending?.waits);
        const limit = 'Browsers open at most six HTTP/1.1 connections to one host, WebSockets not counted.';
        if (waiting.length > 0) {
            const who = waiting.map((l) => `${l.transport.label} for ${format(now - l.pending.sent)}`).join(', ');
            return `Waiting in the browser, not seen by the server: ${who}. ${limit}`;
        }
        let longest = 0;
        for (const lane of this.lanes)
            lane.requests.back((r) => {
                if (r.sent < fromMs) return false;
                longest = Math.max(longest, r.waitedMs ?? 0);
                return true;
            });
        const own = this.lanes.filter((l) => l.running && l.transport.name !== 'websocket' && l.transport.name !== 'short-poll');
        const least = own.length + held >= HOST_MAX ? WAIT_MS : BUSY_MS;
        return longest < least ? '' : `Requests waited in the browser for up to ${format(longest)} before they were sent. ${limit}`;
    }
}

// Responses that the page holds open only to use connections up.
export class HeldConnections {
    #open = [];

    set(count) {
        while (this.#open.length > count) this.#open.pop().abort();
        while (this.#open.length < count) {
            const control = new AbortController();
            this.#open.push(control);
            this.#hold(control.signal);
        }
    }

    async #hold(signal) {
        while (!signal.aborted) {
            try {
                const response = await fetch('/stream?channel=held', { cache: 'no-store', signal });
                for (const reader = response.body.getReader(); !(await reader.read()).done;);
            } catch { /* aborted, or the server is gone */ }
            if (!signal.aborted) await new Promise((resolve) => { setTimeout(resolve, 1000); });
        }
    }
}
