"""A real `kedge serve` on a folder of its own: start it, ask it, end it. Nothing but the standard library."""

import errno
import http.client
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEDGE = os.path.abspath(os.environ.get("KEDGE", str(ROOT / "build/release/src/cli/kedge")))
# Sanitizers are slow; a deadline only decides how long a hang is waited for.
DEADLINE_S = float(os.environ.get("KEDGE_TEST_DEADLINE_S", "60"))


def is_sanitized():
    """AddressSanitizer keeps freed memory for a while: bounds of memory say nothing then."""
    return b"__asan_init" in pathlib.Path(KEDGE).read_bytes()


class Answer:
    """Status, headers (lower-case names) and body of one response."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()

    @property
    def error(self):
        """(code, message) of an error answer, whose shape is checked on the way."""
        assert self.headers.get("content-type", "").startswith("application/json"), self
        document = self.json
        assert set(document) == {"error"} and {"code", "message"} <= set(document["error"]), self
        assert document["error"]["message"] and re.fullmatch(r"[a-z_]+", document["error"]["code"]), self
        return document["error"]["code"], document["error"]["message"]

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:600]!r}>"


def wait_until(condition, what, deadline_s=DEADLINE_S):
    """Waits for a condition, never for a time: the deadline is only where a hang becomes a failure."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s:.0f} s in vain: {what}")
        time.sleep(0.01)


class Server:
    def __init__(self, folder, config=None, arguments=(), environment=None, port="0"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = self.folder / "data"
        self.config = self.folder / "kedge.yaml" if config is not None else None
        if config is not None:
            self.config.write_text(config)
        self.arguments, self.environment, self.wanted_port = list(arguments), dict(environment or {}), port
        self.process, self.port = None, None
        self.starts = 0

    # ---- life ----

    def command(self):
        config = ["--config", str(self.config)] if self.config else []
        port = ["--port", self.wanted_port] if self.wanted_port is not None else []
        return [
            KEDGE,
            "serve",
            *port,
            "--port-file",
            str(self.folder / "port"),
            "--data-dir",
            str(self.data),
            *config,
            *self.arguments,
        ]

    def clean_environment(self):
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("KEDGE_")},
            **self.environment,
        }

    def launch(self):
        """Starts the process without waiting until it listens."""
        (self.folder / "port").unlink(missing_ok=True)
        self.starts += 1
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env=self.clean_environment(),
            )
        return self

    def start(self):
        self.launch()

        def is_up():
            assert (
                self.process.poll() is None
            ), f"kedge serve ended with {self.process.returncode}:\n{self.log()[-4000:]}"
            text = (self.folder / "port").read_text() if (self.folder / "port").exists() else ""
            return text.endswith("\n") and int(text)

        self.port = wait_until(is_up, "the port file")
        return self

    def run_to_end(self):
        """For a start that must fail: (exit status, what it printed)."""
        done = subprocess.run(
            self.command(),
            capture_output=True,
            text=True,
            cwd=self.folder,
            timeout=DEADLINE_S,
            stdin=subprocess.DEVNULL,
            env=self.clean_environment(),
        )
        return done.returncode, done.stdout + done.stderr

    def stop(self, number=signal.SIGTERM):
        """Ends it; the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"kedge serve did not end:\n{self.log()[-4000:]}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self, number=signal.SIGTERM):
        self.stop(number)
        return self.start()

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def rss_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    # ---- asking ----

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)

    def ask(self, method, path, body=None, headers=None):
        """One request on a connection of its own."""
        connection = self.connection()
        try:
            return ask_on(connection, method, path, body, headers)
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path, body=None, headers=None):
        return self.ask("POST", path, body, headers)

    def good(self, method, path, body=None, headers=None):
        """A request that must work; its JSON."""
        answer = self.ask(method, path, body, headers)
        assert 200 <= answer.status < 300, (method, path, answer)
        return answer.json

    def raw(self, data, shuts=True):
        """Bytes as they are, and all that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S) as connection:
            try:
                connection.sendall(data)
                if shuts:
                    connection.shutdown(socket.SHUT_WR)
                return b"".join(iter(lambda: connection.recv(65536), b""))
            except OSError as failure:
                if failure.errno in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN):
                    return b""  # it had enough of us: allowed
                raise

    def sql(self, statement):
        """Rows of a SELECT as a list of lists."""
        return self.good("POST", "/api/kedge/sql", {"sql": statement, "limit": 1000000})["rows"]

    def metrics(self):
        """{sample(name, labels): value} of text format 0.0.4, read by a regular expression: another eye than a parser's."""
        samples = {}
        for line in self.get("/metrics").text.splitlines():
            match = re.fullmatch(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)", line)
            if match:
                samples[sample(match[1], **dict(re.findall(r'(\w+)="((?:[^"\\\\]|\\\\.)*)"', match[2] or "")))] = float(
                    match[3]
                )
        return samples


def sample(name, **labels):
    """The key of Server.metrics()."""
    return (name, *sorted(labels.items()))


def ask_on(connection, method, path, body=None, headers=None):
    headers = dict(headers or {})
    if isinstance(body, (dict, list, int, float)):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    connection.request(method, path, body=body, headers=headers)
    response = connection.getresponse()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def run(*arguments, config=None, environment=None, stdin=None, folder=None):
    """Another kedge command: (exit status, standard output, standard error)."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("KEDGE_")},
        **(environment or {}),
    }
    done = subprocess.run(
        [KEDGE, *map(str, arguments)],
        capture_output=True,
        text=True,
        input=stdin,
        timeout=DEADLINE_S,
        env=env,
        cwd=folder,
    )
    return done.returncode, done.stdout, done.stderr


def in_threads(count, work):
    """work(i) in so many threads at once; the first failure is raised here."""
    failures = []

    def guarded(index):
        try:
            work(index)
        except BaseException as failure:  # noqa: B902 - handed to the test, whatever it is
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


# ---- rows ----

WINE = ROOT / "examples/wine"
FEATURES = ["alcohol", "malic_acid", "ash", "color"]


def rows_of(count, seed=1, shift=0.0):
    """Rows of three numbers and a category, the same for the same seed."""
    draw = random.Random(seed)
    return [
        {
            "alcohol": round(draw.gauss(13 + shift, 0.8), 4),
            "malic_acid": round(draw.gauss(2.3, 1.1), 4),
            "ash": round(draw.gauss(2.4, 0.3), 4),
            "color": draw.choice(["red", "red", "white"]),
        }
        for _ in range(count)
    ]


def events_of(count, seed=2, shift=0.0, prefix="e", **common):
    draw = random.Random(seed + 1000)
    return [
        {"features": row, "prediction": draw.choice([0, 1]), "prediction_id": f"{prefix}{i}", **common}
        for i, row in enumerate(rows_of(count, seed, shift))
    ]


def csv_of(rows):
    names = list(rows[0])
    return "\n".join([",".join(names)] + [",".join(str(row[name]) for name in names) for row in rows]) + "\n"


def quote(text):
    return urllib.parse.quote(text, safe="")
