"""kill -9 while models are logged and registered: the registry stays whole, and what was acknowledged is there.

    KEDGE_CRASH_ROUNDS=50 KEDGE_CRASH_SEED=7 python3 -m pytest -q -s tests/crash/test_registry_kill9.py

Each client does what MLflow's log_model(registered_model_name=...) does, call by call. After each kill: every version that
was acknowledged is there with all its files, every version that is there has a location whose files are whole, numbers are
never given twice, and no upload is left half way.
"""

import hashlib
import os
import random
import threading

from kedge_server import ask_on, wait_until

ROUNDS = int(os.environ.get("KEDGE_CRASH_ROUNDS", "10"))
SEED = int(os.environ.get("KEDGE_CRASH_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
API, PROXY = "/api/2.0/mlflow", "/api/2.0/mlflow-artifacts/artifacts"
MODELS = ["a", "b"]
CLIENTS = 3


def content(model_id, name):
    """A file's bytes, known from its name: 0 to 300 KB."""
    draw = random.Random(f"{model_id}/{name}")
    return draw.randbytes(draw.randrange(300_000))


def put(connection, path, body):
    return ask_on(connection, "PUT", f"{PROXY}/{path}", body)


class Client:
    def __init__(self, server, truth, seed):
        self.server, self.truth, self.draw = server, truth, random.Random(seed)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def call(self, connection, method, path, fields):
        answer = ask_on(connection, method, f"{API}/{path}", fields)
        assert answer.status == 200, (path, answer)
        return answer.json

    def log_model(self, connection, name):
        info = self.call(connection, "POST", "logged-models", {"experiment_id": "0", "name": "m"})["model"]["info"]
        model_id, root = info["model_id"], info["artifact_uri"].removeprefix("mlflow-artifacts:/")
        for file in ("MLmodel", "model.ubj", "env/conda.yaml"):
            assert put(connection, f"{root}/{file}", content(model_id, file)).status == 200
            self.truth["files"].append((root, model_id, file))
        self.call(connection, "PATCH", f"logged-models/{model_id}", {"status": "LOGGED_MODEL_READY"})
        made = self.call(
            connection, "POST", "model-versions/create", {"name": name, "source": f"models:/{model_id}", "model_id": model_id}
        )
        version = made["model_version"]["version"]
        self.truth["versions"].append((name, version, model_id))
        if self.draw.random() < 0.3:
            self.call(
                connection,
                "POST",
                "model-versions/transition-stage",
                {"name": name, "version": version, "stage": "Production", "archive_existing_versions": True},
            )
        if self.draw.random() < 0.2:
            self.call(connection, "DELETE", "model-versions/delete", {"name": name, "version": version})
            self.truth["deleted"].append((name, version, model_id))

    def run(self):
        connection = self.server.connection()
        try:
            while True:
                self.log_model(connection, self.draw.choice(MODELS))
        except (OSError, ValueError, __import__("http.client").client.HTTPException):
            pass  # the kill
        finally:
            connection.close()


def versions_of(server, name):
    found = server.good("GET", f"{API}/model-versions/search?filter=name%3D'{name}'&max_results=10000")
    return {v["version"]: v for v in found.get("model_versions", [])}


def check(server, truth):
    assert not os.listdir(server.data / "artifacts" / ".uploads"), "an upload was left half way"
    for root, model_id, file in truth["files"]:
        body = server.get(f"{PROXY}/{root}/{file}").body
        assert hashlib.sha256(body).digest() == hashlib.sha256(content(model_id, file)).digest(), (root, file)
    for name in MODELS:
        there = versions_of(server, name)
        given = [v for n, v, _ in truth["versions"] if n == name]
        assert len(given) == len(set(given)), f"a number of {name} was given twice"
        deleted = {v for n, v, _ in truth["deleted"] if n == name}
        for n, version, model_id in truth["versions"]:
            if n != name or version in deleted:
                continue
            if version not in there:  # the delete that the kill cut off may have been done
                truth["deleted"].append((n, version, model_id))
                truth["cut"] += 1
                continue
            assert there[version]["model_id"] == model_id
        assert not deleted & set(there), f"deleted versions of {name} are back"
        assert sum(v["current_stage"] == "Production" for v in there.values()) <= 1, "archiving was done by half"
        for version in there.values():
            info = server.good("GET", f"{API}/logged-models/{version['model_id']}")["model"]["info"]
            assert info["status"] == "LOGGED_MODEL_READY", "a version of a model that was not ready"
    assert truth["cut"] <= truth["kills"] * CLIENTS, "more versions are missing than deletes can have been cut off"


def test_kill9_while_models_are_logged(make_server):
    print(f"KEDGE_CRASH_SEED={SEED}")
    draw = random.Random(SEED)
    server = make_server().start()
    for name in MODELS:
        server.good("POST", f"{API}/registered-models/create", {"name": name})
    truth = {"files": [], "versions": [], "deleted": [], "cut": 0, "kills": 0}
    for _ in range(ROUNDS):
        before = len(truth["files"])
        clients = [Client(server, truth, draw.randrange(2**31)) for _ in range(CLIENTS)]
        wanted = before + draw.randrange(1, 30)
        wait_until(lambda: len(truth["files"]) >= wanted, "acknowledged files")
        for _ in range(draw.randrange(200_000)):
            pass  # a fraction of a request longer
        server.kill()
        truth["kills"] += 1
        for client in clients:
            client.thread.join()
        server.start()
        check(server, truth)
    print(f"{len(truth['files'])} files, {len(truth['versions'])} versions, {len(truth['deleted'])} deleted, {truth['cut']} cut off")
