// Latencies by the logarithm of their size: 50 steps to a decade, 0.05 ms to 100 s. Bounded
// memory, and percentiles good to 5 %.

const FIRST_MS = 0.05, STEPS = 50, DECADES = 6.3;

export class Histogram {
    counts = new Uint32Array(Math.ceil(STEPS * DECADES) + 1);
    total = 0;
    sumMs = 0;
    minMs = Infinity;
    maxMs = 0;

    add(ms) {
        const step = Math.round(Math.log10(Math.max(ms, FIRST_MS) / FIRST_MS) * STEPS);
        this.counts[Math.min(step, this.counts.length - 1)]++;
        this.total++;
        this.sumMs += ms;
        this.minMs = Math.min(this.minMs, ms);
        this.maxMs = Math.max(this.maxMs, ms);
    }

    // Beyond the median only where ten lie beyond it (docs/metrics.md#enough-updates).
    percentile(p) {
        if (p > 50 && this.total * (100 - p) < 1000) return NaN;
        let left = Math.ceil(this.total * p / 100);
        if (left === 0) return NaN;
        for (let i = 0; i < this.counts.length; i++) {
            left -= this.counts[i];
            if (left <= 0) return Math.min(FIRST_MS * 10 ** (i / STEPS), this.maxMs);
        }
        return this.maxMs;
    }

    clear() {
        this.counts.fill(0);
        this.total = this.sumMs = this.maxMs = 0;
        this.minMs = Infinity;
    }
}

// Bars from 0.1 ms to 10 s; what lies beyond goes into the outermost.
const BARS_PER_DECADE = 10, FROM_DECADE = -1, TO_DECADE = 4;

export function drawHistogram(canvas, histogram, style) {
    const { ctx, width, height } = canvas.fit();
    const bars = new Float64Array((TO_DECADE - FROM_DECADE) * BARS_PER_DECADE);
    const axis = 16, tall = height - axis - 2;

    histogram.counts.forEach((n, i) => {
        if (n === 0) return;
        const decade = Math.log10(FIRST_MS) + i / STEPS;
        const bar = Math.floor((decade - FROM_DECADE) * BARS_PER_DECADE + 1e-6);
        bars[Math.max(0, Math.min(bars.length - 1, bar))] += n;
    });
    const most = Math.max(...bars), wide = width / bars.length;

    ctx.clearRect(0, 0, width, height);
    ctx.fillStyle = style.rail;
    ctx.fillRect(0, height - axis, width, 1);
    ctx.font = `${style.tickPx}px ${style.font}`;
    ctx.textBaseline = 'bottom';
    ['1 ms', '10', '100', '1 s'].forEach((text, i) => {
        const x = Math.round((i - FROM_DECADE) * BARS_PER_DECADE * wide);
        ctx.fillStyle = style.rail;
        ctx.fillRect(x, height - axis, 1, 3);
        ctx.fillStyle = style.muted;
        ctx.textAlign = 'center';
        ctx.fillText(text, x, height);
    });
    ctx.fillStyle = style.colour;
    bars.forEach((n, i) => {
        if (n === 0) return;
        const h = Math.max(2, tall * n / most);
        ctx.fillRect(i * wide, height - axis - h, Math.max(1, wide - 1), h);
    });
}
