#!/usr/bin/python3
"""Are the figures of a run true? Each is compared with three others that share no code with it:

captured   packets that the emulated link wrote (--pcap), read by tshark: requests, handshakes, bytes,
           packets, and the time from t in an update's text to the packet that brought it
predicted  the run's own publication times, played through a perfect network by the few lines of
           `play` below
outside    CPU time and memory of the server, read from /proc while it runs

    make bench-truth                         all 18 runs, written to results/truth.md; 7 minutes
    truth.py --cells 25:50:fixed             one of them, to standard output
    truth.py --check FOLDER                  compare again what a run has left there
"""
import argparse
import bisect
import json
import os
import pathlib
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

from self import cpu_ns, environment, rss_bytes

BIN = pathlib.Path(os.environ.get("PUSHLAB_BIN", "build/release"))
RATES, RTTS_MS, PATTERNS = (1, 5, 25), (0, 50, 200), ("fixed", "poisson")
ROWS = [{"transport": "short-poll", "interval_ms": 230},
        {"transport": "short-poll", "interval_ms": 230, "connection": "close"},
        {"transport": "long-poll"}, {"transport": "long-poll", "connection": "close"},
        {"transport": "websocket"}]
CLIENTS = 5
SAMPLE_S = 0.02
PROGRAMS_NS = 500_000  # of an exchange: what the two programs take. Polls at a fixed pace drift by it

# Name, witness, and what may lie between the two figures: a share of the larger one, and an amount.
# The amounts of latency are what these programs and a shared machine take; those of counts are what
# is on its way when the window opens or closes.
CHECKS = {
    ("latency mean, ms", "captured"): (0.02, 2),
    ("latency mean, ms", "predicted"): (0.03, 4),
    ("requests", "captured"): (0, CLIENTS),
    ("requests", "predicted"): (0.02, 2 * CLIENTS),
    ("TCP handshakes", "captured"): (0, CLIENTS + 1),
    ("TCP handshakes", "predicted"): (0.02, 2 * CLIENTS),
    ("wire bytes", "captured"): (0.001, 300),
    ("packets", "captured"): (0.001, 3),
    ("server CPU, ms", "outside"): (0.05, 5),
    ("server memory, KB", "outside"): (0.01, 64),
}


# ---- a run, and what is seen of its processes from outside ----

def scenario(rate_hz, rtt_ms, pattern):
    return {"name": "truth", "title": "Are the figures true?", "clients": CLIENTS, "rows": ROWS,
            "source": {"kind": "generator", "rate_hz": rate_hz, "pattern": pattern},
            "poll_jitter_ms": 0, "warmup_s": 0.3, "duration_s": 2.5, "drain_s": 3, "link": f"rtt={rtt_ms}ms"}


def descendants(pid):
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield child
        yield from descendants(child)


class Watch(threading.Thread):
    """(monotonic ns, CPU ns, resident bytes) of every server that a run starts, by pid."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.samples, self.ended = pid, {}, threading.Event()

    def look(self, pid):
        try:
            if pathlib.Path("/proc", pid, "comm").read_text().strip() != "pushlab-server":
                return
            sample = cpu_ns(pid), rss_bytes(pid)
        except (OSError, IndexError):
            return
        self.samples.setdefault(pid, []).append((time.monotonic_ns(), *sample))

    def run(self):
        while not self.ended.wait(SAMPLE_S):
            for pid in descendants(self.pid):
                self.look(pid)


def measure(folder, cell, options):
    """Run the cell in folder, with more options of `pushlab run`. witness.json beside run.json keeps what was seen from outside."""
    path = pathlib.Path(folder) / "truth.json"
    path.write_text(json.dumps(scenario(*cell)))
    run = subprocess.Popen([BIN / "pushlab", "run", path, "--out", folder, "--pcap", "--no-charts",
                            *options], stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, text=True)
    watch = Watch(run.pid)
    watch.start()
    errors = run.communicate()[1]
    watch.ended.set()
    watch.join()
    if run.returncode != 0:
        sys.exit(f"truth.py: pushlab run exited with {run.returncode}: {errors}")
    out = pathlib.Path(folder, "latest").resolve()
    (out / "witness.json").write_text(json.dumps({
        "wall_minus_monotonic_ns": time.time_ns() - time.monotonic_ns(),
        "servers": list(watch.samples.values())}))
    return out


# ---- captured: packets ----

ENHANCED_PACKET, OTHER_END_PACKET = 6, 0x80000006  # types of blocks (bench/wire/pcapng.h)


def show_both_ends(path):
    """A copy of a capture in which tshark sees the server's view, too. Returns its path."""
    data, at = bytearray(pathlib.Path(path).read_bytes()), 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == OTHER_END_PACKET:
            struct.pack_into("<I", data, at, ENHANCED_PACKET)
        at += length
    copy = pathlib.Path(path).with_name("both-" + pathlib.Path(path).name)
    copy.write_bytes(data)
    return copy


