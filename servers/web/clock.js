// The server's clock (CLOCK_MONOTONIC, which stamps every update), as seen from this page.
//
// Each sample of GET /time gives four times: sent and answered here, received and sent there. The
// difference of the two clocks is known to within half of the round trip; the sample with the
// shortest round trip has the tightest bound, and is the one that is used.

const KEEP_MS = 120_000; // clocks drift apart: older looks are forgotten
const TIMER_STEP_MS = 0.1; // browsers coarsen performance.now()

export class ServerClock {
    offsetMs = 0;
    errorMs = Infinity; // half the shortest round trip, and the timer's step
    startedNs = null; // when the server's present life began
    #looks = [];
    #pending = null;

    now() {
        return performance.now() + this.offsetMs;
    }

    // A local performance.now() on the server's clock.
    at(localMs) {
        return localMs + this.offsetMs;
    }

    // Take a sample; callers at the same time share one request. Resolves to true when the server answered.
    look() {
        this.#pending ??= this.#ask().finally(() => { this.#pending = null; });
        return this.#pending;
    }

    async #ask() {
        const url = new URL(`/time?n=${Math.random().toString(36).slice(2)}`, location.href).href;
        let sent = performance.now();
        try {
            const response = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(5000) });
            let answered = performance.now();
            const time = await response.json();
            const entry = performance.getEntriesByName(url)[0];
            // The network's own times are tighter than those of our callbacks, where there are any.
            if (entry?.requestStart > 0 && entry.responseStart >= entry.requestStart) {
                sent = entry.requestStart;
                answered = entry.responseStart;
            }
            this.#use(sent, answered, time);
            return true;
        } catch {
            return false;
        } finally {
            performance.clearResourceTimings();
        }
    }

    #use(sent, answered, time) {
        const there = time.received_ns / 1e6, thence = time.monotonic_ns / 1e6;
        const roundTripMs = Math.max(0, answered - sent - (thence - there));
        const now = performance.now();

        this.startedNs = time.started_ns;
        this.#looks.push({ at: now, roundTripMs, offsetMs: (there + thence - sent - answered) / 2 });
        // After a restart with another clock (another boot) old samples are wrong.
        const newest = this.#looks.at(-1);
        this.#looks = this.#looks.filter((l) => now - l.at < KEEP_MS &&
            Math.abs(l.offsetMs - newest.offsetMs) <= (l.roundTripMs + newest.roundTripMs) / 2 + 1);
        const best = this.#looks.reduce((a, b) => (b.roundTripMs < a.roundTripMs ? b : a));
        this.offsetMs = best.offsetMs;
        this.errorMs = best.roundTripMs / 2 + TIMER_STEP_MS;
    }

    // A few samples at once, then one every few seconds.
    async start() {
        for (let i = 0; i < 8; i++) await this.look();
        setInterval(() => { if (!document.hidden) this.look(); }, 3000);
    }
}
