// Numbers as people read them.

export function ms(value) {
    if (!Number.isFinite(value)) return '–';
    if (value < 9.95) return `${value.toFixed(1)} ms`;
    if (value < 999.5) return `${value.toFixed(0)} ms`;
    return `${(value / 1000).toFixed(value < 9950 ? 2 : 1)} s`;
}

export function bytes(value) {
    if (!Number.isFinite(value)) return '–';
    if (value < 999.5) return `${value.toFixed(0)} B`;
    if (value < 999_500) return `${(value / 1000).toPrecision(3)} kB`;
    if (value < 999_500_000) return `${(value / 1e6).toPrecision(3)} MB`;
    return `${(value / 1e9).toPrecision(3)} GB`;
}

export function count(value) {
    return Number.isFinite(value) ? value.toLocaleString('en') : '–';
}

export const plural = (n, word) => `${count(n)} ${word}${n === 1 ? '' : 's'}`;

// What an update says, in a few words: its first member that is one, with its name.
export function story(data) {
    if (data === null || typeof data !== 'object') return String(data);
    const found = Object.entries(data).find(([, value]) => value !== null && typeof value !== 'object');
    if (!found) return '';
    const [name, value] = found;
    return name === 'message' ? String(value) : `${name} ${value}`;
}

export function ratio(value) {
    if (!Number.isFinite(value)) return '–';
    if (value === 0) return '0';
    return value >= 99.95 ? value.toFixed(0) : value >= 0.9995 ? value.toPrecision(3) : value.toPrecision(2);
}
