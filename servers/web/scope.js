// A lane as a moving ladder: the upper rail is the server, the lower one this page, time runs to
// the right, now is the right edge. A coloured stroke is an update on its way from where and when it
// was due to where and when it arrived: the flatter, the later. Grey strokes are requests;
// a bar on the upper rail is a response that the server holds open. The bar under the lower rail is
// the age of the newest value that this page has; each triangle above it is a request that had to be sent.
// A hatched bar on the lower rail is a request that waits in the browser. A black stroke up is a message of
// the page; it comes back as an update with a black edge.

import { WAIT_MS } from './waits.js';

export const WINDOW_MS = 5000;
const TOP = 11, BOTTOM = 23, STROKES_MAX = 1500;
const SLICE_PX = 4; // with more updates than one in so many pixels they are drawn as areas

export function drawScope(canvas, lane, now, style) {
    const { ctx, width, height } = canvas.fit();
    if (width === 0) return;
    const view = {
        ctx, width, height, style, now, lane,
        top: TOP, bottom: height - BOTTOM, from: now - WINDOW_MS,
        x: (t) => width - (now - t) * width / WINDOW_MS,
    };
    ctx.clearRect(0, 0, width, height);
    drawGrid(view);
    drawGone(view);
    drawOpenings(view);
    drawRequests(view);
    if (isDense(view)) drawDensity(view);
    else drawMarks(view);
    drawMessages(view);
    drawWaits(view);
    drawAge(view);
}

function drawGrid({ ctx, width, top, bottom, from, now, style, x }) {
    ctx.fillStyle = style.grid;
    for (let t = Math.ceil(from / 1000) * 1000; t <= now; t += 1000)
        ctx.fillRect(Math.round(x(t)), top, 1, bottom - top);
    ctx.fillStyle = style.rail;
    ctx.fillRect(0, top - 0.5, width, 1.5);
    ctx.fillRect(0, bottom - 0.5, width, 1.5);
}

function drawGone({ ctx, width, top, bottom, lane, style, x, now }) {
    if (lane.goneAt === null || lane.goneAt === undefined || !lane.running) return;
    const left = Math.max(0, x(lane.clock.at(lane.goneAt)));
    ctx.fillStyle = style.alert;
    ctx.globalAlpha = 0.16;
    ctx.fillRect(left, top, width - left, bottom - top);
    ctx.globalAlpha = 1;
}

function drawOpenings({ ctx, top, lane, from, now, style, x }) {
    ctx.fillStyle = style.colour;
    ctx.globalAlpha = 0.45;
    const bar = (a, b) => {
        const left = Math.max(0, x(a));
        ctx.fillRect(left, top - 4, Math.max(1, x(b) - left), 8);
    };
    lane.openings.back((o) => {
        if (o.to !== null && o.to < from) return false;
        bar(o.from, o.to ?? now);
        return true;
    });
    const oneWay = lane.oneWayMs ?? 0;
    if (!lane.transport.open) lane.requests.back((r) => {
        if (r.answered !== null && r.answered < from) return false;
        const until = r.answered === null ? now : r.answered - oneWay;
        const left = leftAt(r);
        if (left !== null && until - left > 3 * oneWay + 4) bar(left + oneWay, until);
        return true;
    });
    ctx.globalAlpha = 1;
}

// When the browser sent a request, as far as is known; null: it waits.
function leftAt(r) {
    if (r.waits && r.answered === null) return null;
    return r.waitedMs > WAIT_MS ? r.sent + r.waitedMs : r.sent;
}

// Up goes the request; down comes an answer without an update, as a broken stroke to a hollow dot.
function drawRequests({ ctx, top, bottom, lane, from, now, style, x }) {
    const oneWay = lane.oneWayMs ?? 0;
    const up = new Path2D(), empty = new Path2D(), dots = new Path2D(), sent = new Path2D();
    let n = 0;

    lane.requests.back((r) => {
        if ((r.answered ?? now) < from || n++ > STROKES_MAX) return false;
        const left = leftAt(r);
        const there = r.answered === null ? left + oneWay : Math.min(left + oneWay, (left + r.answered) / 2);
        if (left !== null) {
            up.moveTo(x(left), bottom);
            up.lineTo(x(there), top);
        }
        sent.moveTo(x(r.sent), bottom + 2);
        sent.lineTo(x(r.sent) - 3.5, bottom + 9);
        sent.lineTo(x(r.sent) + 3.5, bottom + 9);
        if (r.answered !== null && r.updates === 0 && !r.failed) {
            empty.moveTo(x(Math.max(there, r.answered - oneWay)), top);
            empty.lineTo(x(r.answered), bottom);
            dots.moveTo(x(r.answered) + 4, bottom);
            dots.arc(x(r.answered), bottom, 4, 0, 7);
        }
        return true;
    });
    ctx.strokeStyle = style.request;
    ctx.lineWidth = style.weight;
    ctx.stroke(up);
    ctx.fillStyle = style.ink;
    ctx.fill(sent);
    ctx.setLineDash([3, 3]);
    ctx.stroke(empty);
    ctx.setLineDash([]);
    ctx.stroke(dots);
}

