"""Runs with repeats, made out of one without: the repeats of a row are the row, with figures varied."""

import copy
import random


def vary(row, spread, rng):
    """A repeat: times, memory and CPU are multiplied by about 1 ± spread, counts stay."""
    new = copy.deepcopy(row)
    factors = {name: rng.lognormvariate(0, spread) for name in ("latency", "age", "cpu", "memory")}
    for part in (new, new.get("raw") or {}):
        for histogram in (part.get("latency_us"), (part.get("upstream") or {}).get("latency_us")):
            for name, value in (histogram or {}).items():
                if name != "count" and value is not None:
                    histogram[name] = value * factors["latency"]
    for name, value in (new.get("age_us") or {}).items():
        new["age_us"][name] = value and value * factors["age"]
    for name, value in new.items():
        if "_cpu_us" in name and value is not None:
            new[name] = value * factors["cpu"]
    return new


def mean(values):
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None


def summarise(rows):
    """Their means, as rows[] of run.json has them; figures only, not counts."""
    new = copy.deepcopy(rows[0])
    for name in ("latency_us", "age_us"):
        for key in new[name] or {}:
            new[name][key] = (max if key == "max" else mean)([r[name][key] for r in rows])
    for name, value in new.items():
        if isinstance(value, float):
            new[name] = mean([r[name] for r in rows])
    for name in ("raw", "repeat", "position"):
        new.pop(name, None)
    new["repeats"] = len(rows)
    return new


def summarise_run(run):
    """Make rows[] of repeats[]."""
    run["rows"] = [summarise([r for r in run["repeats"] if r["id"] == name])
                   for name in dict.fromkeys(r["id"] for r in run["repeats"])]


def repeat(run, n, spread=0.001, seed=1):
    """Give the run n repeats of each row."""
    rng = random.Random(seed)
    run["repeats"] = []
    for k in range(1, n + 1):
        for row in run["rows"]:
            run["repeats"].append(vary(row, spread, rng))
            run["repeats"][-1].update(repeat=k, position=len(run["repeats"]))
    run["scenario"]["repeat"] = n
    summarise_run(run)
    return run
