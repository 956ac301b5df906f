// The page's end of receiver.js: what a transport receives, with the moment it came, on the page's clock.

const worker = new Worker('/web/receiver.js', { type: 'module' });
const handlers = new Map();
let ids = 0;
let onTimings = () => {};

worker.onmessage = ({ data }) => {
    if (data.timings) onTimings(data.timings.map((e) => ({
        ...e, startTime: e.startTime - performance.timeOrigin,
        requestStart: e.requestStart > 0 ? e.requestStart - performance.timeOrigin : 0,
    })));
    else handlers.get(data.id)?.(data, data.at - performance.timeOrigin);
};

// listen(timings): of requests, once they are over; the browser's names, and connectingMs.
export function listenToTimings(listen) {
    onTimings = listen;
}

// kind and how are receiver.js's; on(message, now): what, and with it text, or an answer.
export function receive(kind, how, on) {
    const id = ids++;
    handlers.set(id, on);
    worker.postMessage({ id, kind, ...how });
    return {
        send: (text) => worker.postMessage({ id, kind: 'send', text }),
        close() {
            handlers.delete(id);
            worker.postMessage({ id, kind: 'close' });
        },
    };
}

// The same until signal aborts: the promise is resolved by on(message, now, resolve), or rejected, at the end
// or by what on() throws. begun(channel) is called at once.
export async function receiveUntil(signal, kind, how, on, begun = () => {}) {
    let channel, stop;
    try {
        return await new Promise((resolve, reject) => {
            stop = () => reject(new Error('stopped'));
            signal.addEventListener('abort', stop);
            channel = receive(kind, how, (message, now) => {
                try {
                    if (message.what === 'end') throw new Error('it ended');
                    on(message, now, resolve);
                } catch (error) {
                    reject(error);
                }
            });
            begun(channel);
        });
    } finally {
        signal.removeEventListener('abort', stop);
        channel.close();
    }
}
