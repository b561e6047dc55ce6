"""Files of runs: up, listed, down, byte for byte."""

import os
import threading

import mlflow
import pytest
import requests
from conftest import only_kedge
from mlflow.exceptions import MlflowException


@pytest.fixture
def artifacts(url, run):
    """The address of the run's files."""
    path = run.info.artifact_uri.removeprefix("mlflow-artifacts:/")
    return f"{url}/api/2.0/mlflow-artifacts/artifacts/{path}"


def test_texts_dicts_and_folders(client, run, tmp_path):
    run_id = run.info.run_id
    client.log_text(run_id, "hello ü", "notes/hello.txt")
    client.log_dict(run_id, {"a": [1, 2]}, "config.json")
    (tmp_path / "in/deep/er").mkdir(parents=True)
    (tmp_path / "in/deep/er/empty").write_bytes(b"")
    (tmp_path / "in/deep/data.bin").write_bytes(bytes(range(256)) * 40)
    client.log_artifacts(run_id, str(tmp_path / "in"), "folder")
    listed = [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id)]
    assert listed == [("config.json", False, listed[0][2]), ("folder", True, None), ("notes", True, None)]
    assert [f.path for f in client.list_artifacts(run_id, "folder/deep")] == ["folder/deep/data.bin", "folder/deep/er"]
    assert client.list_artifacts(run_id, "absent") == [] and client.list_artifacts(run_id, "config.json") == []
    down = client.download_artifacts(run_id, "", str(tmp_path))
    assert open(f"{down}/notes/hello.txt", encoding="utf-8").read() == "hello ü"
    assert open(f"{down}/folder/deep/data.bin", "rb").read() == bytes(range(256)) * 40
    assert os.path.getsize(f"{down}/folder/deep/er/empty") == 0
    assert mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/config.json") == {"a": [1, 2]}


def test_a_file_is_replaced(client, run):
    for text in ("first and longer", "second"):
        client.log_text(run.info.run_id, text, "a.txt")
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/a.txt") == "second"


def test_eight_megabytes_survive(client, run, tmp_path):
    content = os.urandom(8 << 20)
    (tmp_path / "big.bin").write_bytes(content)
    client.log_artifact(run.info.run_id, str(tmp_path / "big.bin"))
    assert open(client.download_artifacts(run.info.run_id, "big.bin", str(tmp_path / "..")), "rb").read() == content


def test_many_uploads_at_once(client, run):
    def put(i):
        client.log_text(run.info.run_id, str(i) * 1000, f"many/{i}.txt")

    threads = [threading.Thread(target=put, args=(i,)) for i in range(30)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(client.list_artifacts(run.info.run_id, "many")) == 30


def test_what_is_absent_is_a_404(artifacts):
    answer = requests.get(f"{artifacts}/absent.txt", timeout=30)
    assert answer.status_code == 404
    assert requests.get(artifacts.rsplit("/artifacts/", 1)[0] + "/artifacts?path=absent/dir", timeout=30).json() == {}


def test_chunked_and_headers(artifacts):
    assert requests.put(f"{artifacts}/c.json", data=iter([b"{}", b"\n" * 10]), timeout=30).status_code == 200
    answer = requests.get(f"{artifacts}/c.json", timeout=30)
    assert answer.content == b"{}" + b"\n" * 10
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("path", ["%2e%2e/%2e%2e/x", "%252e%252e/x", "a/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/x"])
def test_no_way_out(artifacts, path):
    request = requests.Request("PUT", f"{artifacts}/x", data=b"out").prepare()
    request.url = f"{artifacts}/{path}"
    assert requests.Session().send(request, timeout=30).status_code in (400, 404, 405)


def test_deletion(client, run, artifacts):
    client.log_text(run.info.run_id, "x", "d/a.txt")
    client.log_text(run.info.run_id, "x", "d/b.txt")
    assert requests.delete(f"{artifacts}/d", timeout=30).status_code == 200
    assert client.list_artifacts(run.info.run_id) == []


@only_kedge
def test_names_of_all_scripts(client, run, tmp_path):
    name = "über uns 日本.txt"  # '#' is no test of ours: the client sends it bare, and so not at all
    (tmp_path / name).write_text("ok")
    client.log_artifact(run.info.run_id, str(tmp_path / name), "müll")
    (listed,) = client.list_artifacts(run.info.run_id, "müll")
    assert listed.path == f"müll/{name}"
    assert open(client.download_artifacts(run.info.run_id, f"müll/{name}", str(tmp_path))).read() == "ok"


@only_kedge
def test_a_folder_is_no_file_and_a_file_no_folder(client, run, artifacts):
    client.log_text(run.info.run_id, "x", "d/a.txt")
    assert requests.get(f"{artifacts}/d", timeout=30).status_code == 404
    assert requests.put(f"{artifacts}/d/a.txt/below", data=b"x", timeout=30).status_code == 400
    with pytest.raises((MlflowException, requests.HTTPError)):
        client.log_text(run.info.run_id, "x", "d/a.txt/below")
