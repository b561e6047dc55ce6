"""kedge simulate against a server that is told how to answer: what it sends, when it waits, and how it ends."""
import http.server
import json
import os
import pathlib
import subprocess
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEDGE = os.environ.get("KEDGE", str(ROOT / "build/release/src/cli/kedge"))
WINE = str(ROOT / "examples/wine/current.csv")
ROWS = 84


class Server:
    """Answers each POST with the next of `answers`, then as a healthy kedge would; keeps what came."""

    def __init__(self, answers=()):
        self.answers, self.requests = list(answers), []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.requests.append((self.path, dict(self.headers), body))
                code, headers, answer = outer.answers.pop(0) if outer.answers else (200, {}, outer.healthy(self.path, body))
                data = json.dumps(answer).encode()
                self.send_response(code)
                for name, value in {**headers, "Content-Length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @staticmethod
    def healthy(path, body):
        if path.endswith("/capture/batch"):
            return {"stored": len(json.loads(body)["rows"]), "duplicates": 0}
        if path.endswith("/analyze"):
            return {"analysis_id": 1, "report": "/reports/r1", "verdict": "drift", "summary": ["Much has moved."]}
        return {}

    def bodies(self, ending):
        return [json.loads(body) for path, _, body in self.requests if path.endswith(ending)]


@pytest.fixture
def server():
    server = Server()
    yield server
    server.http.shutdown()


def simulate(server, *arguments, environment=None):
    return subprocess.run([KEDGE, "simulate", WINE, "--url", server.url, "--model", "wine", *arguments], capture_output=True,
                          text=True, timeout=60, env={**os.environ, **(environment or {})})


def test_every_row_is_sent_once_in_order(server):
    done = simulate(server, "--target", "cultivar", "--batch", "50", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["sent"], summary["stored"], summary["duplicates"]) == (ROWS, ROWS, 0)
    bodies = server.bodies("/models/wine/capture/batch")
    assert [len(body["rows"]) for body in bodies] == [50, 34]
    lines = [line.split(",") for line in pathlib.Path(WINE).read_text().splitlines()]
    name = lines[0].index("alcohol")
    assert [row[0] for body in bodies for row in body["rows"]] == [float(line[name]) for line in lines[1:]]
    ids = [i for body in bodies for i in body["prediction_ids"]]
    assert len(set(ids)) == ROWS


def test_a_busy_server_is_waited_for_and_gets_the_same_ids_again(server):
    server.answers = [(429, {"Retry-After": "1"}, {"error": {"code": "limit", "message": "queue full"}})]
    done = simulate(server, "--batch", "84", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["waits"] == 1 and summary["stored"] == ROWS and summary["seconds"] >= 1
    first, second = server.bodies("/capture/batch")
    assert first == second


def test_a_refusal_ends_it_with_the_servers_own_words(server):
    server.answers = [(422, {}, {"error": {"code": "invalid", "message": "ash: nobody knows this feature"}})]
    done = simulate(server)
    assert done.returncode == 3
    assert "422: ash: nobody knows this feature" in done.stderr


def test_a_seed_repeats_ids_and_draw(server):
    for _ in range(2):
        assert simulate(server, "--seed", "5", "--shuffle", "--rows", "30").returncode == 0
    first, second = server.bodies("/capture/batch")
    assert first == second and len(first["rows"]) == 30


def test_late_labels_follow_with_the_ids_of_their_events(server):
    assert simulate(server, "--target", "cultivar", "--late-labels", "1ms").returncode == 0
    (events,), (labels,) = server.bodies("/capture/batch"), server.bodies("/models/wine/labels")
    assert "targets" not in events
    assert [label["prediction_id"] for label in labels["labels"]] == events["prediction_ids"]


def test_analysis_decides_the_exit_status_and_is_shown(server):
    done = simulate(server, "--analyze")
    assert done.returncode == 1
    assert "Much has moved." in done.stdout and server.url + "/reports/r1" in done.stdout
    assert server.bodies("/analyze") == [{"window_size": ROWS}]


def test_the_reference_goes_first_and_the_token_with_everything(server):
    reference = ROOT / "examples/wine/reference.csv"
    done = simulate(server, "--reference", str(reference), environment={"KEDGE_TOKEN": "s3cret"})
    assert done.returncode == 0, done.stderr
    path, headers, body = server.requests[0]
    assert path == "/models/wine/reference" and body == reference.read_bytes()
    assert all(headers["Authorization"] == "Bearer s3cret" for _, headers, _ in server.requests)
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("why, arguments, status, words", [
    ("no model", [WINE], 2, "--model NAME is needed"),
    ("no file", ["--model", "m"], 2, "FILE"),
    ("a file that is not there", ["/nowhere.csv", "--model", "m"], 3, "/nowhere.csv"),
    ("nobody listens", [WINE, "--model", "m", "--url", "http://127.0.0.1:1", "--wait", "0"], 3, "kedge serve"),
    ("an option that is not there", [WINE, "--model", "m", "--speed", "9"], 2, "--speed"),
])
def test_mistakes_are_named(why, arguments, status, words):
    done = subprocess.run([KEDGE, "simulate", *arguments], capture_output=True, text=True, timeout=60)
    assert (done.returncode, words in done.stderr) == (status, True), why + ": " + done.stderr
