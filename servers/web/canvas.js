// Canvases that are as sharp as the screen, and what to draw them with.

// Give canvas a fit(): its context, cleared of transforms, and its size in CSS pixels.
export function prepare(canvas) {
    const ctx = canvas.getContext('2d');
    const size = { width: 0, height: 0 };
    new ResizeObserver(([entry]) => {
        size.width = entry.contentRect.width;
        size.height = entry.contentRect.height;
    }).observe(canvas);
    canvas.fit = () => {
        const scale = window.devicePixelRatio || 1;
        const wide = Math.round(size.width * scale), tall = Math.round(size.height * scale);
        if (canvas.width !== wide) canvas.width = wide;
        if (canvas.height !== tall) canvas.height = tall;
        ctx.setTransform(scale, 0, 0, scale, 0, 0);
        return { ctx, ...size };
    };
    return canvas;
}

function hatching(colour) {
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8;
    const ctx = tile.getContext('2d');
    ctx.strokeStyle = colour;
    ctx.lineWidth = 2.5;
    for (const at of [-8, 0, 8]) {
        ctx.moveTo(at, 8);
        ctx.lineTo(at + 8, 0);
    }
    ctx.stroke();
    return tile;
}

// The theme's colours, for a lane of that colour.
export function readStyle(element) {
    const computed = getComputedStyle(element);
    const of = (name) => computed.getPropertyValue(name).trim();
    const alert = of('--alert');
    let pattern = null;
    return {
        // Diagonal lines, made once.
        hatch(ctx) {
            return pattern ??= ctx.createPattern(hatching(alert), 'repeat');
        },
        colour: of('--lane'), ink: of('--ink'), muted: of('--muted'), surface: of('--surface'), rail: of('--rail'), grid: of('--grid'),
        request: of('--request'), alert, font: computed.fontFamily,
        tickPx: parseFloat(of('--tick')) || 10, weight: parseFloat(of('--stroke')) || 1.5,
    };
}
