// "What just happened": the newest exchange of one lane in a sentence, slow enough to be read, and
// the bytes themselves as the server saw them on the wire (a script can't).

const TURN_MS = 2500;
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
    box.append(el('h3', `${title} (${part.bytes.toLocaleString('en')} bytes)`), el('pre', text));
    return box;
}

// RFC 6455 §5.2, bit by bit.
function showFrame(part) {
    const data = toBytes(part.hex), box = el('div', undefined, 'bits');
    if (data.length < 2) return box;
    const bit = (byte, n) => byte >> n & 1;
    const short = data[1] & 127;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length = short < 126 ? short : short === 126 ? data[2] << 8 | data[3]
        : Number(new DataView(data.buffer).getBigUint64(2));
    const opcode = data[0] & 15, binary = (n, digits) => n.toString(2).padStart(digits, '0');
    const fields = [
        ['FIN', bit(data[0], 7)],
        ['RSV', binary(data[0] >> 4 & 7, 3)],
        ['opcode', `${binary(opcode, 4)} ${OPCODES[opcode] ?? ''}`],
        ['MASK', bit(data[1], 7)],
        ['length', binary(short, 7) + (head > 2 ? ` → ${head - 2} more bytes` : '')],
        ['payload', `${length} bytes`],
    ];
    const table = el('table'), names = el('tr'), values = el('tr');
    for (const [name, value] of fields) {
        names.append(el('th', name));
        values.append(el('td', String(value)));
    }
    table.append(names, values);
    const title = `The newest frame: ${head} bytes of header (${toHex(data.slice(0, head))}), then the update`;
    box.append(el('h3', title), table, el('pre', `${toText(data.slice(head)).slice(0, 110)} …`));
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
        this.pinned = null; // the lane pointed at
        this.button.addEventListener('click', () => this.toggle());
        this.root.addEventListener('keydown', (event) => {
            if (event.key !== 'Escape' || this.panel.hidden) return;
            this.toggle();
            this.button.focus();
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

    point(lane) {
        this.pinned = lane;
        if (lane !== null) this.#say(lane);
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
        if (this.pinned !== null) {
            this.#say(this.pinned);
            return;
        }
        for (let i = 0; i < this.lanes.length; i++) {
            const lane = this.lanes[this.turn++ % this.lanes.length];
            if (lane.running && lane.exchange !== null) {
                this.#say(lane);
                return;
            }
        }
    }

    #say(lane) {
        this.said = lane;
        this.root.dataset.transport = lane.transport.name;
        this.who.textContent = lane.transport.label;
        this.what.textContent = lane.exchange?.say() ?? 'has nothing yet.';
    }

    #close() {
        this.panel.hidden = true;
        this.button.setAttribute('aria-expanded', 'false');
    }

    async #open(hovered) {
        this.hovered = hovered;
        if (!this.said) this.#next();
        const lane = this.said;
        if (!lane) return;
        this.panel.hidden = false;
        this.button.setAttribute('aria-expanded', 'true');
        this.panel.replaceChildren(el('p', 'asking the server …'));
        try {
            const query = `page=${this.page}&exchange=${lane.transport.name}`;
            const response = await fetch(`/pages?${query}`, { cache: 'no-store' });
            if (!response.ok) throw new Error();
            this.#show(lane, (await response.json()).exchange);
        } catch {
            const why = 'The server has no record of it: it keeps one with --demo (pushlab serve).';
            this.panel.replaceChildren(el('p', why));
        }
    }

    #show(lane, exchange) {
        const parts = [showMessage(exchange.request, 'Request, as the server read it', 1600),
            showMessage(exchange.answer, 'Answer, from its first byte', 700)];
        if (lane.transport.name === 'websocket') parts.push(showFrame(exchange.newest));
        else if (lane.transport.open) {
            const newest = showMessage(exchange.newest, 'The newest chunk', 300);
            newest.className = 'bits';
            parts.push(newest);
        }
        this.panel.replaceChildren(...parts);
    }
}
