// "What just happened": an exchange of one lane in a sentence, slow enough to be read, and the bytes
// of that exchange as the server saw them on the wire (a script can't).

import { plural } from './text.js';

const TURN_MS = 2500, FIND_TRIES = 10, FIND_MS = 60;
const OPCODES = { 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' };

function el(name, text, className) {
    const e = document.createElement(name);
    if (text !== undefined) e.textContent = text;
    if (className) e.className = className;
    return e;
}

const toBytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const toText = (data) => Array.from(data, (b) =>
    (b === 10 ? '\n' : b === 13 ? '' : b >= 32 && b < 127 ? String.fromCharCode(b) : '·')).join('');

// The head of an answer, and what follows it, cut.
function showMessage(part, title, cutAt) {
    const data = toBytes(part.hex);
    const box = el('div');
    let text = toText(data).replace(/\n+$/, '');
    if (text.length > cutAt) text = `${text.slice(0, cutAt)} …`;
    box.append(el('h3', `${title} (${plural(part.bytes, 'byte')})`), el('pre', text));
    return box;
}

// What the bytes of an exchange say about which it was: as in a lane's exchanges.
function keyOf(exchange, transport, sent) {
    const text = (part) => new TextDecoder().decode(plain(toBytes(part.hex)));
    const number = (where, pattern) => {
        const found = pattern.exec(where);
        return found === null ? null : Number(found[1]);
    };
    if (sent) return { n: number(text(exchange.request), /"from_n":(\d+)/) };
    const seq = number(text(transport.open ? exchange.newest : exchange.answer), /"seq":(\d+)/);
    if (seq !== null || transport.open) return { seq };
    return { since: number(text(exchange.request), /[?&]since=(\d+)/) };
}

const FRAME_MASK = 0x80;

// A masked text frame with its content in the clear, anything else as it is (§5.3).
function plain(data) {
    if (data.length < 6 || data[0] !== 0x81 || !(data[1] & FRAME_MASK)) return data;
    const head = (data[1] & 127) < 126 ? 2 : (data[1] & 127) === 126 ? 4 : 10;
    const key = data.slice(head, head + 4);
    return data.map((b, i) => (i < head + 4 ? b : b ^ key[(i - head) % 4]));
}

// RFC 6455 §5.2, bit by bit.
function showFrame(part, title, cutAt) {
    const raw = toBytes(part.hex), data = plain(raw), box = el('div', undefined, 'bits');
    if (data.length < 2) return box;
    const masked = (data[1] & FRAME_MASK) !== 0;
    const bit = (byte, n) => byte >> n & 1;
    const short = data[1] & 127;
    const head = (short < 126 ? 2 : short === 126 ? 4 : 10) + (masked ? 4 : 0);
    const length = short < 126 ? short : short === 126 ? data[2] << 8 | data[3]
        : Number(new DataView(data.buffer).getBigUint64(2));
    const opcode = data[0] & 15, binary = (n, digits) => n.toString(2).padStart(digits, '0');
    const fields = [
        ['FIN', bit(data[0], 7)],
        ['RSV', binary(data[0] >> 4 & 7, 3)],
        ['opcode', `${binary(opcode, 4)} ${OPCODES[opcode] ?? ''}`],
        ['MASK', bit(data[1], 7)],
        ['length', binary(short, 7) + (short > 125 ? ` → ${short === 126 ? 2 : 8} more bytes` : '')],
        ...(masked ? [['key', toHex(data.slice(head - 4, head))]] : []),
        ['payload', `${length} bytes`],
    ];
    const table = el('table'), names = el('tr'), values = el('tr');
    for (const [name, value] of fields) {
        names.append(el('th', name));
        values.append(el('td', String(value)));
    }
    table.append(names, values);
    const text = toText(data.slice(head));
    box.append(el('h3', `${title}: ${plural(head, 'byte')} of header (${toHex(data.slice(0, head))}), then`), table,
        el('pre', text.length > cutAt || length > text.length ? `${text.slice(0, cutAt)} …` : text));
    if (masked) box.append(el('p', `On the wire the content is masked with the key: ${toHex(raw.slice(head, head + 12))} …`));
    return box;
}

const toHex = (data) => Array.from(data, (b) => b.toString(16).padStart(2, '0')).join(' ');

export class Strip {
    constructor(lanes, page) {
        this.lanes = lanes;
        this.page = page;
        this.root = document.getElementById('strip');
        this.button = document.getElementById('wire');
        this.panel = document.getElementById('wire-panel');
        this.who = document.getElementById('strip-lane');
        this.what = document.getElementById('strip-text');
        this.turn = 0;
        this.untold = []; // [lane, exchange]
        this.toldAt = -Infinity;
        this.choices = this.#makeChoices();
        this.pinned = null; // the lane pointed at
        this.button.addEventListener('click', () => this.toggle());
        document.addEventListener('keydown', (event) => {
            if (event.key !== 'Escape' || this.panel.hidden || document.querySelector('dialog[open]')) return;
            event.preventDefault(); // it closes nothing else
            if (this.root.contains(document.activeElement)) this.button.focus();
            this.#close();
        });
        // Pointing at the sentence shows the bytes too; leaving the strip puts them away.
        this.root.querySelector('.sentence').addEventListener('pointerenter', (event) => {
            if (event.pointerType === 'mouse' && this.panel.hidden) this.#open(true);
        });
        this.root.addEventListener('pointerleave', () => {
            if (this.hovered && !this.root.contains(document.activeElement)) this.#close();
        });
        setInterval(() => this.#next(), TURN_MS);
    }

    // One button for each lane: where nothing can be pointed at, and beside the bytes.
    #makeChoices() {
        const box = el('div', undefined, 'choices');
        box.append(...this.lanes.map((lane) => {
            const button = el('button', lane.transport.label);
            button.type = 'button';
            button.dataset.transport = lane.transport.name;
            button.addEventListener('click', () => this.#read(lane));
            return button;
        }));
        return box;
    }

    // A message of lane has come back: told before the turns go on.
    tell(lane, exchange) {
        this.untold.push([lane, exchange]);
        if (this.untold.length === 1 && performance.now() - this.toldAt > TURN_MS) this.#next();
    }

    point(lane) {
        this.pinned = lane;
        if (lane !== null && this.panel.hidden) this.#say(lane);
    }

    toggle() {
        if (this.panel.hidden) this.#open(false);
        else if (this.hovered) this.hovered = false;
        else this.#close();
        this.button.setAttribute('aria-expanded', String(!this.panel.hidden));
    }

    // What is being looked at stays.
    #next() {
        if (!this.panel.hidden) return;
        if (this.untold.length > 0) {
            this.toldAt = performance.now();
            this.#say(...this.untold.shift());
            return;
        }
        if (this.pinned !== null) {
            this.#say(this.pinned);
            return;
        }
        for (let i = 0; i < this.lanes.length; i++) {
            const lane = this.lanes[this.turn++ % this.lanes.length];
            if (lane.running && lane.exchanges.newest !== null) {
                this.#say(lane);
                return;
            }
        }
    }

    #say(lane, exchange = lane.exchanges.newest) {
        this.said = { lane, exchange };
        this.root.dataset.transport = lane.transport.name;
        this.who.textContent = lane.transport.label;
        this.what.textContent = exchange?.say() ?? 'has nothing yet.';
    }

    #close() {
        this.panel.hidden = true;
        this.button.setAttribute('aria-expanded', 'false');
    }

    #open(hovered) {
        this.hovered = hovered;
        if (!this.said) this.#next();
        this.panel.hidden = false;
        this.button.setAttribute('aria-expanded', 'true');
        this.#read(this.said?.lane ?? this.lanes[0], this.said?.exchange?.n !== undefined);
    }

    // The newest exchange of lane that the server has whole, and the sentence about that one. sent: of what
    // the lane sent.
    async #read(lane, sent = false) {
        const reading = this.reading = {};
        for (const button of this.choices.children)
            button.setAttribute('aria-pressed', String(button.dataset.transport === lane.transport.name));
        this.panel.replaceChildren(this.choices, el('p', 'asking the server …'));
        try {
            for (let tries = 0; ; tries++) {
                const query = `page=${this.page}&exchange=${lane.transport.name}${sent ? '&sent=1' : ''}`;
                const response = await fetch(`/pages?${query}`, { cache: 'no-store', signal: AbortSignal.timeout(5000) });
                if (!response.ok) throw new Error();
                const { exchange } = await response.json();
                const said = lane.exchanges.find(keyOf(exchange, lane.transport, sent));
                if (this.reading !== reading) return;
                if (said === null && tries < FIND_TRIES) { // not here yet
                    await new Promise((resolve) => { setTimeout(resolve, FIND_MS); });
                    continue;
                }
                this.#say(lane, said);
                this.panel.replaceChildren(this.choices, ...this.#parts(lane.transport, exchange, sent));
                return;
            }
        } catch {
            if (this.reading !== reading) return;
            const why = 'The server did not say. It keeps exchanges with --demo (pushlab serve).';
            this.panel.replaceChildren(this.choices, el('p', why));
        }
    }

    #parts(transport, exchange, sent) {
        const frames = transport.name === 'websocket';
        if (sent && frames) return [showFrame(exchange.request, 'The message, a frame', 300)];
        const parts = [showMessage(exchange.request, 'Request, as the server read it', 1600),
            showMessage(exchange.answer, 'Answer, from its first byte', 700)];
        if (sent || !transport.open) return parts;
        if (frames) return [showFrame(exchange.newest, 'The update, a frame', 110), ...parts];
        const newest = showMessage(exchange.newest, 'The update, a chunk', 300);
        newest.className = 'bits';
        return [newest, ...parts];
    }
}
