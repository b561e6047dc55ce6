"""A server that MLflow's client talks to: `kedge serve`, or MLflow's own with KEDGE_TEST_TARGET=mlflow."""

import os
import pathlib
import socket
import subprocess
import sys
import urllib.request
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import kedge_server  # noqa: E402

# Before mlflow is imported: no retries that hide a 500, no telemetry, no progress bars.
os.environ.update(
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    MLFLOW_HTTP_REQUEST_TIMEOUT="60",
    GIT_PYTHON_REFRESH="quiet",
)
mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")

MAJOR = int(mlflow.__version__.split(".")[0])
IS_KEDGE = os.environ.get("KEDGE_TEST_TARGET", "kedge") == "kedge"

only_kedge = pytest.mark.skipif(not IS_KEDGE, reason="better than the reference on purpose")


class MlflowServer:
    """The reference itself, on SQLite, artifacts proxied."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(folder / "log", "wb")
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(self.port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts")]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=folder)
        kedge_server.wait_until(self.is_up, "mlflow server")

    def is_up(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2).status == 200
        except OSError:
            return False

    def end(self):
        self.process.terminate()
        self.process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    if not IS_KEDGE:
        server = MlflowServer(folder)
        yield server
        server.end()
        return
    if not os.access(kedge_server.KEDGE, os.X_OK):
        pytest.skip(f"{kedge_server.KEDGE} is not built: make")
    server = kedge_server.Server(folder, environment={"KEDGE_PYTHON": sys.executable}).start()
    yield server
    assert server.process.poll() is None, f"kedge serve ended in between:\n{server.log()[-4000:]}"
    server.process.terminate()
    server.process.wait()


@pytest.fixture(scope="session")
def url(server):
    return f"http://127.0.0.1:{server.port}"


@pytest.fixture(autouse=True)
def use_server(url):
    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    yield
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.sklearn.autolog(disable=True)


@pytest.fixture
def client(url):
    return mlflow.MlflowClient(url, url)


@pytest.fixture
def unique():
    """unique("x") -> a name that no other test has."""
    return lambda stem="name": f"{stem}-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def experiment(client, unique):
    return client.create_experiment(unique("experiment"))


@pytest.fixture
def run(client, experiment):
    return client.create_run(experiment)
