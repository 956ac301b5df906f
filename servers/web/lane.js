// One transport of this page: what it received and when, whether all of it and in order, and
// what it should show. Knows no protocol (transports.js) and no document (view.js).

import { Histogram } from './histogram.js';

const MARKS = 8192, REQUESTS = 512, OPENINGS = 64, EXCHANGES = 1024, MESSAGES = 64;

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
    get newest() {
        return this.pushed > 0 ? this.items[(this.pushed - 1) % this.items.length] : null;
    }
    // The newest that has these members with these values, or null.
    find(members) {
        let found = null;
        this.back((item) => {
            if (Object.entries(members).some(([name, value]) => item[name] !== value)) return true;
            found = item;
            return false;
        });
        return found;
    }
    clear() {
        this.items.fill(undefined);
        this.pushed = 0;
    }
}

export class Lane {
    histogram = new Histogram();
    marks = new Ring(MARKS); // { published, received }, on the server's clock, ms
    requests = new Ring(REQUESTS); // { url, sent, answered, updates, failed }, the same, and from waits.js
                                     // left (when the browser sent it), waitedMs, waits
    messages = new Ring(MESSAGES); // { n, sent, published, received }: what this page sent
    exchanges = new Ring(EXCHANGES); // { seq or since or n, say() }: for the strip
    openings = new Ring(OPENINGS); // { from, to }: while the server held a response open
    state = 'off'; // off, connecting, live, gone
    running = false;
    settingsSince = -Infinity; // on the server's clock, ms
    recorder = null; // while a comparison measures this lane
    made = 0; // requests, whether or not cleared since
    unsent = 0; // of those, what the browser never sent (waits.js); null: not known
    oneWayMs = 0; // half of the artificial round trip
    #sequence = 1; // of what it sends, as long as the page lives

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
            reconnects: 0, lastLatencyMs: NaN, newest: null, note: '', longestWaitMs: 0,
            sent: 0, sentRequests: 0, sentHandshakes: 0, echoMs: NaN,
        });
        this.messages.clear();
        this.histogram.clear();
        this.marks.clear();
        this.requests.clear();
    }

    start(context) {
        if (this.running) return;
        this.running = true;
        this.cursor = null;
        this.epoch = ''; // of the cursor
        this.newest = null;
        this.goneAt = null;
        this.state = 'connecting';
        this.context = context;
        this.exchanges.clear();
        this.driver = this.transport.start(this, context);
    }

    stop() {
        if (!this.running) return;
        this.running = false;
        this.driver.stop();
        if (this.requests.newest?.answered === null) this.failed(this.requests.newest);
        this.closed();
        this.state = 'off';
    }

    // ---- what the drivers report ----

    // The page makes a request for url; when the browser sends it is another matter (waits.js).
    request(url) {
        this.asked++;
        this.made++;
        return this.requests.push({
            url: new URL(url, location.href).href, sent: this.clock.now(), left: null, answered: null, updates: 0,
        });
    }

    // The newest request, if nothing has answered it.
    get pending() {
        const { newest } = this.requests;
        return this.running && newest?.answered === null ? newest : null;
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

    // The server tells where we begin. In another epoch, or below our cursor, it was restarted.
    hello(cursor, epoch = '', restarted = false) {
        const known = this.cursor !== null;
        if (known && (restarted || epoch !== this.epoch || cursor < this.cursor)) this.#anew();
        else if (known && cursor > this.cursor) this.gaps += cursor - this.cursor;
        this.epoch = epoch;
        this.cursor = cursor;
        this.alive();
    }

    lost(count) {
        this.missed += count;
        this.cursor += count;
        if (this.recovering) this.recovering.missed += count;
    }

    // Updates as parsed JSON, in the order of arrival, all received at the same moment.
    updates(list, localMs) {
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
            this.newest = { seq: u.seq, published, received, data: u.data };
            if (u.from_n !== undefined && u.from === this.sender) this.#echo(u.from_n, published, received);
            this.recorder?.update(u, published, received);
        }
        this.alive();
    }

    // ---- sending ----

    // Its messages are updates like all others, and come back on every lane.
    get sender() {
        return `${this.context.page}-${this.transport.name}`;
    }

    get canSend() {
        return this.state === 'live' || (this.state === 'connecting' && !this.transport.twoWay);
    }

    send() {
        if (!this.canSend) return;
        const n = this.#sequence++;
        const message = this.messages.push({ n, sent: this.clock.now(), published: null, received: null });
        const data = { message: `hello ${n} by ${this.transport.label}` };
        this.sent++;
        this.driver.send(JSON.stringify({ publish: { from: this.sender, from_n: n }, data }), message);
    }

    #echo(n, published, received) {
        const m = this.messages.find({ n });
        if (m === null) return;
        Object.assign(m, { published, received });
        this.echoMs = received - m.sent;
        this.onEcho?.(this.exchanges.push({ n, say: () => this.transport.saySent(m, received - m.sent) }));
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

    // Before the next request. Resolves to false while the server does not answer.
    probe() {
        return this.clock.look();
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