UPDATE = re.compile(rb'"seq":(\d+),"t":(\d+)')


class Frame:
    """A packet at one end of the link. port: the client's."""

    def __init__(self, server, epoch, interface, source, length, source_port, port, flags, payload):
        self.wall_ns, self.at_client = int(epoch.replace(".", "")), interface == "client"
        self.up, self.length = source != server, int(length)
        self.port = source_port if self.up else port
        self.opens = int(flags, 16) & 0x12 == 0x02
        self.data = bytes.fromhex(payload.replace(":", ""))


class Captured:
    """What a row's packets say. Each is counted where it enters the link; an update is read where it
    leaves it, at the clients' end. The control connection, which asks for /stats, is left out."""

    def __init__(self, folder, row, wall_minus_monotonic_ns):
        raw = row["raw"]
        self.start_ns, self.end_ns = raw["window_start_ns"], raw["window_end_ns"]
        self.requests = self.connects = self.bytes = self.packets = 0
        self.requests_ns, self.first_syn_ns = {}, {}
        self.latencies_ns, self.published_ns = [], {}
        server = raw["url"].partition("//")[2].rpartition(":")[0]
        frames = [Frame(server, *fields)
                  for fields in self.frames(folder / f"wire-{row['id']}.pcapng")]
        control = {f.port for f in frames if f.data.startswith(b"GET /stats")}
        for f in frames:
            if f.port not in control:
                self.add(f, f.wall_ns - wall_minus_monotonic_ns)

    @staticmethod
    def frames(path):
        names = ("frame.time_epoch", "frame.interface_name", "ip.src", "ip.len", "tcp.srcport",
                 "tcp.dstport", "tcp.flags", "tcp.payload")
        words = [word for name in names for word in ("-e", name)]
        done = subprocess.run(["tshark", "-r", show_both_ends(path), "-Y", "tcp", "-T", "fields", "-E",
                               "separator=|", *words], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"truth.py: tshark: {done.stderr.strip()}")
        return (line.split("|") for line in done.stdout.splitlines())

    def add(self, f, at_ns):
        inside = self.start_ns <= at_ns < self.end_ns
        if f.at_client and not f.up:
            self.arrived(at_ns, f.data)
        if f.up != f.at_client:
            return
        self.packets += inside
        self.bytes += inside and f.length
        asks = f.up and f.data.startswith(b"GET ")
        self.connects += inside and f.opens
        self.requests += inside and asks
        if asks:
            self.requests_ns.setdefault(f.port, []).append(at_ns)
        if f.opens and f.up:
            self.first_syn_ns.setdefault(f.port, at_ns)

    def first_polls_ns(self, interval_ms):
        """(sent, due) of each kept connection's first poll. Polls leave by the clock or, while the
        connection or the answer before is not there yet, later, never earlier: so the one that was
        least late tells when all were due."""
        return [(at[0], min(ns - k * (interval_ms or 0) * 10**6 for k, ns in enumerate(at)))
                for at in self.requests_ns.values()]

    def arrived(self, at_ns, data):
        for seq, t in UPDATE.findall(data):
            self.published_ns[int(seq)] = int(t)
            if self.start_ns <= int(t) < self.end_ns:
                self.latencies_ns.append(at_ns - int(t))


# ---- predicted: a perfect network ----

