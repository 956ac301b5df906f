// "Run a measured comparison": each transport alone for a while, then a table and a run.json that
// `pushlab table`, `chart` and `compare` read. docs/metrics.md defines the numbers; here the client is
// this page, so the latency ends in its JavaScript, on an estimated clock whose error is in the file.

import { ratio, us } from './figures.js';
import { count } from './text.js';

const WARMUP_MS = 500, READY_MS = 8000, DRAIN_MS = 3000;
const SAMPLES_MAX = 100_000;

class Recorder {
    samples = []; // { seq, published, received } in ms of the server's clock, in the order of arrival
    update(u, published, received) {
        if (this.samples.length < SAMPLES_MAX) this.samples.push({ seq: u.seq, published, received });
    }
}

const get = async (path) => {
    const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(`${path}: status ${response.status}`);
    return response.json();
};

// The newest update published strictly before a moment.
async function position(atMs) {
    const stats = await get(`/stats?at=${Math.round(atMs * 1e6)}`);
    if (typeof stats.position?.seq !== 'number') throw new Error('the history is too short for this rate: --history');
    return { seq: stats.position.seq, cpuUs: stats.process.cpu_user_us + stats.process.cpu_system_us };
}

function latencySummary(us) {
    const sorted = Float64Array.from(us).sort();
    const at = (p) => sorted[Math.max(0, Math.ceil(sorted.length * p / 100) - 1)] ?? 0;
    const beyond = (p) => (sorted.length * (100 - p) < 1000 ? null : at(p)); // docs/metrics.md#enough-updates
    const sum = sorted.reduce((a, b) => a + b, 0);
    return {
        count: sorted.length, min: at(0), p50: at(50), p90: beyond(90), p99: beyond(99), p999: beyond(99.9), max: at(100),
        mean: sorted.length > 0 ? sum / sorted.length : 0,
    };
}

// The age of the newest update held, over [from, to): a sawtooth (docs/metrics.md).
function ageSummary(samples, from, to) {
    let newest = null, at = from, area = 0, span = 0, peaks = 0, npeaks = 0, max = 0;
    const until = (t) => {
        if (newest === null || t <= at) return;
        area += (t - at) * ((at + t) / 2 - newest);
        span += t - at;
        max = Math.max(max, t - newest);
    };
    for (const s of samples) {
        if (s.received >= to) break;
        if (s.received >= from && newest !== null) {
            until(s.received);
            peaks += s.received - newest;
            npeaks++;
        }
        at = Math.max(at, s.received);
        newest = Math.max(newest ?? s.published, s.published);
    }
    until(to);
    if (span === 0) return null;
    return { mean: 1000 * area / span, peak: npeaks > 0 ? 1000 * peaks / npeaks : null, max: 1000 * max };
}

const round3 = (v) => (v === null || !Number.isFinite(v) ? null : Math.round(v * 1000) / 1000);
const roundAll = (o) => (o === null ? null : Object.fromEntries(Object.entries(o).map(([k, v]) => [k, round3(v)])));

export class Comparison {
    constructor({ lanes, clock, context, account, knobs }) {
        Object.assign(this, { lanes, clock, context, account, knobs });
        this.control = null;
        this.run = null;
    }

    get running() {
        return this.control !== null;
    }

    stop() {
        this.control?.abort();
    }

    // Resolves to the run, interrupted or not. progress(text) is called with what is being done.
    async start(seconds, progress) {
        const was = this.lanes.filter((lane) => lane.running);
        this.control = new AbortController();
        this.run = this.#newRun(seconds);
        for (const lane of this.lanes) lane.stop();
        try {
            for (const lane of this.lanes) await this.#measure(lane, seconds, progress);
            this.run.complete = this.run.rows.every((row) => row.problems.length === 0);
        } catch (error) {
            this.run.interrupted = this.control.signal.aborted;
            if (!this.run.interrupted) this.run.problems.push(String(error.message ?? error));
        } finally {
            for (const lane of this.lanes) lane.stop();
            for (const lane of was) lane.start(this.context);
            this.run.finished = new Date().toISOString().replace(/\.\d+/, '');
            this.control = null;
        }
        return this.run;
    }

