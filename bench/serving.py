#!/usr/bin/env python3
"""Served predictions a second: Kedge beside FastAPI with uvicorn and prometheus_client, and `mlflow models serve`.

    python bench/serving.py [--seconds 8] [--connections 32] [--kedge PATH] [--without mlflow]

Runs in an environment with scikit-learn, skl2onnx or xgboost, fastapi, uvicorn, prometheus_client and mlflow. The model is a
random forest of 100 trees over the wine data: the peers serve scikit-learn's, Kedge the same forest as ONNX where skl2onnx is
there, else XGBoost's random forest of that size, and says which. One server runs at a time, on both processors together with
the sender (http_load.c); Kedge captures every prediction meanwhile. Prints requests a second, p50, p99 and resident memory of
each, and the ratios. A run with any answer but 200 prints nothing.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
FASTAPI = '''
import pickle, time
from fastapi import FastAPI
from prometheus_client import Counter, Histogram, make_asgi_app
from pydantic import BaseModel

model = pickle.load(open("model.pkl", "rb"))
predictions = Counter("model_predictions_total", "Predictions.", ["model_name", "model_version"])
latency = Histogram("model_prediction_latency_seconds", "Latency.", ["model_name"])
values = Histogram("model_prediction_value", "Values.", ["model_name"])
app = FastAPI()
app.mount("/metrics", make_asgi_app())


class Request(BaseModel):
    features: list[float]


@app.post("/predict")
def predict(request: Request):
    started = time.perf_counter()
    prediction = float(model.predict([request.features])[0])
    seconds = time.perf_counter() - started
    predictions.labels("wine", "1").inc()
    latency.labels("wine").observe(seconds)
    values.labels("wine").observe(prediction)
    return {"prediction": prediction, "model_name": "wine", "model_version": "1", "latency_ms": seconds * 1000}
'''


def make_models(folder):
    """The forest in all forms; a word for what Kedge serves."""
    import pickle

    from sklearn.datasets import load_wine
    from sklearn.ensemble import RandomForestClassifier

    table, target = load_wine(return_X_y=True)
    forest = RandomForestClassifier(n_estimators=100, random_state=0).fit(table, target)
    (folder / "model.pkl").write_bytes(pickle.dumps(forest))
    row = table[0].tolist()
    (folder / "features.json").write_text(json.dumps({"features": row}))
    (folder / "inputs.json").write_text(json.dumps({"inputs": [row]}))
    try:
        from skl2onnx import to_onnx

        proto = to_onnx(forest, table[:1].astype("float32"), options={"zipmap": False})
        (folder / "model.onnx").write_bytes(proto.SerializeToString())
        return folder / "model.onnx", "the same forest as ONNX"
    except ImportError:
        import xgboost

        xgboost.XGBRFClassifier(n_estimators=100, random_state=0).fit(table, target).save_model(folder / "model.ubj")
        return folder / "model.ubj", "XGBoost's random forest of the same size"


def rss_mb(pid):
    """Of the process and its children."""
    total, pids = 0, [pid]
    while pids:
        one = pids.pop()
        try:
            status = pathlib.Path(f"/proc/{one}/status").read_text()
            pids += [int(child) for child in pathlib.Path(f"/proc/{one}/task/{one}/children").read_text().split()]
        except FileNotFoundError:
            continue
        total += next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)
    return total / 1024


def wait_for(port, path, body, process, log):
    for _ in range(1200):
        if process.poll() is not None:
            print(pathlib.Path(log.name).read_text(errors="replace")[-2000:], file=sys.stderr)
            sys.exit(f"a server ended with {process.returncode}; its last words are above")
        try:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}{path}", body.read_bytes(), {"Content-Type": "application/json"}
            )
            if urllib.request.urlopen(request, timeout=10).status == 200:
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("a server does not answer")


def measure(name, command, folder, port, path, body, options, load):
    log = open(folder / f"{name}.log", "wb")
    path_of_peers = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"  # mlflow starts uvicorn by its name
    process = subprocess.Popen(
        command, cwd=folder, stdout=log, stderr=log, start_new_session=True, env={**os.environ, "PATH": path_of_peers}
    )
    try:
        wait_for(port, path, body, process, log)
        done = subprocess.run(
            [load, str(port), path, str(body), str(options.connections), str(options.seconds)],
            check=True,
            capture_output=True,
            text=True,
        )
        _, _, rate, p50, p99, _ = map(float, done.stdout.split())
        figures = {"rate": rate, "p50_ms": p50, "p99_ms": p99, "rss_mb": rss_mb(process.pid)}
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 15)
        process.wait(60)
    print(f"{name:10} {rate:9.0f}/s  p50 {p50:8.3f} ms  p99 {p99:8.3f} ms  {figures['rss_mb']:6.0f} MB", flush=True)
    return figures


def save_for_mlflow(folder):
    script = """
        import pickle, mlflow.sklearn
        model = pickle.load(open("model.pkl", "rb"))
        try:
            mlflow.sklearn.save_model(model, "mlmodel", serialization_format="cloudpickle")
        except TypeError:
            mlflow.sklearn.save_model(model, "mlmodel")
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=folder, check=True, capture_output=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--kedge", default=str(HERE.parent / "build/release/src/cli/kedge"))
    parser.add_argument("--without", action="append", default=[], choices=["fastapi", "mlflow"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        load = str(folder / "http_load")
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-O2", "-D_GNU_SOURCE", "-o", load, str(HERE / "http_load.c")], check=True)
        model, what = make_models(folder)
        print(f"a random forest of 100 trees, {options.connections} connections; Kedge serves {what}")
        (folder / "kedge.yaml").write_text(f"models:\n  - name: wine\n    path: {model}\n")
        command = [options.kedge, "serve", "--config", "kedge.yaml", "--port", "18770", "--data-dir", "data"]
        ours = measure("kedge", command, folder, 18770, "/predict", folder / "features.json", options, load)
        peers = {}
        if "fastapi" not in options.without:
            (folder / "service.py").write_text(FASTAPI)
            command = [sys.executable, "-m", "uvicorn", "service:app", "--port", "18771", "--log-level", "warning"]
            peers["fastapi"] = measure("fastapi", command, folder, 18771, "/predict", folder / "features.json", options, load)
        if "mlflow" not in options.without:
            save_for_mlflow(folder)
            command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "mlmodel", "--env-manager", "local"]
            command += ["--port", "18772"]
            peers["mlflow"] = measure("mlflow", command, folder, 18772, "/invocations", folder / "inputs.json", options, load)
        for peer, theirs in peers.items():
            rate, p99 = ours["rate"] / theirs["rate"], theirs["p99_ms"] / ours["p99_ms"]
            print(f"kedge / {peer}: {rate:.0f} times the requests a second, p99 a {p99:.0f}th")


if __name__ == "__main__":
    main()
