#!/usr/bin/env python3
"""Durable captures over HTTP: events a second, latency, memory. The load comes from a small C program
(capture_load.c): Python could not send that fast, and would take the processor from the server.

    bench/capture.py [--kedge PROGRAM] [--folder FOLDER] [--events N] [--singles N]

The folder must be on a real disk: on a tmpfs every sync is free. One run, in this order: a fresh server, and its
memory at rest; batches of 1,000 rows x 13 features from 4 connections, and its memory then; one event a request from 64
keep-alive connections. After that the server is killed and started again, and every event must be there, once.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))


def compile_load(folder):
    program = folder / "capture_load"
    subprocess.run(
        [
            os.environ.get("CC", "cc"),
            "-std=gnu17",
            "-D_GNU_SOURCE",
            "-O2",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-o",
            program,
            ROOT / "bench/capture_load.c",
        ],
        check=True,
    )
    return program


def send(program, server, connections, rows, events, first_id):
    done = subprocess.run(
        [program, str(server.port), str(connections), str(rows), str(events), str(first_id)],
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"bench/capture.py: {done.stderr}{server.log()[-3000:]}")
    acknowledged, seconds, rate, p50, p99, worst, refused = done.stdout.split()
    print(
        f"{connections:>4} connections x {rows:>4} rows  {int(acknowledged):>9,} events  {float(seconds):7.2f} s  "
        f"{float(rate):>9,.0f} events/s   "
        f"p50 {float(p50):7.2f} ms  p99 {float(p99):7.2f} ms  worst {float(worst):7.2f} ms  "
        f"refused {refused}",
        flush=True,
    )


def mib(count):
    return f"{count / (1 << 20):,.0f} MiB"


def folder_bytes(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kedge", default=str(ROOT / "build/release/src/cli/kedge"), type=os.path.abspath)
    parser.add_argument(
        "--folder", default=str(ROOT / "build"), help="where the data folder is made, and removed again"
    )
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--singles", type=int, default=100_000)
    options = parser.parse_args()
    os.environ["KEDGE"] = options.kedge
    import kedge_server

    os.makedirs(options.folder, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="capture-bench-", dir=options.folder))
    server = kedge_server.Server(folder, config="log: {level: warn}\n")
    try:
        program = compile_load(folder)
        server.start()
        server.get("/health")
        print(f"{os.cpu_count()} processors; data on {folder.parent}; one thread sends")
        print(f"at rest: {mib(server.rss_bytes())} resident", flush=True)
        send(program, server, 4, 1000, options.events, 0)
        print(
            f"after {options.events:,} events: {mib(server.rss_bytes())} resident, "
            f"{mib(folder_bytes(server.data))} on disk",
            flush=True,
        )
        send(program, server, 64, 1, options.singles, options.events)
        print(f"after {options.events + options.singles:,} events: {mib(server.rss_bytes())} resident", flush=True)
        server.kill()
        server.start()
        counted = server.sql("SELECT count(*), count(DISTINCT prediction_id) FROM events")
        assert counted == [[options.events + options.singles] * 2], f"lost or doubled: {counted}"
        print(
            f"after kill -9 and a new start all {counted[0][0]:,} are there, once; {mib(server.rss_bytes())} resident"
        )
    finally:
        if server.is_running():
            server.kill()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