    #newRun(seconds) {
        const state = this.knobs.server, local = /^(localhost|127\.|\[::1\])/.test(location.host);
        const rttMs = state?.rtt_ms ?? 0;
        return {
            schema: 1, pushlab: null, started: new Date().toISOString().replace(/\.\d+/, ''), finished: null,
            complete: false, interrupted: false,
            scenario: {
                name: 'live-page', title: 'Measured in a browser, by the live page', clients: 1, duration_s: seconds,
                warmup_s: WARMUP_MS / 1000,
                source: {
                    kind: state?.source ?? 'unknown', rate_hz: state?.rate_hz ?? null, pattern: state?.pattern ?? null,
                    payload_bytes: state?.payload_bytes ?? null,
                },
            },
            link: `${local ? 'loopback' : 'network'}${rttMs > 0 ? ` + ${rttMs} ms held` : ''}`,
            seed: null,
            environment: {
                browser: navigator.userAgent, cores: navigator.hardwareConcurrency ?? null,
                clock_error_us: round3(1000 * this.clock.errorMs), artificial_rtt_ms: rttMs,
            },
            rows_planned: this.lanes.map((lane) => this.#id(lane)),
            rows: [], problems: [],
            notes: [
                'latency ends in the page’s JavaScript and includes the error of the estimated clock ' +
                    '(environment.clock_error_us)',
                ...(rttMs > 0 ? ['the round trip is artificial: bytes were held, handshakes were not'] : []),
            ],
        };
    }

