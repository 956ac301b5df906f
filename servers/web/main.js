// The live page: five lanes over one clock. lane.js keeps, transports.js fetches, view.js shows.

import { ServerClock } from './clock.js';
import { Comparison, downloadLink, resultTable } from './compare.js';
import { bindKeys } from './keys.js';
import { Knobs } from './knobs.js';
import { Lane } from './lane.js';
import { Lateness } from './lateness.js';
import { WINDOW_MS } from './scope.js';
import { Strip } from './strip.js';
import { ms } from './text.js';
import { transports } from './transports.js';
import { LaneView } from './view.js';
import { HeldConnections, Waits } from './waits.js';

const NUMBERS_MS = 150, COUNTS_MS = 500, STILL_MS = 500, LATE_FRAME_MS = 100;
const SILENT_MS = 4000;
const NO_CONNECTION = 'The server has not answered: is this page open in other tabs? A browser opens at most six HTTP/1.1 ' +
    'connections to one host, and each page keeps three open. Close a tab, or open this one by another name (localhost).';
const LATE_MS = 5; // of the page itself: worth saying beside latencies of a few tens
const $ = (id) => document.getElementById(id);

const page = Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, '0')).join('');
const clock = new ServerClock();
const lateness = new Lateness();
const lanes = transports.map((transport) => new Lane(transport, clock));
const waits = new Waits(lanes, clock);
const held = new HeldConnections();
const stillness = matchMedia('(prefers-reduced-motion: reduce)');
let accounts = null; // the server's view of this page
let cleared = {}; // the same when it was last cleared
let startedNs = null;

// For screen readers: only what changes rarely, one thing at a time.
function announce(text) {
    $('announce').textContent = text;
}

const knobs = new Knobs((state) => {
    const oneWay = (state?.rtt_ms ?? 0) / 2;
    for (const lane of lanes) lane.oneWayMs = oneWay;
}, () => {
    for (const lane of lanes) lane.settingChanged();
    held.set(knobs.settings.held);
});
const context = { page, settings: knobs.settings, announce, authorization: () => knobs.authorization() };

function toggle(lane) {
    if (comparison.running) return;
    if (lane.running) lane.stop();
    else lane.start(context);
    showNumbers();
}

function send(some) {
    if (comparison.running) return;
    for (const lane of some) lane.send();
    showNumbers();
}

const views = lanes.map((lane, i) => {
    const view = new LaneView(lane, i + 1, { onToggle: () => toggle(lane), onSend: () => send([lane]) });
    $('lanes').append(view.root);
    return view;
});
const strip = new Strip(lanes, page);
for (const lane of lanes) lane.onEcho = (exchange) => strip.tell(lane, exchange);
for (const view of views) {
    view.root.addEventListener('pointerenter', () => strip.point(view.lane));
    view.root.addEventListener('pointerleave', () => strip.point(null));
    view.root.addEventListener('focusin', () => strip.point(view.lane));
    view.root.addEventListener('focusout', () => strip.point(null));
}

// ---- counts ----

