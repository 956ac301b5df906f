// The settings: some change the server's generator and its artificial round trip (POST /control, when
// the server runs with --demo), some only what this page requests. A slider has a list of round values.

import { bytes, ms, plural } from './text.js';

const RATES = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const PAYLOADS = [8, 32, 128, 512, 2048, 8192, 32768];
const ROUND_TRIPS = [0, 10, 20, 50, 100, 200, 300, 500, 1000];
const INTERVALS = [50, 100, 200, 500, 1000, 2000, 5000];
const HOLDS = [500, 1000, 2000, 5000, 10_000, 20_000, 30_000];
const HELD = [0, 1, 2, 3, 4, 5, 6];

const nearest = (list, value) =>
    list.reduce((best, v, i) => (Math.abs(Math.log((v + 1) / (value + 1))) <
        Math.abs(Math.log((list[best] + 1) / (value + 1))) ? i : best), 0);

function slider(id, list, format, onChange) {
    const input = document.getElementById(id), output = document.getElementById(`${id}-out`);
    const knob = {
        input,
        value: list[0],
        set(value) {
            knob.value = value;
            input.value = nearest(list, value);
            output.textContent = format(value);
            input.setAttribute('aria-valuetext', format(value));
        },
        step(by) {
            if (input.disabled) return;
            const i = Math.max(0, Math.min(list.length - 1, Number(input.value) + by));
            if (list[i] === knob.value) return;
            knob.set(list[i]);
            onChange(list[i]);
        },
    };
    Object.assign(input, { min: 0, max: list.length - 1, step: 1 });
    input.addEventListener('input', () => {
        knob.set(list[Number(input.value)]);
        onChange(knob.value);
    });
    return knob;
}

export class Knobs {
    settings = { pollMs: 1000, holdMs: 10_000, close: false, held: 0 }; // this page's
    server = null; // as GET /control says; null: not in demo mode
    #token = '';
    #wish = {};
    #sending = false;

    // onServer(state): the server said its settings; onChange(): one of them, or of this page's, is another.
    constructor(onServer, onChange) {
        this.onServer = onServer;
        this.onChange = onChange;
        this.note = document.getElementById('knob-note');
        this.rate = slider('rate', RATES, (v) => `${v} /s`, (v) => this.#turn({ rate_hz: v }));
        this.payload = slider('payload', PAYLOADS, bytes, (v) => this.#turn({ payload_bytes: v }));
        this.rtt = slider('rtt', ROUND_TRIPS, (v) => (v === 0 ? 'none' : ms(v)), (v) => this.#turn({ rtt_ms: v }));
        this.poll = slider('poll', INTERVALS, ms, (v) => this.#choose({ pollMs: v }));
        this.hold = slider('hold', HOLDS, ms, (v) => this.#choose({ holdMs: v }));
        this.held = slider('held', HELD, String, (v) => this.#choose({ held: v }));
        this.held.set(this.settings.held);
        this.poll.set(this.settings.pollMs);
        this.hold.set(this.settings.holdMs);
        this.pattern = document.getElementById('pattern');
        this.pattern.addEventListener('change', () => this.#turn({ pattern: this.pattern.value }));
        document.getElementById('close').addEventListener('change', (event) => {
            this.#choose({ close: event.target.checked });
        });
        document.getElementById('token-row').addEventListener('submit', (event) => event.preventDefault());
        document.getElementById('token').addEventListener('change', (event) => {
            this.#token = event.target.value;
            this.#turn({});
        });
    }

    // What this page requests from now on.
    #choose(settings) {
        Object.assign(this.settings, settings);
        this.#summarize();
        this.onChange();
    }

    // All settings in a line, for when the sliders are folded.
    #summarize() {
        const { pollMs, holdMs, close, held } = this.settings, server = this.server;
        document.getElementById('settings-now').textContent = [
            ...(server?.tunable ? [`${plural(server.rate_hz, 'update')}/s, ${server.pattern}`, bytes(server.payload_bytes)] : []),
            ...(server ? [server.rtt_ms > 0 ? `round trip + ${ms(server.rtt_ms)}` : 'no added round trip'] : []),
            `poll every ${ms(pollMs)}`, `long poll up to ${ms(holdMs)}`,
            ...(close ? ['new connection for every poll'] : []),
            ...(held > 0 ? [`${plural(held, 'connection')} held`] : []),
        ].join(' · ');
    }

    authorization() {
        return this.#token === '' ? {} : { Authorization: `Bearer ${this.#token}` };
    }

    // The server's current settings; also read after a restart.
    async read() {
        try {
            const response = await fetch('/control', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
            if (response.status === 404) this.#show(null);
            else if (response.ok) this.#show(await response.json());
        } catch { /* the lanes say that the server is gone */ }
    }

    #show(state) {
        this.server = state;
        const tunable = state?.tunable ?? false;
        for (const input of [this.rate.input, this.payload.input, this.pattern]) input.disabled = !tunable;
        this.rtt.input.disabled = document.getElementById('close').disabled = state === null;
        this.rate.set(state?.rate_hz || 10);
        this.payload.set(state?.payload_bytes || 128);
        this.rtt.set(state?.rtt_ms ?? 0);
        this.pattern.value = state?.pattern ?? 'fixed';
        this.note.textContent = tunable ? ''
            : state === null ? 'To change the server’s settings and see its counts, start it with --demo (pushlab serve does).'
                : `The updates come from ${state.source}: it can’t be changed here.`;
        this.#summarize();
        this.onServer(state);
    }

    // One request at a time; what is changed meanwhile goes together into the next.
    async #turn(wish) {
        Object.assign(this.#wish, wish);
        if (this.#sending) return;
        this.#sending = true;
        while (Object.keys(this.#wish).length > 0) {
            const body = JSON.stringify(this.#wish), sent = this.#wish;
            this.#wish = {};
            if (!await this.#send(body, sent)) break;
        }
        this.#sending = false;
    }

    async #send(body, sent) {
        const headers = { 'Content-Type': 'application/json', ...this.authorization() };
        try {
            const signal = AbortSignal.timeout(5000);
            const response = await fetch('/control', { method: 'POST', headers, body, signal });
            const answer = await response.json();
            document.getElementById('token-row').hidden = response.status !== 401;
            if (response.ok) {
                this.#show(answer);
                this.onChange();
                return true;
            }
            if (response.status === 401) Object.assign(this.#wish, sent);
            else this.#show(this.server);
            this.note.textContent = answer.error;
        } catch {
            this.#show(this.server);
            this.note.textContent = 'The server did not answer.';
        }
        return false;
    }
}
