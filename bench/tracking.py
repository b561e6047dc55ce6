#!/usr/bin/env python3
"""Tracking over HTTP against `mlflow server` on SQLite: medians and ratios of the same requests, in turns, in one run.

    python bench/tracking.py [--kedge PROGRAM] [--folder FOLDER] [--rounds N] [--runs N]

Runs under a Python that has mlflow installed; the folder must be on a real disk, or the syncs cost nothing. Both servers get
the same bodies over one keep-alive connection each, with a plain HTTP client, so that what is measured is the server.
"""

import argparse
import http.client
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
POINTS = 1000
HISTORY = 10_000


class Server:
    """A process with a port, and one connection to it."""

    def __init__(self, name, command, log):
        self.name = name
        self.log = open(log, "wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, start_new_session=True)

    def connect(self, port, deadline_s=180):
        end = time.monotonic() + deadline_s
        while True:
            try:
                self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                self.call("GET", "experiments/get?experiment_id=0")
                return
            except (OSError, http.client.HTTPException, AssertionError):
                if self.process.poll() is not None or time.monotonic() > end:
                    sys.exit(f"bench/tracking.py: {self.name} does not answer; see {self.log.name}")
                time.sleep(0.2)

    def call(self, method, path, body=None):
        text = json.dumps(body) if body is not None and not isinstance(body, str) else body
        headers = {"Content-Type": "application/json"}
        try:
            self.http.request(method, "/api/2.0/mlflow/" + path, text, headers)
            answer = self.http.getresponse()
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            self.http.close()  # it was idle too long while the other side was measured
            self.http.request(method, "/api/2.0/mlflow/" + path, text, headers)
            answer = self.http.getresponse()
        content = answer.read()
        assert answer.status == 200, (self.name, path, answer.status, content[:300])
        return content

    def new_run(self, experiment, start):
        made = self.call("POST", "runs/create", {"experiment_id": experiment, "start_time": start})
        return json.loads(made)["run"]["info"]["run_id"]

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, 15)
            self.process.wait()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(folder, kedge):
    ports = free_port(), free_port()
    ours = Server("kedge", [kedge, "serve", "--port", str(ports[0]), "--data-dir", folder / "kedge"], folder / "kedge.log")
    theirs = Server(
        "mlflow",
        [sys.executable, "-m", "mlflow", "server", "--port", str(ports[1]), "--workers", "1"]
        + ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts")],
        folder / "mlflow.log",
    )
    ours.connect(ports[0])
    theirs.connect(ports[1])
    return ours, theirs


def batch(run, round_number):
    points = [
        {"key": f"m{i % 10}", "value": i * 0.37, "timestamp": 1_700_000_000_000 + i, "step": i}
        for i in range(round_number * POINTS, (round_number + 1) * POINTS)
    ]
    return json.dumps({"run_id": run, "metrics": points})


def fill(server, runs):
    """An experiment of `runs` runs with 5 metrics, 5 params and a tag each, and a run with a long history."""
    experiment = json.loads(server.call("POST", "experiments/create", {"name": "search"}))["experiment_id"]
    for i in range(runs):
        body = {
            "run_id": server.new_run(experiment, i),
            "metrics": [{"key": f"m{k}", "value": (i * 7919 + k * 104729) % 1000 / 1000, "timestamp": 1} for k in range(5)],
            "params": [{"key": f"p{k}", "value": str((i + k) % 10)} for k in range(5)],
            "tags": [{"key": "team", "value": "ab"[i % 2]}],
        }
        server.call("POST", "runs/log-batch", body)
    long = server.new_run("0", 1)
    for i in range(0, HISTORY, POINTS):
        points = [{"key": "loss", "value": 1 / (i + k + 1), "timestamp": i + k, "step": i + k} for k in range(POINTS)]
        server.call("POST", "runs/log-batch", {"run_id": long, "metrics": points})
    return experiment, long


def requests_of(server, runs):
    """What is measured: name -> f(round) giving (method, path, body)."""
    experiment, long = fill(server, runs)
    run = server.new_run("0", 1)
    search = {
        "experiment_ids": [experiment],
        "filter": "metrics.m0 > 0.5 AND params.p1 = '3' AND tags.team = 'a'",
        "order_by": ["metrics.m1 DESC"],
        "max_results": 100,
    }
    return {
        "log-metric": lambda i: (
            "POST",
            "runs/log-metric",
            json.dumps({"run_id": run, "key": "one", "value": i * 0.1, "timestamp": i, "step": i}),
        ),
        f"log-batch of {POINTS:,} metrics": lambda i: ("POST", "runs/log-batch", batch(run, i)),
        f"filtered search of {runs:,} runs": lambda i: ("POST", "runs/search", json.dumps(search)),
        f"the same, {runs // 2:,} runs found": lambda i: (
            "POST",
            "runs/search",
            json.dumps({"experiment_ids": [experiment], "filter": "tags.team = 'a'"}),
        ),
        f"history of {HISTORY:,} points": lambda i: (
            "GET",
            f"metrics/get-history?run_id={long}&metric_key=loss&max_results=25000",
            None,
        ),
    }


def median_ms(server, make, rounds, first):
    times = []
    for i in range(first, first + rounds):
        request = make(i)
        begun = time.perf_counter()
        server.call(*request)
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kedge", default=str(ROOT / "build/release/src/cli/kedge"), type=os.path.abspath)
    parser.add_argument("--folder", default=str(ROOT / "build"), help="where the data folder is made, and removed again")
    parser.add_argument("--rounds", type=int, default=5, help="how often both are measured in turns")
    parser.add_argument("--runs", type=int, default=2000)
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tracking-bench-", dir=options.folder)).resolve()
    servers = []
    try:
        servers = start(folder, options.kedge)
        ours, theirs = (requests_of(server, options.runs) for server in servers)
        print(f"{os.cpu_count()} processors; medians of {options.rounds} turns; data on {folder.parent}")
        for name in ours:
            medians = [[], []]
            for turn in range(options.rounds):
                for side, (server, requests) in enumerate(zip(servers, (ours, theirs))):
                    count = 40 if side == 0 else 8
                    medians[side].append(median_ms(server, requests[name], count, turn * count))
            kedge, mlflow = (statistics.median(values) for values in medians)
            print(f"{name:<34} kedge {kedge:9.3f} ms   mlflow {mlflow:9.3f} ms   {mlflow / kedge:7.1f} times", flush=True)
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
