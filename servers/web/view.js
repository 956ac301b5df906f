// A lane in the document: its canvases every frame, its numbers a few times a second.

import { prepare, readStyle } from './canvas.js';
import { drawHistogram } from './histogram.js';
import { drawScope } from './scope.js';
import { bytes, count, ms, plural, ratio, story } from './text.js';

const STATES = { off: 'stopped', connecting: 'waiting …', live: '', gone: 'server gone, retrying' };
const NOTE_MS = 8000, AGES = 64;

// "34 ms" as a big number with a small unit.
function showBig(element, value) {
    const [number, unit = ''] = ms(value).split(' ');
    if (element.dataset.text === `${number} ${unit}`) return;
    element.dataset.text = `${number} ${unit}`;
    const small = document.createElement('small');
    small.textContent = unit;
    element.replaceChildren(number, small);
}

function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

export class LaneView {
    constructor(lane, number, { onToggle, onSend }) {
        const root = document.getElementById('lane-template').content.firstElementChild.cloneNode(true);
        const q = (selector) => root.querySelector(selector);

        this.lane = lane;
        this.root = root;
        this.ages = [];
        this.parts = {
            state: q('.state'), toggle: q('.toggle'), note: q('.note-line'),
            big: q('.big'), shown: q('.shown'), mean: q('.mean'),
            now: q('.latency .now'), p50: q('.p50'), p90: q('.p90'),
            send: q('.send'), sending: q('.sending'),
            requests: q('.requests dd'), connections: q('.connections dd'),
            requestsWord: q('.requests dt'), connectionsWord: q('.connections dt'),
            received: q('.received dd'), share: q('.share dd'),
        };
        root.dataset.transport = lane.transport.name;
        q('.name').textContent = lane.transport.label;
        q('h2').id = `lane-${number}`;
        root.setAttribute('aria-labelledby', `lane-${number}`);
        q('.about').textContent = lane.transport.about;
        const describe = (part, what) => q(part).setAttribute('aria-label', `${lane.transport.label}: ${what}`);
        describe('.scope canvas', 'updates on their way during the last five seconds');
        describe('.bars', 'distribution of the latency so far');
        this.parts.toggle.setAttribute('aria-keyshortcuts', String(number));
        this.parts.toggle.addEventListener('click', onToggle);
        this.parts.send.setAttribute('aria-label', `Send a message: ${lane.transport.label}`);
        this.parts.send.addEventListener('click', onSend);
        this.scope = prepare(q('.scope canvas'));
        this.bars = prepare(q('.bars'));
        this.#showState();
    }

    restyle() {
        this.style = readStyle(this.root);
    }

    draw(now) {
        drawScope(this.scope, this.lane, now, this.style);
    }

    // account: the server's view of this lane, or null.
    show(now, account) {
        const { lane, parts } = this;
        const h = lane.histogram;

        this.#showState();
        if (lane.note !== this.noted) {
            this.noted = lane.note;
            this.noteUntil = performance.now() + NOTE_MS;
        }
        setText(parts.note, performance.now() < this.noteUntil ? lane.note : '');
        const age = lane.newest === null ? NaN : Math.max(0, now - lane.newest.published);
        showBig(parts.big, age);
        setText(parts.mean, `on average ${ms(this.#meanAge(age))}`);
        setText(parts.shown, lane.newest === null ? 'nothing yet'
            : `${this.#troubles()}#${lane.newest.seq}: ${story(lane.newest.data)}`);
        setText(parts.now, ms(lane.lastLatencyMs));
        setText(parts.p50, ms(h.percentile(50)));
        setText(parts.p90, ms(h.percentile(90)));
        drawHistogram(this.bars, h, this.style);
        this.#showCost(account);
        setText(parts.sending, this.#sending(account));
    }

    // Also before the first frame is drawn: a button is never without a name.
    #showState() {
        const { lane, parts } = this;
        const verb = lane.running ? 'Stop' : 'Start';

        this.root.dataset.state = lane.state;
        const waits = lane.pending?.waits ? 'waits in the browser' : STATES[lane.state];
        setText(parts.state, waits);
        parts.send.disabled = !lane.canSend;
        setText(parts.toggle, verb);
        parts.toggle.setAttribute('aria-label', `${verb} ${lane.transport.label}`);
    }

    // Over the last ten seconds or so of looks at it.
    #meanAge(age) {
        if (!Number.isFinite(age) || !this.lane.running) this.ages = [];
        else this.ages.push(age);
        if (this.ages.length > AGES) this.ages.shift();
        return this.ages.reduce((a, b) => a + b, 0) / this.ages.length;
    }

    #troubles() {
        const { missed, gaps } = this.lane;
        return missed + gaps > 0 ? `${count(missed + gaps)} missed, ` : '';
    }

    // What a message to the server costs.
    #sending(account) {
        const { lane } = this, { twoWay } = lane.transport;

        if (lane.sent === 0) return twoWay ? 'sends on its own connection' : 'only receives: a message needs a request of its own';
        const each = account === null ? '' : `, ${bytes((account.sent_bytes_in + account.sent_bytes_out) / lane.sent)}${lane.sent > 1 ? ' each' : ''}`;
        return `sent ${count(lane.sent)}: ${plural(lane.sentRequests, 'request')}${each}, ` +
            `${plural(lane.sentHandshakes, 'handshake')}; back in ${ms(lane.echoMs)}`;
    }

    #count(name, n) {
        setText(this.parts[name], count(n));
        setText(this.parts[`${name}Word`], n === 1 ? name.slice(0, -1) : name);
    }

    #showCost(account) {
        const { parts, lane } = this;

        if (account === null) {
            this.#count('requests', lane.asked);
            for (const part of [parts.connections, parts.received, parts.share]) setText(part, '–');
            return;
        }
        this.#count('requests', account.requests);
        this.#count('connections', account.connections);
        setText(parts.received, bytes(account.bytes_out));
        setText(parts.share, account.bytes_out > 0
            ? `${Math.round(100 * account.payload_bytes_out / account.bytes_out)} %` : '–');
        parts.requests.title = `requests per update: ${ratio(account.requests / account.updates_sent)}`;
    }
}