async function readAccounts() {
    waits.asking();
    const response = await fetch(`/pages?page=${page}`, { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    accounts = response.ok ? (await response.json()).transports : null;
    waits.counted(accounts);
    return accounts;
}

const comparison = new Comparison({
    lanes, clock, context, knobs,
    account: async (lane) => (await readAccounts())?.[lane.transport.name] ?? null,
});

async function countForever() {
    for (;;) {
        await new Promise((resolve) => { setTimeout(resolve, COUNTS_MS); });
        if (document.hidden) continue;
        if (startedNs !== clock.startedNs) { // the server was restarted: its settings may differ
            startedNs = clock.startedNs;
            cleared = {};
            waits.forget();
            await knobs.read();
        }
        if (knobs.server === null) continue;
        try {
            await readAccounts();
        } catch { /* the lanes say so */ }
    }
}

function sinceCleared(name) {
    const all = accounts?.[name] ?? null, before = cleared[name];
    if (all === null || before === undefined) return all;
    return Object.fromEntries(Object.entries(all).map(([key, n]) => [key, n - before[key]]));
}

// ---- drawing ----

function showWaits(text) {
    $('waits').hidden = text === '';
    if ($('waits').textContent !== text) $('waits').textContent = text;
}

function showNumbers() {
    const now = clock.now();
    waits.judge(now);
    showWaits(waits.say(now, now - WINDOW_MS, knobs.settings.held, ms));
    lanes.forEach((lane, i) => views[i].show(now, sinceCleared(lane.transport.name)));
    $('all').textContent = lanes.some((lane) => lane.running) ? 'Stop all' : 'Start all';
    $('clock').textContent = Number.isFinite(clock.errorMs) ? `clock ± ${clock.errorMs.toFixed(2)} ms` : 'clock …';
    $('late').hidden = !(lateness.ms >= LATE_MS);
    $('late').textContent = `this page is the bottleneck: it asks and draws ${ms(lateness.ms)} late`;
}

let drawnAt = 0;
function frame(at) {
    requestAnimationFrame(frame);
    // A page that is late draws less, so that what arrives is handled.
    const stepMs = stillness.matches ? STILL_MS : lateness.ms >= LATE_MS ? LATE_FRAME_MS : 0;
    if (at - drawnAt < stepMs) return;
    drawnAt = at;
    const now = clock.now();
    for (const view of views) view.draw(now);
}

// ---- theme and presenter mode ----

const darkness = matchMedia('(prefers-color-scheme: dark)');
function remember(name, value) {
    try {
        if (value === undefined) return localStorage.getItem(name);
        localStorage.setItem(name, value);
    } catch { /* storage may be forbidden */ }
    return null;
}

function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    $('theme').textContent = theme === 'dark' ? 'Light' : 'Dark';
    for (const view of views) view.restyle();
}

function toggleTheme() {
    const theme = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    remember('pushlab-theme', theme);
    setTheme(theme);
}

function presenting() {
    return document.documentElement.hasAttribute('data-present');
}

function togglePresenter() {
    const on = document.documentElement.toggleAttribute('data-present');
    $('present').setAttribute('aria-pressed', String(on));
    foldKnobs();
    for (const view of views) view.restyle();
}

// ---- all at once ----

function toggleAll() {
    if (comparison.running) return;
    const any = lanes.some((lane) => lane.running);
    for (const lane of lanes) {
        if (any) lane.stop();
        else lane.start(context);
    }
    announce(any ? 'All stopped' : 'All started');
    showNumbers();
}

function clearAll() {
    for (const lane of lanes) lane.clear();
    cleared = accounts ?? {};
    showNumbers();
}

// Browsers slow down a hidden page, and its latencies would be wrong. So it pauses.
let resting = [];
function onVisibility() {
    held.set(document.hidden ? 0 : knobs.settings.held);
    if (comparison.running) return;
    if (document.hidden) {
        resting = lanes.filter((lane) => lane.running);
        for (const lane of resting) lane.stop();
    } else {
        for (const lane of resting) lane.start(context);
        resting = [];
    }
}

// ---- the comparison ----

async function measure() {
    $('measure-dialog').close();
    $('progress').hidden = false;
    $('progress').scrollIntoView({ block: 'nearest' });
    announce('Measuring');
    const tell = (text) => { $('progress-text').textContent = text; };
    const run = await comparison.start(Number($('seconds').value), tell);
    $('progress').hidden = true;
    try {
        run.pushlab = (await (await fetch('/stats', { cache: 'no-store' })).json()).pushlab;
    } catch { /* the run says what went wrong */ }
    showRun(run);
}

function showRun(run) {
    const result = $('measure-result'), scroll = document.createElement('div'), how = document.createElement('p');
    const problems = [...run.problems, ...run.rows.flatMap((row) => row.problems.map((p) => `${row.id}: ${p}`))];

    scroll.className = 'table-scroll';
    scroll.tabIndex = 0;
    scroll.append(resultTable(run));
    how.append(downloadLink(run),
        ' into a folder of its own, then: pushlab chart FOLDER, or pushlab compare FOLDER OTHER.');
    result.replaceChildren(scroll, ...problems.map((text) => {
        const p = document.createElement('p');
        p.textContent = text;
        return p;
    }), how);
    if (run.interrupted) result.prepend('Interrupted: only what was measured before.');
    announce('The comparison is done');
    $('measure-dialog').showModal();
}

// ---- controls ----

const bindings = [
    { keys: ['1', '2', '3', '4', '5'], what: 'start or stop one transport', act: (key) => toggle(lanes[key - 1]) },
    { keys: ['s'], what: 'start or stop all', act: toggleAll },
    { keys: ['['], what: 'fewer updates', act: () => knobs.rate.step(-1) },
    { keys: [']'], what: 'more updates', act: () => knobs.rate.step(1) },
    { keys: [','], what: 'a shorter artificial round trip', act: () => knobs.rtt.step(-1) },
    { keys: ['.'], what: 'a longer one', act: () => knobs.rtt.step(1) },
    { keys: ['-'], what: 'poll more often', act: () => knobs.poll.step(-1) },
    { keys: ['+', '='], what: 'poll less often', act: () => knobs.poll.step(1) },
    { keys: ['e'], what: 'send a message on every lane', act: () => send(lanes) },
    { keys: ['h'], what: 'hold one more connection open', act: () => knobs.held.step(1) },
    { keys: ['g'], what: 'one less', act: () => knobs.held.step(-1) },
    { keys: ['w'], what: 'the bytes on the wire', act: () => strip.toggle() },
    { keys: ['c'], what: 'clear what was measured so far', act: clearAll },
    { keys: ['m'], what: 'a measured comparison', act: () => $('measure-dialog').showModal() },
    { keys: ['p'], what: 'presenter mode: large type', act: togglePresenter },
    { keys: ['t'], what: 'dark or light', act: toggleTheme },
    { keys: ['?'], what: 'this list', act: () => $('help-dialog').showModal() },
];
bindKeys(bindings, $('keys'), () => $('keys-on').checked);
$('all').addEventListener('click', toggleAll);
$('clear').addEventListener('click', clearAll);
$('present').addEventListener('click', togglePresenter);
$('theme').addEventListener('click', toggleTheme);
$('help').addEventListener('click', () => $('help-dialog').showModal());
$('measure').addEventListener('click', () => { if (!comparison.running) $('measure-dialog').showModal(); });
$('measure-start').addEventListener('click', measure);
$('measure-stop').addEventListener('click', () => comparison.stop());
document.addEventListener('visibilitychange', onVisibility);
// Escape closes what is open first: a dialog, or the bytes.
document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented || !presenting()) return;
    if (document.querySelector('dialog[open]') === null) togglePresenter();
});
const wantedTheme = () => remember('pushlab-theme') ?? (darkness.matches ? 'dark' : 'light');
darkness.addEventListener('change', () => setTheme(wantedTheme()));

setTheme(wantedTheme());
const narrow = matchMedia('(max-width: 760px)');
function foldKnobs() {
    $('knobs').open = !narrow.matches && !presenting();
}
narrow.addEventListener('change', foldKnobs);
foldKnobs();

// For the browser's console.
globalThis.pushlab = { lanes, clock, lateness, knobs, page, comparison, waits, strip, accounts: readAccounts };

// A server that is not there refuses at once. No answer at all: the browser has no connection left.
for (let asked = performance.now(); !await clock.look(); asked = performance.now()) {
    if (performance.now() - asked > SILENT_MS) showWaits(NO_CONNECTION);
    await new Promise((resolve) => { setTimeout(resolve, 500); });
}
startedNs = clock.startedNs;
await knobs.read();
for (const lane of lanes) lane.start(context);
clock.start();
lateness.start();
countForever();
setInterval(showNumbers, NUMBERS_MS);
requestAnimationFrame(frame);
