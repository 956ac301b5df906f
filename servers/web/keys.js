// Single-key shortcuts, for presenters. They can be switched off (WCAG 2.1.4), and do nothing in a
// text field or a list.

export function bindKeys(bindings, list, enabled) {
    for (const { keys, what } of bindings) {
        const dt = document.createElement('dt'), dd = document.createElement('dd');
        keys.forEach((key, i) => {
            const kbd = document.createElement('kbd');
            kbd.textContent = key.toUpperCase();
            dt.append(...(i > 0 ? [' '] : []), kbd);
        });
        dd.textContent = what;
        list.append(dt, dd);
    }
    document.addEventListener('keydown', (event) => {
        if (!enabled() || event.ctrlKey || event.altKey || event.metaKey) return;
        if (document.querySelector('dialog[open]')) return;
        if (event.target.closest('select, input:not([type="range"], [type="checkbox"])')) return;
        const binding = bindings.find((b) => b.keys.includes(event.key.toLowerCase()));
        if (!binding) return;
        event.preventDefault();
        binding.act(event.key);
    });
}
