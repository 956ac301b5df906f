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

// The theme's colours, for a lane of that colour.
export function readStyle(element) {
    const computed = getComputedStyle(element);
    const of = (name) => computed.getPropertyValue(name).trim();
    return {
        colour: of('--lane'), ink: of('--ink'), muted: of('--muted'), rail: of('--rail'), grid: of('--grid'),
        request: of('--request'), alert: of('--alert'), font: computed.fontFamily,
        tickPx: parseFloat(of('--tick')) || 10, weight: parseFloat(of('--stroke')) || 1.5,
    };
}
