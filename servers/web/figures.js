// A run's figures, as all of pushlab's outputs write them (bench/base/units.h): three digits, and
// halves go to the even digit.

function fixed(value, digits) {
    const halves = value * 2 ** (digits + 1); // odd when value lies just between two texts
    const lower = Math.floor(value * 10 ** digits);
    const even = Math.abs(halves % 2) === 1 && lower % 2 === 0;
    return even ? (lower / 10 ** digits).toFixed(digits) : value.toFixed(digits);
}

const digits = (value) => (value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);

export function ratio(value) {
    if (!Number.isFinite(value)) return '–';
    if (value === 0) return '0';
    if (value >= 999.5) return Number(fixed(value, 0)).toLocaleString('en');
    if (value >= 0.9995) return fixed(value, digits(value));
    return String(Number(fixed(value, 2 - Math.floor(Math.log10(value)))));
}

export function us(value) {
    if (!Number.isFinite(value)) return '–';
    if (value === 0) return '0 µs';
    for (const unit of ['µs', 'ms']) {
        if (value < 999.5) return `${fixed(value, digits(value))} ${unit}`;
        value /= 1000;
    }
    return `${fixed(value, digits(value))} s`;
}
