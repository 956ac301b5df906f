// How long a callback of this page waits until the browser gets to it. What arrives is stamped before that
// (receiver.js), but the next poll is asked for, and the picture drawn, as much later.

const STEP_MS = 50, KEPT = 40;

export class Lateness {
    ms = 0; // the mean of the last two seconds
    #samples = [];

    start() {
        const due = performance.now() + STEP_MS;
        setTimeout(() => {
            this.#samples.push(Math.max(0, performance.now() - due));
            if (this.#samples.length > KEPT) this.#samples.shift();
            this.ms = this.#samples.reduce((a, b) => a + b) / this.#samples.length;
            this.start();
        }, STEP_MS);
    }
}
