"""Files of runs and models through the server: any name, any size, nothing outside."""

import hashlib
import http.client
import os
import urllib.parse

import pytest
from kedge_server import is_sanitized, wait_until

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
MB = 1 << 20


def put(server, path, body, headers=None):
    return server.ask("PUT", f"{PROXY}/{urllib.parse.quote(path)}", body, headers)


def get(server, path, **headers):
    return server.get(f"{PROXY}/{urllib.parse.quote(path)}", **headers)


def names(server, path=""):
    answer = server.get(f"{PROXY}?path={urllib.parse.quote(path)}")
    assert answer.status == 200
    return [(f["path"], f["is_dir"], f.get("file_size")) for f in answer.json.get("files", [])]


@pytest.mark.parametrize("name", ["a.txt", "ü b.txt", "日本/モデル.json", "100%.csv", "a%20b", "x" * 200, "a+b&c=d#e?f"])
def test_names(shared_server, name):
    assert put(shared_server, f"names/{name}", b"content of " + name.encode()).status == 200
    answer = get(shared_server, f"names/{name}")
    assert answer.status == 200 and answer.body == b"content of " + name.encode()
    shown = answer.headers["content-disposition"].split("filename*=UTF-8''")[1]
    assert urllib.parse.unquote(shown) == name.rsplit("/", 1)[-1]
    assert get(shared_server, f"names/{name}").headers["x-content-type-options"] == "nosniff"


def test_a_tree(server):
    assert put(server, "t/b.txt", b"12").json == {}
    put(server, "t/a/c.txt", b"")
    assert names(server, "t") == [("a", True, None), ("b.txt", False, 2)]
    assert names(server) == [("t", True, None)]
    assert names(server, "t/b.txt") == names(server, "t/none") == []
    assert get(server, "t/a").status == get(server, "t/none").status == get(server, "t/b.txt/x").status == 404
    assert put(server, "t/b.txt/x", b"1").status == put(server, "t/a", b"1").status == 400
    put(server, "t/b.txt", b"345")
    assert get(server, "t/b.txt").body == b"345"
    for _ in range(2):
        assert server.ask("DELETE", f"{PROXY}/t").status == 200
    assert names(server) == []
    assert server.ask("DELETE", f"{PROXY}/").status == 404


def test_head_and_ranges(shared_server):
    put(shared_server, "r/digits", b"0123456789")
    head = shared_server.ask("HEAD", f"{PROXY}/r/digits")
    assert head.status == 200 and head.headers["content-length"] == "10" and head.body == b""
    for asked, status, body in [
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=0-99", 206, b"0123456789"),
        ("bytes=10-", 416, b""),
        ("bytes=5-2", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
    ]:
        answer = get(shared_server, "r/digits", Range=asked)
        assert (answer.status, answer.body) == (status, body), asked
    assert get(shared_server, "r/digits", Range="bytes=2-4").headers["content-range"] == "bytes 2-4/10"


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../../x", "..%2Fx", "%2e%2e/x", "%252e%252e/x", "a/%2e%2e/%2e%2e/x", "a%5Cx", "C:/x", "%2Fetc/x", "a//b", ".uploads/x"],
)
def test_paths_that_lead_elsewhere(shared_server, path):
    before = names(shared_server)
    for method in ("PUT", "GET", "DELETE"):
        answer = shared_server.ask(method, f"{PROXY}/{path}", b"x" if method == "PUT" else None)
        assert answer.status in (400, 404), (method, answer)
    listed = shared_server.get(f"{PROXY}?path={path}")
    assert listed.status == 400 or listed.json == {}
    assert names(shared_server) == before


def test_uploads_in_chunks(shared_server):
    for body in (b"", b"abc", os.urandom(MB)):
        connection = shared_server.connection()
        pieces = [body[i : i + 70000] for i in range(0, len(body), 70000)]
        connection.request("PUT", f"{PROXY}/chunks/x", body=iter(pieces), headers={"Transfer-Encoding": "chunked"}, encode_chunked=True)
        assert connection.getresponse().status == 200
        assert get(shared_server, "chunks/x").body == body
        connection.close()