// Many updates: strokes would only cover one another, and drawing them would make the page late. The
// updates due within a few pixels are one area, from where they left to where the first and
// the last of them arrived.
function drawDensity({ ctx, top, bottom, lane, from, style, x }) {
    const slices = new Map();

    lane.marks.back((m) => {
        if (m.received < from) return false;
        const slice = Math.floor(x(m.published) / SLICE_PX), down = x(m.received);
        const s = slices.get(slice);
        if (s === undefined) slices.set(slice, { first: down, last: down });
        else {
            s.first = Math.min(s.first, down);
            s.last = Math.max(s.last, down);
        }
        return true;
    });
    const areas = new Path2D();
    for (const [slice, { first, last }] of slices) {
        areas.moveTo(slice * SLICE_PX, top);
        areas.lineTo((slice + 1) * SLICE_PX, top);
        areas.lineTo(last + 1, bottom);
        areas.lineTo(first, bottom);
    }
    ctx.fillStyle = style.colour;
    ctx.globalAlpha = 0.7;
    ctx.fill(areas);
    ctx.globalAlpha = 1;
}

function isDense({ lane, from, width }) {
    let n = 0;

    lane.marks.back((m) => m.received >= from && n++ < width / SLICE_PX);
    return n > width / SLICE_PX;
}

// Strokes that would fall onto the same pixels are drawn once.
function drawMarks({ ctx, top, bottom, lane, from, style, x }) {
    const strokes = new Path2D(), dots = new Path2D();
    const size = style.weight + 2;
    let lastUp = NaN, lastDown = NaN, n = 0;

    lane.marks.back((m) => {
        if (m.received < from || n > STROKES_MAX) return false;
        const up = Math.round(x(m.published)), down = Math.round(x(m.received));
        if (up === lastUp && down === lastDown) return true;
        strokes.moveTo(up, top);
        strokes.lineTo(down, bottom);
        if (down !== lastDown) dots.rect(down - size / 2, bottom - size / 2, size, size);
        dots.rect(up - 1, top - 1, 2, 2);
        lastUp = up;
        lastDown = down;
        n++;
        return true;
    });
    ctx.strokeStyle = ctx.fillStyle = style.colour;
    ctx.lineWidth = style.weight;
    ctx.stroke(strokes);
    ctx.fill(dots);
}

// From the page to the server, and what came back of it.
function drawMessages({ ctx, top, bottom, lane, from, style, x }) {
    const up = new Path2D(), down = new Path2D(), squares = new Path2D();

    lane.messages.back((m) => {
        if ((m.received ?? m.sent) < from) return false;
        squares.rect(x(m.sent) - 4, bottom - 4, 8, 8);
        if (m.published === null) return true;
        up.moveTo(x(m.sent), bottom);
        up.lineTo(x(m.published), top);
        down.moveTo(x(m.published), top);
        down.lineTo(x(m.received), bottom);
        return true;
    });
    ctx.strokeStyle = ctx.fillStyle = style.ink;
    ctx.lineWidth = style.weight + 1.4;
    ctx.stroke(up);
    ctx.setLineDash([6, 3]);
    ctx.stroke(down);
    ctx.setLineDash([]);
    ctx.fill(squares);
}

// What has been asked for and has not left the browser.
function drawWaits({ ctx, width, bottom, lane, from, now, style, x }) {
    let widest = { width: 0 };

    lane.requests.back((r) => {
        const to = r.answered === null && r.waits ? now : r.waitedMs > WAIT_MS ? r.sent + r.waitedMs : null;
        if ((r.answered ?? now) < from) return false;
        if (to === null) return true;
        const left = Math.max(0, x(r.sent)), wide = Math.min(width, x(to)) - left;
        ctx.fillStyle = style.surface;
        ctx.fillRect(left, bottom - 12, wide, 11);
        ctx.fillStyle = style.hatch(ctx);
        ctx.fillRect(left, bottom - 11, wide, 10);
        if (wide > widest.width) widest = { left, width: wide };
        return true;
    });
    const text = 'waits in the browser';
    ctx.font = `600 ${style.tickPx + 1}px ${style.font}`;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'bottom';
    const wide = ctx.measureText(text).width + 4;
    if (wide > widest.width) return;
    ctx.fillStyle = style.surface;
    ctx.fillRect(widest.left, bottom - 14 - style.tickPx, wide, style.tickPx + 3);
    ctx.fillStyle = style.alert;
    ctx.fillText(text, widest.left + 2, bottom - 13);
}

function drawAge({ ctx, width, bottom, lane, style, x }) {
    if (lane.newest === null || !lane.running) return;
    const left = Math.max(0, x(lane.newest.published));
    ctx.fillStyle = style.colour;
    ctx.fillRect(left, bottom + 12, Math.max(2, width - left), 7);
}
