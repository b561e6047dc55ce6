"""The commands of the examples' READMEs, and the demo behind `make run`, run as they are written."""
import os
import pathlib
import re
import shlex
import signal
import subprocess
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEDGE = os.environ.get("KEDGE", str(ROOT / "build/release/src/cli/kedge"))
EXAMPLES = ["wine", "bikes", "churn"]


def commands_of(example, block=0):
    readme = (ROOT / f"examples/{example}/README.md").read_text()
    lines = re.findall(r"```sh\n(.*?)```", readme, re.S)[block].splitlines()
    return [shlex.split(line.removesuffix("&").replace("build/release/src/cli/kedge", KEDGE)) for line in lines]


def run(command, **options):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, **options)


def text_of(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


@pytest.mark.parametrize("example", EXAMPLES)
def test_configuration_is_fine(example):
    done = run([KEDGE, "config", "check", f"examples/{example}/kedge.yaml"])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("example", EXAMPLES)
def test_configuration_of_the_served_model_is_fine(example):
    done = run([KEDGE, "config", "check", f"examples/{example}/served.yaml"])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("example", ["bikes", "churn"])
def test_trained_promoted_served_and_watched(example, tmp_path):
    serve, train, simulate = commands_of(example, block=1)
    port_file = tmp_path / "port"
    server = subprocess.Popen([*serve, "--port", "0", "--port-file", str(port_file), "--data-dir", str(tmp_path / "data")],
                              cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        while not port_file.exists():
            assert server.poll() is None, server.stderr.read()
            time.sleep(0.02)
        url = f"http://127.0.0.1:{port_file.read_text().strip()}"
        trained = run([*train, "--url", url])
        if "cannot be loaded" in trained.stderr:
            pytest.skip(trained.stderr.strip())
        assert trained.returncode == 0 and "in Production" in trained.stdout, trained.stderr
        asked = run([*simulate, "--url", url])
        assert asked.returncode == 1, asked.stdout + asked.stderr
        rows = len(pathlib.Path(ROOT / simulate[2]).read_text().splitlines()) - 1
        assert f"{rows} predictions in" in asked.stdout and f"; {rows} labels" in asked.stdout
        assert re.search(r"Data drift: [1-9]", asked.stdout), asked.stdout
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_three_commands_find_drift(example, tmp_path):
    serve, simulate, check = commands_of(example)
    port_file = tmp_path / "port"
    server = subprocess.Popen([*serve, "--port", "0", "--port-file", str(port_file), "--data-dir", str(tmp_path / "data")],
                              cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        while not port_file.exists():
            assert server.poll() is None, server.stderr.read()
            time.sleep(0.02)
        url = f"http://127.0.0.1:{port_file.read_text().strip()}"
        sent = run([*simulate, "--url", url])
        assert sent.returncode == 1, sent.stderr
        rows = len((ROOT / f"examples/{example}/current.csv").read_text().splitlines()) - 1
        assert f"{rows} stored, 0 there already" in sent.stdout
        report = re.search(r"^report: +(\S+)$", sent.stdout, re.M).group(1)
        assert "<html" in text_of(report)
        metrics = text_of(url + "/metrics")
        assert f'evidently_data_drift_detected{{model_name="{example}"}} 1' in metrics
    finally:
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=60)
    assert server.returncode == 0, log

    page = tmp_path / "report.html"
    checked = run([*check[:check.index("--html")], "--html", str(page)])
    assert checked.returncode == 1, checked.stderr
    assert page.read_text().count("</html>") == 1


def test_demo_leaves_a_server_and_says_how_to_stop_it():
    done = run(["tools/demo", KEDGE])
    assert done.returncode == 0, done.stdout + done.stderr
    pid = int(re.search(r"^stop +kill (\d+)", done.stdout, re.M).group(1))
    try:
        for name, wanted in (("metrics", 'evidently_data_drift_detected{model_name="wine"} 1'), ("API", "<html"), ("pages", "<html"),
                             ("report:", "<html")):
            assert wanted in text_of(re.search(rf"^{name} +(\S+)$", done.stdout, re.M).group(1))
    finally:
        os.kill(pid, signal.SIGTERM)
