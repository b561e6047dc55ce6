#!/usr/bin/env python3
"""Kedge against Evidently on the same files in one run: wall time and peak memory of whole processes.

    bench/evidently.py [--kedge build/release/src/cli/kedge] [--runs 5] [--peer-runs 1] [--cases 10k-csv,1m,100k]

Prints a row a case: medians, the ratios, and the bar that issue and README name. Both sides read the same files
and do drift and a data summary (Evidently: DataDriftPreset + DataSummaryPreset, as its documentation shows).
Evidently's own import time is shown apart, as a long-lived process pays it once. Nothing here decides anything:
a benchmark prints, people judge.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "bench"

#        name       rows     columns  format   bar: how many times faster
CASES = {
    "10k-csv": (10_000, 13, "csv", 50),
    "1m": (1_000_000, 13, "parquet", 200),
    "100k": (100_000, 100, "parquet", 200),
}

PEER = """
import sys, time
start = time.perf_counter()
import pandas
from evidently import Report
from evidently.presets import DataDriftPreset, DataSummaryPreset
imported = time.perf_counter()
read = pandas.read_csv if sys.argv[1].endswith(".csv") else pandas.read_parquet
result = Report([DataDriftPreset(), DataSummaryPreset()]).run(read(sys.argv[2]), read(sys.argv[1])).json()
assert len(result) > 1000
print(imported - start)
"""


def table(rows, columns, seed, shift):
    """Thirteen kinds of column in turn: normal, categories, small and large integers, exponential."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(seed)
    values = {}
    for index in range(columns):
        kind = index % 13
        if kind == 9:
            values[f"c{index}"] = random.choice(list("abcdefgh"), rows)
        elif kind == 10:
            values[f"c{index}"] = random.integers(0, 5, rows)
        elif kind == 11:
            values[f"c{index}"] = random.integers(0, 1000, rows)
        elif kind == 12:
            values[f"c{index}"] = random.exponential(1 + shift, rows)
        else:
            values[f"c{index}"] = random.normal(shift * (kind % 3 == 0), 1, rows)
    return pd.DataFrame(values)


def paths_of(name):
    return [FOLDER / f"{side}-{name}.{CASES[name][2]}" for side in ("reference", "current")]


def make_files(name):
    rows, columns, form, _ = CASES[name]
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, seed, shift in zip(paths_of(name), (7, 8), (0.0, 0.1)):
        if not path.exists():
            frame = table(rows, columns, seed, shift)
            frame.to_csv(path, index=False) if form == "csv" else frame.to_parquet(path)


def files_of(name):
    """Made in a process of their own: a child's peak memory counts from its parent's size at the fork."""
    subprocess.run([sys.executable, __file__, "--make", name], check=True)
    return [str(path) for path in paths_of(name)]


def run(command):
    """Wall seconds, peak resident bytes and output of one process; drift found (1) is no failure."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{command[0]} failed with {process.returncode}")
    return wall, usage.ru_maxrss * 1024, output


def median_of(command, runs):
    results = [run(command) for _ in range(runs)]
    return (statistics.median(wall for wall, _, _ in results), statistics.median(peak for _, peak, _ in results),
            results[-1][2])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kedge", default=str(ROOT / "build/release/src/cli/kedge"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer-runs", type=int, default=1)
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--make", metavar="CASE", help="only write the files of a case")
    args = parser.parse_args()
    if args.make:
        return make_files(args.make)

    print(f"{'case':10} {'kedge':>10} {'evidently':>12} {'(import)':>9} {'faster':>8} {'bar':>5} "
          f"{'kedge RSS':>10} {'theirs':>9} {'share':>6}")
    for name in args.cases.split(","):
        reference, current = files_of(name)
        ours = [args.kedge, "check", reference, current, "--json"]
        run(ours)  # the page cache warm for both sides
        wall, peak, output = median_of(ours, args.runs)
        assert json.loads(output)["current"]["rows"] == CASES[name][0]
        peer_wall, peer_peak, peer_output = median_of([sys.executable, "-c", PEER, reference, current], args.peer_runs)
        print(f"{name:10} {wall * 1000:8.1f}ms {peer_wall:11.2f}s {float(peer_output):8.2f}s {peer_wall / wall:7.0f}x "
              f"{CASES[name][3]:4}x {peak / 2**20:7.0f}MiB {peer_peak / 2**20:6.0f}MiB {peak / peer_peak:5.0%}", flush=True)


main()