def test_a_file_too_long(make_server):
    server = make_server(config="artifacts:\n  file_max: 1MiB\n").start()
    assert put(server, "fits", b"x" * MB).status == 200
    assert put(server, "long", b"x" * (MB + 1)).status == 413
    assert names(server) == [("fits", False, MB)]
    assert not os.listdir(server.data / "artifacts" / ".uploads")


def test_a_token_is_asked_for(make_server):
    server = make_server(config="token: s3cret\n").start()
    assert put(server, "x", b"1").status == 401
    assert put(server, "x", b"1", {"Authorization": "Bearer s3cret"}).status == 200
    assert not os.listdir(server.data / "artifacts" / ".uploads")


class Pattern:
    """A file of so many bytes that nobody holds in memory."""

    def __init__(self, size, read_bytes=MB):
        self.left, self.block, self.hash = size, os.urandom(read_bytes), hashlib.sha256()

    def __iter__(self):
        while self.left > 0:
            piece = self.block[: self.left]
            self.left -= len(piece)
            self.hash.update(piece)
            yield piece


def test_a_long_file_costs_no_memory(server):
    size = int(os.environ.get("KEDGE_TEST_ARTIFACT_MB", "256")) * MB
    put(server, "warm", b"x" * MB)
    get(server, "warm")
    before = server.rss_bytes()
    pattern = Pattern(size)
    connection = server.connection()
    connection.request("PUT", f"{PROXY}/long", body=iter(pattern), headers={"Content-Length": str(size)})
    assert connection.getresponse().read() == b"{}"
    after_put = server.rss_bytes()
    connection.request("GET", f"{PROXY}/long")
    answer, got = connection.getresponse(), hashlib.sha256()
    while piece := answer.read(MB):
        got.update(piece)
    assert got.digest() == pattern.hash.digest()
    print(f"{size / MB:.0f} MiB: RSS {before / MB:.1f}, after put {after_put / MB:.1f}, after get {server.rss_bytes() / MB:.1f} MiB")
    if not is_sanitized():
        assert max(after_put, server.rss_bytes()) < before + 16 * MB


def test_an_upload_that_breaks_off(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.putrequest("PUT", f"{PROXY}/broken")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders(b"x" * 1000)
    uploads = server.data / "artifacts" / ".uploads"
    wait_until(lambda: os.listdir(uploads), "the upload's file")
    connection.close()
    wait_until(lambda: not os.listdir(uploads), "its removal")
    assert names(server) == []


def test_files_of_a_run(server):
    run = server.good("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "0"})["run"]["info"]
    root = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
    put(server, f"{root}/plots/a.png", b"png")
    listed = server.good("GET", f"/api/2.0/mlflow/artifacts/list?run_id={run['run_id']}&path=plots")
    assert listed["root_uri"] == run["artifact_uri"]
    assert listed["files"] == [{"path": "plots/a.png", "is_dir": False, "file_size": 3}]
    assert server.good("GET", f"/api/2.0/mlflow/artifacts/list?run_id={run['run_id']}")["files"][0]["path"] == "plots"
    assert server.get(f"/get-artifact?run_id={run['run_id']}&path=plots/a.png").body == b"png"
    assert server.get(f"/api/2.0/mlflow/artifacts/list?run_id={run['run_id']}&path=../..").status == 400
    assert server.get("/api/2.0/mlflow/artifacts/list?run_id=none").status == 404
    upload = f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run['run_id']}&path=up.txt"
    assert server.ask("POST", upload, b"by hand").status == 200
    assert get(server, f"{root}/up.txt").body == b"by hand"


def test_what_is_not_implemented_says_so(server):
    for path in ("mpu/create/x", "mpu/complete/x", "mpu/abort/x"):
        answer = server.post(f"/api/2.0/mlflow-artifacts/{path}", {"path": "x", "num_parts": 2})
        assert answer.status == 501 and answer.json["error_code"] == "NOT_IMPLEMENTED"
        assert answer.json["message"].startswith("Multipart upload is not supported for the current artifact repository")
    assert server.get("/api/2.0/mlflow-artifacts/presigned/x").status == 501