def play(row, starts_ns, published_ns, rtt_ns, start_ns, end_ns):
    """Latencies of the window's updates, and the requests sent in it, when nothing takes time but the
    network, and PROGRAMS_NS. starts_ns: when each client began its first connection, or on kept ones
    sent its first poll; and when that was due. A short poll is due an interval after the one before was, however
    late that was."""
    close, poll = row["connection"] == "close", row["transport"].endswith("poll")
    latencies, requests = [], 0
    for sent, due in starts_ns if poll else ():
        taken = bisect.bisect_right(published_ns, sent)
        first = True
        while sent < end_ns + 10**9:
            asked = sent + close * rtt_ns
            requests += start_ns <= asked < end_ns
            reached = asked + rtt_ns // 2
            if row["transport"] == "long-poll" and taken < len(published_ns):
                reached = max(reached, published_ns[taken])
            upto = bisect.bisect_right(published_ns, reached)
            if not first:  # the first answer has no history
                latencies += [reached + rtt_ns // 2 - t for t in published_ns[taken:upto]
                              if start_ns <= t < end_ns]
            first = False
            if row["transport"] == "long-poll" and taken >= len(published_ns):
                break
            taken, answered = upto, reached + rtt_ns // 2 + PROGRAMS_NS
            due += (row["interval_ms"] or 0) * 10**6
            sent = max(due, answered)
    if not poll:
        latencies = [rtt_ns // 2 for t in published_ns if start_ns <= t < end_ns]
    return latencies, requests


# ---- one row ----

def outside(row, servers):
    """CPU ms in the window and resident KB at its start, of the process whose time fits."""
    start_ns, end_ns = row["raw"]["window_start_ns"], row["raw"]["window_end_ns"]
    for samples in servers:
        times = [sample[0] for sample in samples]
        if times[0] > start_ns or times[-1] < end_ns - 3 * SAMPLE_S * 1e9:  # it may end with the window
            continue

        def at(ns, which, times=times, samples=samples):
            i = min(max(1, bisect.bisect_left(times, ns)), len(times) - 1)
            (t0, *a), (t1, *b) = samples[i - 1], samples[i]
            return a[which] + (b[which] - a[which]) * (ns - t0) / (t1 - t0)
        return (at(end_ns, 0) - at(start_ns, 0)) / 1e6, at(start_ns, 1) / 1024
    return None, None


def mean_ms(latencies_ns):
    return statistics.fmean(latencies_ns) / 1e6 if latencies_ns else None


def compare(folder, run, row, witness):
    """[(figure, witness, ours, theirs)]"""
    raw, n = row["raw"], row["delivered"]
    seen = Captured(folder, row, witness["wall_minus_monotonic_ns"])
    close = row["connection"] == "close"
    starts = sorted(zip(seen.first_syn_ns.values(), seen.first_syn_ns.values()) if close
                    else seen.first_polls_ns(row["interval_ms"]))
    latencies, requests = play(row, starts[:CLIENTS], sorted(seen.published_ns.values()),
                               int(run["link_details"]["rtt_ms"] * 1e6), seen.start_ns, seen.end_ns)
    cpu_ms, rss_kb = outside(row, witness["servers"])
    stats = raw["server_stats"]["window_start"]["process"]
    handshakes = row["tcp_handshakes_per_update"] * n
    polls = row["transport"].endswith("poll")
    values = {
        "latency mean, ms": (row["latency_us"]["mean"] / 1e3,
                             {"captured": mean_ms(seen.latencies_ns), "predicted": mean_ms(latencies)}),
        "requests": (row["requests_per_update"] * n,
                     {"captured": seen.requests, "predicted": requests if polls else 0}),
        "TCP handshakes": (handshakes, {"captured": seen.connects,
                                        "predicted": requests if close else 0}),
        "wire bytes": (row["bytes_per_update"]["wire"] * n, {"captured": seen.bytes}),
        "packets": (row["packets_per_update"]["total"] * n, {"captured": seen.packets}),
        "server CPU, ms": (row["server_cpu_us_per_update"] * n / 1e3, {"outside": cpu_ms}),
        "server memory, KB": (stats["rss_bytes"] / 1024, {"outside": rss_kb}),
    }
    return [(figure, witness, ours, theirs) for figure, (ours, others) in values.items()
            for witness, theirs in others.items()]


def differs(figure, witness, ours, theirs):
    share, amount = CHECKS[figure, witness]
    if theirs is None:
        return "no value"
    return abs(ours - theirs) > amount + share * max(abs(ours), abs(theirs))


def check(folder):
    """Every comparison of every row: [(cell, row id, figure, witness, ours, theirs)]"""
    run = json.loads((folder / "run.json").read_text())
    witness = json.loads((folder / "witness.json").read_text())
    source = run["scenario"]["source"]
    cell = (source["rate_hz"], round(run["link_details"]["rtt_ms"]), source["pattern"])
    return [(cell, row["id"], *found) for row in run["rows"] if row["delivered"] > 0
            for found in compare(folder, run, row, witness)]


# ---- the page ----

def number(value):
    return "–" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def summary(found):
    lines = ["| figure | compared with | comparisons | largest difference | allowed | beyond it |",
             "|:---|:---|---:|---:|:---|---:|"]
    for (figure, witness), (share, amount) in CHECKS.items():
        mine = [f for f in found if f[2:4] == (figure, witness)]
        gaps = [abs(f[4] - f[5]) for f in mine if f[5] is not None]
        allowed = number(amount) + (f" + {100 * share:g} %" if share else "")
        beyond = sum(bool(differs(*f[2:])) for f in mine)
        lines.append(f"| {figure} | {witness} | {len(mine)} | {number(max(gaps, default=None))} | "
                     f"{allowed} | {beyond} |")
    return lines


def details(found):
    names = list(CHECKS)
    lines = ["| updates/s, RTT ms, pattern | row | " +
             " | ".join(f"{figure}: run, {witness}" for figure, witness in names) + " |",
             "|:---|:---|" + "---:|" * len(names)]
    for key in dict.fromkeys(f[:2] for f in found):
        cells = {f[2:4]: f[4:] for f in found if f[:2] == key}
        lines.append(f"| {key[0][0]:g}, {key[0][1]}, {key[0][2]} | {key[1]} | " + " | ".join(
            ", ".join(number(v) for v in cells[name]) +
            (" **!**" if differs(*name, *cells[name]) else "") for name in names) + " |")
    return lines


def page(found):
    return "\n".join([
        "# Are the figures true?", "", environment("bench-truth"),
        f"{CLIENTS} clients, a window of 2.5 s, {len({f[0] for f in found})} runs. *Captured*: the link's "
        "packets, read by tshark. *Predicted*: the run's own publication times through a perfect "
        "network, by `play` in `bench/self/truth.py`. *Outside*: CPU time and memory from /proc, read "
        "every 20 ms by another process. Counts are those of the window.", "",
        *summary(found), "", "## Every row", "", *details(found), ""])


def cells_of(text):
    if text is None:
        return [(rate, rtt, pattern) for rate in RATES for rtt in RTTS_MS for pattern in PATTERNS]
    cells = []
    for cell in text.split(","):
        found = re.fullmatch(r"([\d.]+):(\d+):(fixed|poisson)", cell)
        if found is None:
            sys.exit(f"truth.py: --cells: {cell!r} is not RATE:RTT_MS:fixed or RATE:RTT_MS:poisson")
        cells.append((float(found[1]), int(found[2]), found[3]))
    return cells


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--cells", help="RATE:RTT_MS:PATTERN, with commas between; default: all 18")
    options.add_argument("--check", type=pathlib.Path, metavar="FOLDER",
                         help="compare the files of an earlier run again")
    options.add_argument("--keep", type=pathlib.Path, metavar="FOLDER", help="leave the runs there")
    options.add_argument("--out", type=pathlib.Path, help="write the page there; default: print it")
    options.add_argument("more", nargs="*", help="after --: options of pushlab run, as --rows sse")
    given = options.parse_args()
    found = check(given.check) if given.check else []
    with tempfile.TemporaryDirectory(prefix="pushlab-truth-") as scratch:
        for cell in cells_of(given.cells) if not given.check else ():
            print("{:g} updates/s, {} ms, {}".format(*cell), file=sys.stderr)
            found += check(measure(given.keep or scratch, cell, given.more))
    if given.out:
        given.out.write_text(page(found))
    else:
        print(page(found))
    wrong = [f for f in found if differs(*f[2:])]
    for cell, row, figure, witness, ours, theirs in wrong:
        print("truth.py: {:g} updates/s, {} ms, {}: ".format(*cell) + f"{row}: {figure}: the run says "
              f"{number(ours)}, {witness} {number(theirs)}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
