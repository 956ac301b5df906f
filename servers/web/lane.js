// One transport of this page: what it received and when, whether all of it and in order, and
// what it should show. Knows no protocol (transports.js) and no document (view.js).

import { Histogram } from './histogram.js';

const MARKS = 8192, REQUESTS = 512, OPENINGS = 64;

// The newest n of things, oldest first when walked.
class Ring {
    constructor(capacity) {
        this.items = new Array(capacity);
        this.pushed = 0;
    }
    push(item) {
        this.items[this.pushed++ % this.items.length] = item;
        return item;
    }
    // From the newest back, until visit returns false.
    back(visit) {
        const last = Math.max(0, this.pushed - this.items.length);
        for (let i = this.pushed - 1; i >= last; i--)
            if (visit(this.items[i % this.items.length]) === false) return;
    }
    clear() {
        this.items.fill(undefined);
        this.pushed = 0;
    }
}

export class Lane {
    histogram = new Histogram();
    marks = new Ring(MARKS); // { published, received }, on the server's clock, ms
    requests = new Ring(REQUESTS); // { sent, answered, updates, failed }, the same
    openings = new Ring(OPENINGS); // { from, to }: while the server held a response open
    state = 'off'; // off, connecting, live, gone
    running = false;
    settingsSince = -Infinity; // on the server's clock, ms
    exchange = null; // the newest: { say() }, for the strip
    recorder = null; // while a comparison measures this lane

    constructor(transport, clock) {
        this.transport = transport;
        this.clock = clock;
        this.clear();
    }

    // A setting was changed: latencies are those of updates that were due after it.
    settingChanged() {
        this.settingsSince = this.clock.now();
        this.histogram.clear();
    }

    // Forget what was received; the place in the sequence stays.
    clear() {
        Object.assign(this, {
            received: 0, missed: 0, gaps: 0, duplicates: 0, asked: 0, emptyAnswers: 0,
            reconnects: 0, lastLatencyMs: NaN, newest: null, note: '',
        });
        this.histogram.clear();
        this.marks.clear();
        this.requests.clear();
    }

    start(context) {
        if (this.running) return;
        this.running = true;
        this.cursor = null;
        this.newest = null;
        this.goneAt = null;
        this.state = 'connecting';
        this.context = context;
        this.life = this.clock.startedNs;
        this.stopDriver = this.transport.start(this, context);
    }

    stop() {
        if (!this.running) return;
        this.running = false;
        this.stopDriver();
        this.closed();
        this.state = 'off';
    }

    // ---- what the drivers report ----

    // A request leaves.
    request(sentLocalMs = performance.now()) {
        this.asked++;
        return this.requests.push({ sent: this.clock.at(sentLocalMs), answered: null, updates: 0 });
    }

    answered(request, localMs, updates) {
        request.answered = this.clock.at(localMs);
        request.updates = updates;
        if (updates === 0) this.emptyAnswers++;
        this.alive();
    }

    failed(request) {
        request.answered = this.clock.now();
        request.failed = true;
    }

    // A response that stays open.
    opened() {
        this.openings.push({ from: this.clock.now(), to: null });
        this.alive();
    }

    closed() {
        this.openings.back((o) => {
            o.to ??= this.clock.now();
            return false;
        });
    }

    // The server tells its newest number. If it is lower than ours, the server was restarted.
    hello(cursor) {
        if (this.cursor !== null && cursor > this.cursor) this.gaps += cursor - this.cursor;
        if (this.cursor !== null && cursor < this.cursor) this.#anew();
        this.cursor = cursor;
        this.alive();
    }

    lost(count) {
        this.missed += count;
        this.cursor += count;
        if (this.recovering) this.recovering.missed += count;
    }

    // Updates as parsed JSON, in the order of arrival, all received at the same moment.
    updates(list, localMs, exchange) {
        const received = this.clock.at(localMs);

        for (const u of list) {
            if (this.cursor !== null && u.seq <= this.cursor) {
                this.duplicates++;
                continue;
            }
            if (this.cursor !== null && u.seq > this.cursor + 1) this.gaps += u.seq - this.cursor - 1;
            this.cursor = u.seq;
            this.received++;
            const published = u.t / 1e6;
            this.lastLatencyMs = Math.max(0, received - published);
            if (published >= this.settingsSince) this.histogram.add(this.lastLatencyMs);
            this.marks.push({ published, received });
            this.newest = { seq: u.seq, published };
            this.recorder?.update(u, published, received);
        }
        if (exchange) this.exchange = exchange;
        this.alive();
    }

    // ---- reconnecting ----

    gone() {
        if (!this.running) return;
        this.closed();
        if (this.state === 'gone') return;
        this.state = 'gone';
        this.goneAt ??= performance.now();
        this.recovering = { missed: 0, anew: false };
    }

    // Its numbering began again, whether or not we noticed that it was away.
    #anew() {
        if (this.recovering) {
            this.recovering.anew = true;
            this.tell();
            return;
        }
        this.recovering = { missed: 0, anew: true };
        this.goneAt = performance.now();
    }

    // Before the next request: was the server restarted? Then our cursor means nothing.
    // Resolves to false while it does not answer.
    async probe() {
        if (!await this.clock.look()) return false;
        if (this.life !== null && this.life !== this.clock.startedNs) {
            if (this.recovering) this.recovering.anew = true;
            this.cursor = 0;
        }
        this.life = this.clock.startedNs;
        return true;
    }

    // The same for a transport that reconnects by itself: what came before cursor in the new run is lost.
    async probeAfter(cursor) {
        const before = this.life;
        if (!await this.clock.look() || before === this.clock.startedNs) return;
        this.life = this.clock.startedNs;
        if (this.recovering) this.recovering.anew = true;
        this.missed += cursor;
        if (this.recovering) this.recovering.missed += cursor;
        this.tell();
    }

    alive() {
        if (!this.running) return;
        this.state = 'live';
        if (this.goneAt === null) return;
        this.reconnects++;
        this.awayMs = performance.now() - this.goneAt;
        this.goneAt = null;
        this.tell();
        // What was missed is told right after the hello, or follows from a sample of the clock.
        const told = this.recovering;
        setTimeout(() => {
            if (this.recovering !== told) return;
            this.tell();
            this.recovering = null;
        }, 1500);
    }

    tell() {
        const r = this.recovering;
        if (!r || this.awayMs === undefined) return;
        const away = `${(this.awayMs / 1000).toFixed(1)} s`;
        const what = r.missed === 0 ? 'missed nothing' : `missed ${r.missed.toLocaleString('en')}`;
        this.note = `${r.anew ? 'server restarted; ' : ''}reconnected after ${away}, ${what}`;
        this.context.announce?.(`${this.transport.label}: ${this.note}`);
    }
}
