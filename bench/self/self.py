#!/usr/bin/python3
"""How fast is pushlab itself? Ratios to a bare floor or a known peer, measured side by side.

    make bench-self            all of it, written to results/self.md
    self.py --only fanout      one part, to standard output

These machines drift by a fifth within minutes, so every figure is a ratio within one run,
and every measurement of ours is bracketed by the floor before and after it.
CPU time is the kernel's own count for the process (/proc/PID/schedstat, nanoseconds).
"""
import argparse
import http.client
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

BIN = os.environ.get("PUSHLAB_BIN", "build/release")
CORES = os.cpu_count()


def pinned(core, command):
    """Server on the first core, load on the second; on one core they share it."""
    return (["taskset", "-c", str(core)] if CORES > 1 else []) + command


def cpu_ns(pid):
    with open(f"/proc/{pid}/schedstat") as f:
        return int(f.read().split()[0])


def rss_bytes(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Process:
    """A child that is always reaped."""

    def __init__(self, command, core, stdin=None):
        self.child = subprocess.Popen(pinned(core, command), stdout=subprocess.PIPE, stdin=stdin,
                                      text=True)

    def line(self):
        return self.child.stdout.readline().strip()

    def cpu_ns(self):
        return cpu_ns(self.child.pid)

    def rss_bytes(self):
        return rss_bytes(self.child.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def server(*options):
    process = Process([f"{BIN}/pushlab-server", "--listen", "127.0.0.1:0", *options], 0)
    process.port = int(process.line().rsplit(":", 1)[1])
    return process


def floor_server(rate, frame_bytes):
    process = Process([f"{BIN}/self/floor_fanout", str(rate), str(frame_bytes)], 0)
    process.port = int(process.line().rsplit(":", 1)[1])
    return process


def sink(port, connections, mode):
    process = Process([f"{BIN}/self/floor_sink", str(port), str(connections), mode], 1,
                      stdin=subprocess.PIPE)
    if process.line() != "ready":
        sys.exit("self.py: floor_sink did not become ready")
    return process


def stats(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/stats")
    return json.loads(connection.getresponse().read())


def transport_sent(port, name):
    return stats(port)["transports"][name]["updates_sent"]


def md_table(head, rows):
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    out += ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]
    return "\n".join(out) + "\n"


# ---------------------------------------------------------------- fan-out

RATE_HZ, SUBSCRIBERS, PAYLOAD_BYTES = 20, 1000, 128


def frame_bytes(mode):
    """The size of one delivery on the wire, so that the floor sends as much."""
    envelope = len('{"seq":100,"t":2071390550758,"data":}') + PAYLOAD_BYTES
    framing = {"websocket": 4, "stream": 1 + 6, "sse": len("id: 100\ndata: \n\n") + 6,
               "long-poll": 180}
    return envelope + framing[mode]


def floor_cpu_per_delivery(mode, seconds):
    with floor_server(RATE_HZ, frame_bytes(mode)) as f, sink(f.port, SUBSCRIBERS, "websocket"):
        time.sleep(0.3)
        cpu, at = f.cpu_ns(), time.monotonic()
        time.sleep(seconds)
        deliveries = round((time.monotonic() - at) * RATE_HZ) * SUBSCRIBERS
        return (f.cpu_ns() - cpu) / deliveries


def our_cpu_per_delivery(mode, seconds):
    with server("--rate", str(RATE_HZ), "--payload-bytes", str(PAYLOAD_BYTES)) as s, \
            sink(s.port, SUBSCRIBERS, mode):
        time.sleep(0.3)
        sent, cpu = transport_sent(s.port, mode), s.cpu_ns()
        time.sleep(seconds)
        cpu = s.cpu_ns() - cpu
        return cpu / (transport_sent(s.port, mode) - sent)


def bracketed(ours, floor, rounds):
    """Ratios of ours to the mean of the floors measured right before and after."""
    ratios, ours_ns, floors = [], [], [floor()]
    for _ in range(rounds):
        ours_ns.append(ours())
        floors.append(floor())
        ratios.append(ours_ns[-1] / ((floors[-2] + floors[-1]) / 2))
    return ratios, ours_ns, floors


def fanout(seconds, rounds):
    targets = {"websocket": 1.10, "sse": 1.10, "stream": 1.10, "long-poll": 1.8}
    rows = []
    for mode, target in targets.items():
        ratios, ours, floors = bracketed(lambda: our_cpu_per_delivery(mode, seconds),
                                         lambda: floor_cpu_per_delivery(mode, seconds), rounds)
        rows.append([mode, f"{statistics.median(ours) / 1000:.2f}",
                     f"{statistics.median(floors) / 1000:.2f}",
                     f"**{statistics.median(ratios):.2f}**",
                     f"{min(ratios):.2f} – {max(ratios):.2f}", f"≤ {target}"])
    return ("## Fan-out\n\n"
            f"{SUBSCRIBERS} subscribers, {PAYLOAD_BYTES}-byte data, {RATE_HZ} updates/s; server CPU "
            f"per delivery, {rounds} rounds of {seconds} s. The floor is `bench/self/floor_fanout.c`: "
            "a bare epoll loop, one `send` per delivery of the same number of bytes. The receiver is "
            "the same bare `floor_sink` for both. A long poll's delivery is a request and a response; "
            "its floor is still one `send`.\n\n" +
            md_table(["transport", "ours, µs", "floor, µs", "ratio, median", "range", "target"], rows))


# ---------------------------------------------------------------- short polling

NGINX_CONF = """worker_processes 1; daemon off; master_process off; pid {dir}/nginx.pid;
error_log {dir}/error.log; events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 75s;
client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir};
uwsgi_temp_path {dir}; scgi_temp_path {dir};
server {{ listen 127.0.0.1:{port}; location / {{ return {answer}; }} }} }}
"""


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        except OSError:
            continue
    sys.exit(f"self.py: nothing answers on port {port}")


def wrk(process, url, seconds):
    cpu = process.cpu_ns()
    out = subprocess.run(pinned(1, ["wrk", "-t1", "-c64", f"-d{seconds}s", url]),
                         capture_output=True, text=True, check=True).stdout
    cpu = process.cpu_ns() - cpu
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"self.py: wrk had errors:\n{out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), cpu / requests


def nginx_run(answer, seconds):
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        conf = os.path.join(folder, "nginx.conf")
        with open(conf, "w") as f:
            f.write(NGINX_CONF.format(dir=folder, port=port, answer=answer))
        with Process(["/usr/sbin/nginx", "-c", conf, "-e", os.path.join(folder, "error.log")], 0) as n:
            wait_for_port(port)
            return wrk(n, f"http://127.0.0.1:{port}/", seconds)


def poll_run(empty, seconds):
    """One update is published; a poll from before it gets it, a poll from it gets nothing."""
    with server("--source", "none") as s:
        connection = http.client.HTTPConnection("127.0.0.1", s.port)
        connection.request("POST", "/publish", json.dumps("x" * (PAYLOAD_BYTES - 2)))
        connection.getresponse().read()
        return wrk(s, f"http://127.0.0.1:{s.port}/poll?since={1 if empty else 0}", seconds)


def polling(seconds, rounds):
    rows = []
    body = "x" * 300
    for label, empty, answer in (("empty, 204", True, "204"), ("one update, 200", False, f'200 "{body[:185]}"')):
        rps, cpu, ours = [], [], []
        before = nginx_run(answer, seconds)
        for _ in range(rounds):
            mine = poll_run(empty, seconds)
            after = nginx_run(answer, seconds)
            rps.append(mine[0] / ((before[0] + after[0]) / 2))
            cpu.append(mine[1] / ((before[1] + after[1]) / 2))
            ours.append(mine)
            before = after
        rows.append([label, f"{statistics.median(o[0] for o in ours):.0f}",
                     f"**{statistics.median(rps):.2f}**", f"{min(rps):.2f} – {max(rps):.2f}", "≥ 1.1",
                     f"{statistics.median(o[1] for o in ours) / 1000:.2f}",
                     f"**{statistics.median(cpu):.2f}**", f"{min(cpu):.2f} – {max(cpu):.2f}", "≤ 0.85"])
    return ("## Short polling\n\n"
            f"`wrk -t1 -c64`, {rounds} rounds of {seconds} s, beside nginx with one worker and "
            "`return 204` or `return 200` with as many bytes, access log off. Server on one core, wrk "
            "on the other; wrk itself is near its limit, so CPU per request tells more.\n\n" +
            md_table(["poll", "requests/s", "ratio to nginx", "range", "target", "CPU µs/request",
                      "ratio to nginx", "range", "target"], rows))


# ---------------------------------------------------------------- latency

def client(port, *options):
    out = subprocess.run([f"{BIN}/pushlab-client", "--url", f"http://127.0.0.1:{port}", "--json",
                          *options], capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit(f"self.py: pushlab-client: {out.stderr}")
    return json.loads(out.stdout)


def latency(seconds, rounds):
    rate = 100

    def ours():
        # The echo's messages carry the time at which they were sent.
        with server("--rate", str(rate), "--core", "0", "--stamp", "published") as s:
            report = client(s.port, "--transport", "websocket", "--clients", "1", "--warmup", "0.5",
                            "--duration", str(seconds), "--core", "1")
            return report["latency_us"]["p50"] * 1000

    halves = []

    def floor():
        out = subprocess.run([f"{BIN}/self/floor_echo", str(rate), str(seconds * rate),
                              str(frame_bytes("websocket"))], capture_output=True, text=True, check=True)
        report = json.loads(out.stdout)
        halves.append(report["half_rtt_p50_ns"])
        return report["p50_ns"]

    ratios, mine, floors = bracketed(ours, floor, rounds)
    return ("## Measurement overhead\n\n"
            f"p50 of WebSocket latency from publication at one client, {rate} updates/s, beside the one-way time of a bare "
            "C echo (`bench/self/floor_echo.c`) at the same spacing: both ends read one clock, and the core that "
            "receives has slept between messages, as in our case. Half the echo's round trip is lower, since its "
            "way back finds a core that is still awake; it is given for comparison.\n\n" +
            md_table(["ours, µs", "floor, µs", "ratio, median", "range", "target", "half round trip, µs"],
                     [[f"{statistics.median(mine) / 1000:.1f}", f"{statistics.median(floors) / 1000:.1f}",
                       f"**{statistics.median(ratios):.2f}**", f"{min(ratios):.2f} – {max(ratios):.2f}",
                       "≤ 1.5", f"{statistics.median(halves) / 1000:.1f}"]]))


# ---------------------------------------------------------------- driver

def driver(seconds, rounds):
    options = ("--rate", str(RATE_HZ), "--payload-bytes", str(PAYLOAD_BYTES), "--core", "0")

    def ours():
        with server(*options) as s:
            report = client(s.port, "--transport", "websocket", "--clients", str(SUBSCRIBERS),
                            "--warmup", "0.5", "--duration", str(seconds), "--core", "1")
            return report["window"]["cpu_us"] * 1000 / report["window"]["deliveries"]

    def floor():
        with server(*options) as s, sink(s.port, SUBSCRIBERS, "websocket") as k:
            time.sleep(0.3)
            sent, cpu = transport_sent(s.port, "websocket"), k.cpu_ns()
            time.sleep(seconds)
            cpu = k.cpu_ns() - cpu
            return cpu / (transport_sent(s.port, "websocket") - sent)

    ratios, mine, floors = bracketed(ours, floor, rounds)
    return ("## Driver\n\n"
            f"Client CPU per received update, {SUBSCRIBERS} WebSockets, {RATE_HZ} updates/s, beside a bare "
            "epoll loop that reads and discards (`bench/self/floor_sink.c`).\n\n" +
            md_table(["ours, µs", "floor, µs", "ratio, median", "range", "target"],
                     [[f"{statistics.median(mine) / 1000:.2f}", f"{statistics.median(floors) / 1000:.2f}",
                       f"**{statistics.median(ratios):.2f}**", f"{min(ratios):.2f} – {max(ratios):.2f}",
                       "≤ 1.5"]]))


# ---------------------------------------------------------------- memory

def memory():
    rows = []
    for mode in ("websocket", "stream", "sse"):
        per = []
        for n in (2500, 5000, 10000):
            with server("--source", "none") as s:
                with sink(s.port, 1, mode):
                    stats(s.port)  # what the first of its kind sets up once is not per subscriber
                before = s.rss_bytes()
                with sink(s.port, n, mode):
                    per.append((s.rss_bytes() - before) / n)
        rows.append([mode] + [f"{b:.0f}" for b in per[:-1]] + [f"**{per[-1]:.0f}**", "≤ 700"])
    return ("## Memory\n\n"
            "Growth of the server's resident set per idle subscriber, bytes.\n\n" +
            md_table(["transport", "2,500", "5,000", "10,000 subscribers", "target"], rows))


# ---------------------------------------------------------------- where the time goes

def perf_shares(pid, seconds):
    """Share of CPU samples by binary: [(name, percent)], or None without perf."""
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "perf.data")
        record = subprocess.run(["perf", "record", "-q", "-o", data, "-p", str(pid), "sleep", str(seconds)],
                                capture_output=True, text=True)
        if record.returncode != 0:
            return None
        report = subprocess.run(["perf", "report", "-i", data, "--no-children", "--sort", "dso"],
                                capture_output=True, text=True).stdout
    return [(name.strip("[]"), float(percent)) for percent, name in
            re.findall(r"^\s+([\d.]+)%\s+(\S+)", report, re.M)]


def where(seconds):
    rows = []
    if shutil.which("perf") is None:
        return "## Where the time goes\n\nNot measured: perf is not installed (Debian: linux-perf).\n"
    with server("--rate", str(RATE_HZ)) as s, sink(s.port, SUBSCRIBERS, "websocket"):
        rows.append(("WebSocket fan-out", perf_shares(s.child.pid, seconds)))
    with server("--rate", str(RATE_HZ)) as s, sink(s.port, SUBSCRIBERS, "long-poll"):
        rows.append(("long polling", perf_shares(s.child.pid, seconds)))
    with server("--source", "none") as s:
        load = subprocess.Popen(pinned(1, ["wrk", "-t1", "-c64", f"-d{seconds + 1}s",
                                           f"http://127.0.0.1:{s.port}/poll?since=0"]),
                                stdout=subprocess.DEVNULL)
        rows.append(("short polling under wrk", perf_shares(s.child.pid, seconds)))
        load.wait()
    if any(shares is None for _, shares in rows):
        return "## Where the time goes\n\nNot measured: perf may not sample here (kernel.perf_event_paranoid).\n"
    return ("## Where the time goes\n\nCPU samples of the server process by binary (`perf record`).\n\n" +
            md_table(["work", "shares"],
                     [[work, ", ".join(f"{name} {percent:.0f} %" for name, percent in shares[:4])]
                      for work, shares in rows]))


def environment(target):
    """A line for the top of a page that `make TARGET` writes."""
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*:\s*(.*)", f.read())
    model = model.group(1) if model else "unknown processor"
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True,
                            text=True).stdout.strip() or "unknown"
    return (f"{model}, {CORES} cores, Linux {os.uname().release}; pushlab {commit}; "
            f"{time.strftime('%Y-%m-%d', time.gmtime())}. Regenerate with `make {target}`.\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["fanout", "polling", "latency", "driver", "memory", "where"])
    parser.add_argument("--out", help="write the report to this file")
    args = parser.parse_args()
    if shutil.which("wrk") is None and args.only in (None, "polling"):
        sys.exit("self.py: wrk is missing; bench/deps.sh self installs it")
    parts = {"fanout": lambda: fanout(args.seconds, args.rounds),
             "polling": lambda: polling(args.seconds, args.rounds),
             "latency": lambda: latency(args.seconds, args.rounds),
             "driver": lambda: driver(args.seconds, args.rounds),
             "memory": memory,
             "where": lambda: where(args.seconds)}
    text = "# How fast pushlab itself is\n\n" + environment("bench-self")
    for name, part in parts.items():
        if args.only in (None, name):
            text += "\n" + part()
            print(f"self.py: {name} done", file=sys.stderr)
    if args.out:
        with open(args.out + ".tmp", "w") as f:
            f.write(text)
        os.replace(args.out + ".tmp", args.out)
    else:
        print(text)


if __name__ == "__main__":
    main()