    #closes(lane) {
        return this.context.settings.close && !lane.transport.open;
    }

    #id(lane) {
        return lane.transport.name + (this.#closes(lane) ? '+close' : '');
    }

    async #wait(delayMs) {
        await new Promise((resolve) => {
            const timer = setTimeout(resolve, delayMs);
            this.control.signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
        });
        this.control.signal.throwIfAborted();
    }

    async #until(condition, limitMs) {
        const end = performance.now() + limitMs;
        while (!condition() && performance.now() < end) await this.#wait(20);
        return condition();
    }

    async #measure(lane, seconds, progress) {
        const problems = [], recorder = new Recorder();
        const say = (what) => progress(`${lane.transport.label}: ${what}`);
        let wasHidden = document.hidden;
        const onHidden = () => { wasHidden ||= document.hidden; };

        document.addEventListener('visibilitychange', onHidden);
        lane.clear();
        lane.recorder = recorder;
        lane.start(this.context);
        try {
            say('getting ready');
            if (!await this.#until(() => lane.state === 'live', READY_MS))
                throw new Error(`${lane.transport.name}: the server does not answer`);
            await this.#wait(WARMUP_MS);
            const before = await this.account(lane), from = this.clock.now();
            const first = await position(from);
            for (let left = seconds; left > 0; left--) {
                say(`${left} s left`);
                await this.#wait(from + 1000 * (seconds - left + 1) - this.clock.now());
            }
            const to = from + 1000 * seconds;
            const last = await position(to), after = await this.account(lane);
            say('waiting for the last updates');
            await this.#until(() => (lane.cursor ?? 0) >= last.seq, DRAIN_MS + this.context.settings.pollMs);
            if (wasHidden) problems.push('the page was hidden: browsers slow down what nobody sees');
            this.run.rows.push(this.#row(lane, { recorder, problems, before, after, first, last, from, to }));
        } finally {
            document.removeEventListener('visibilitychange', onHidden);
            lane.recorder = null;
            lane.stop();
        }
    }

    #row(lane, { recorder, problems, before, after, first, last, from, to }) {
        const mine = recorder.samples.filter((s) => s.seq > first.seq && s.seq <= last.seq);
        const us = mine.map((s) => Math.max(0, 1000 * (s.received - s.published)));
        const published = last.seq - first.seq, delivered = mine.length;
        const missed = lane.missed + lane.gaps;
        // The counters are read shortly before and after the window: ratios are over the updates between.
        const spent = (key) => (before && after ? after[key] - before[key] : NaN);
        const per = 1 / spent('updates_sent');
        const late = Math.max(0, published - delivered - missed);

        if (published === 0) problems.push('nothing was published');
        if (late > 0) problems.push(`${late} updates were not there when the drain ended`);
        if (missed > 0) problems.push(`${missed} updates were missed`);
        return {
            id: this.#id(lane), transport: lane.transport.name,
            connection: this.#closes(lane) ? 'close' : 'keep-alive', clients: 1,
            interval_ms: lane.transport.name === 'short-poll' ? this.context.settings.pollMs : null,
            hold_ms: lane.transport.name === 'long-poll' ? this.context.settings.holdMs : null,
            published, delivered, missed: published - delivered - late, late,
            duplicated: lane.duplicates, out_of_order: 0, adds_up: true,
            latency_us: roundAll(latencySummary(us)),
            age_us: roundAll(ageSummary(recorder.samples, from, to)),
            requests_per_update: round3(spent('requests') * per),
            empty_response_ratio: lane.asked > 0 ? round3(lane.emptyAnswers / lane.asked) : 0,
            tcp_handshakes_per_update: round3(spent('connections') * per),
            handshakes: { client: null, server: after?.connections ?? null, kernel: null, wire: null },
            bytes_per_update: {
                payload: round3(spent('payload_bytes_out') * per),
                framing: round3((spent('bytes_out') - spent('payload_bytes_out') + spent('bytes_in')) * per),
                wire: null,
            },
            packets_per_update: null,
            server_cpu_us_per_update: round3((last.cpuUs - first.cpuUs) / delivered),
            client_cpu_us_per_update: null, server_heap_bytes_per_client: null,
            problems, notes: [],
            samples: {
                published_s: mine.map((s) => Math.round((s.published - from) * 1000) / 1e6),
                latency_us: us.map((v) => Math.round(v)),
            },
        };
    }
}

// ---- showing it ----

const COLUMNS = [
    ['latency p50', (r) => r.latency_us.p50, us],
    ['p90', (r) => r.latency_us.p90 ?? NaN, us],
    ['age mean', (r) => r.age_us?.mean ?? NaN, us],
    ['requests /update', (r) => r.requests_per_update ?? NaN, ratio],
    ['connections /update', (r) => r.tcp_handshakes_per_update ?? NaN, ratio],
    ['payload + framing bytes', (r) => r.bytes_per_update.payload + r.bytes_per_update.framing, null],
    ['delivered', (r) => r.delivered, count],
];

export function resultTable(run) {
    const table = document.createElement('table'), head = table.createTHead().insertRow();
    const cell = (row, name, text) => {
        const c = document.createElement(name);
        c.textContent = text;
        row.append(c);
        return c;
    };
    table.className = 'result';
    for (const name of ['transport', ...COLUMNS.map(([name]) => name)]) cell(head, 'th', name).scope = 'col';
    const body = table.createTBody();
    for (const r of run.rows) {
        const row = body.insertRow();
        row.dataset.transport = r.transport;
        cell(row, 'th', r.id).scope = 'row';
        for (const [, value, format] of COLUMNS) {
            const v = value(r), b = r.bytes_per_update;
            const split = () => (b.payload === null ? '–' : `${ratio(b.payload)} + ${ratio(b.framing)}`);
            cell(row, 'td', format ? format(v) : split());
        }
    }
    return table;
}

// A link that saves the run under that name.
export function downloadLink(run) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([JSON.stringify(run, null, 1)], { type: 'application/json' }));
    link.download = 'run.json';
    link.textContent = 'Download run.json';
    return link;
}
