"""Refusals: every one has its code, says what was wrong in words, and comes as JSON."""

import json
import socket

import pytest
from kedge_server import events_of, in_threads, is_sanitized, rows_of

TOKEN = "s3cret-t0ken"


@pytest.mark.parametrize("path", ["/nowhere", "/capture/x", "/models", "/models//capture", "/api/v9", "/reference/1/2"])
def test_404(shared, path):
    answer = shared.get(path)
    assert answer.status == 404 and answer.error[0] == "not_found", answer


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("GET", "/capture", "POST"),
        ("DELETE", "/health", "GET"),
        ("PUT", "/reference", "POST"),
        ("PATCH", "/analyze", "POST"),
        ("POST", "/metrics", "GET"),
        ("BREW", "/health", "GET"),
    ],
)
def test_405_names_what_is_allowed(shared, method, path, allowed):
    answer = shared.ask(method, path)
    assert (
        answer.status == 405 and answer.error[0] == "method_not_allowed" and allowed in answer.headers["allow"]
    ), answer


def test_options_tells_the_methods(shared):
    answer = shared.ask("OPTIONS", "/reference")
    assert answer.status == 204 and {"GET", "POST"} <= {word.strip(" ,") for word in answer.headers["allow"].split(",")}


@pytest.mark.parametrize("path", ["/%", "/%zz", "/%ff%fe", "/models/%c3%28/capture"])
def test_400_for_a_path_that_is_no_text(shared, path):
    answer = shared.get(path)
    assert answer.status == 400 and answer.error[0] == "bad_request", answer


def test_413_for_a_body_beyond_the_limit_and_the_limit_itself_is_fine(make_server):
    server = make_server(environment={"KEDGE_HTTP_BODY_MAX": "64KiB"}).start()
    body = json.dumps({"features": {"t": "x"}, "prediction": 1})
    fits = body.replace('"x"', '"' + "x" * (65536 - len(body) + 1) + '"')
    assert len(fits) == 65536
    assert server.post("/capture", fits, {"Content-Type": "application/json"}).status == 200
    answer = server.post("/capture", fits + " ", {"Content-Type": "application/json"})
    assert answer.status == 413 and answer.error[0], answer
    chunked = server.raw(
        b"POST /capture HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        + (b"9c40\r\n" + b" " * 40000 + b"\r\n") * 2
        + b"0\r\n\r\n"
    )
    assert chunked == b"" or chunked.startswith(b"HTTP/1.1 413"), chunked
    assert server.get("/health").status == 200


def test_414_and_431_for_heads_without_end(shared):
    for request in (
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    ):
        answer = shared.raw(request)
        assert answer == b"" or answer.split(b" ")[1] in (b"414", b"431", b"413"), answer[:200]
    assert shared.get("/health").status == 200


def test_422_says_where(shared):
    answer = shared.post("/analyze", b'{"window_size":\n "x"}')
    assert answer.status == 422 and answer.error[0] == "invalid"
    assert "window_size" in answer.error[1] and "line 2" in answer.error[1]


@pytest.mark.parametrize(
    "path",
    [
        "/api/kedge/analyses?limit=many",
        "/api/kedge/analyses?limit=-1",
        "/api/kedge/series?model=x",
        "/api/kedge/series?result=x&from=soon",
        "/reports?limit=1e3",
    ],
)
def test_422_for_query_parameters(shared, path):
    answer = shared.get(path)
    assert answer.status == 422 and answer.error[0] == "invalid", answer


@pytest.mark.parametrize(
    "path",
    [
        "/api/kedge/analyses/99999",
        "/api/kedge/analyses/x",
        "/api/kedge/analyses/-1",
        "/api/kedge/models/nobody",
        "/api/kedge/analyses/99999/results",
    ],
)
def test_404_for_things_that_are_not(shared, path):
    answer = shared.get(path)
    assert answer.status == 404 and answer.error[0] == "not_found", answer


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM events",
        "SELECT 1; SELECT 2",
        "DROP VIEW events",
        "COPY events TO '/tmp/kedge-stolen.csv'",
        "ATTACH '/tmp/x.db'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_text('/etc/hostname')",
        "PRAGMA database_list",
        "SET memory_limit='90GB'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CREATE TABLE x (a INT)",
        "SELECT getenv('HOME')",
        "not sql at all",
        "SELECT * FROM nowhere",
        "SELECT * FROM glob('/*')",
        "EXPORT DATABASE '/tmp/kedge-stolen'",
        "CALL pragma_version()",
        "SELECT * FROM duckdb_settings()",
        "SELECT current_setting('temp_directory')",
        "FROM duckdb_databases",
        "SELECT sql FROM sqlite_master",
        "FROM store.files",
        "EXPLAIN FROM sql",
    ],
)
def test_sql_reads_events_and_nothing_else(shared, statement):
    shared.good("POST", "/models/sql/capture", {"features": {"a": 1}, "prediction": 1, "prediction_id": "x"})
    answer = shared.post("/api/kedge/sql", {"sql": statement})
    assert answer.status == 422 and answer.error[0] == "invalid", (statement, answer)
    assert str(shared.data) not in answer.text
    assert shared.sql("SELECT count(*) FROM sql") == [[1]]


def test_sql_that_runs_away_is_stopped_or_bounded(make_server):
    server = make_server(environment={"KEDGE_STORE_MEMORY_MAX": "64MiB"}).start()
    server.good("POST", "/capture", {"features": {"a": 1}, "prediction": 1})
    answer = server.post("/api/kedge/sql", {"sql": "SELECT list(range) FROM range(10000000000)"})
    assert answer.status in (422, 429, 503), answer
    assert server.get("/health").status == 200
    assert server.rss_bytes() < 600 << 20 or is_sanitized()
    assert server.good("POST", "/capture", {"features": {"a": 1}, "prediction": 1})["stored"] == 1


def test_429_when_too_many_wait_and_it_says_when_to_come_back(make_server):
    """A queue of 1 MiB (its least) and bodies that are larger: it refuses, and what it accepts it keeps."""
    server = make_server(environment={"KEDGE_STORE_QUEUE_MAX": "1MiB"}).start()
    text = "x" * 30_000
    body = json.dumps([{"features": {"t": text}, "prediction": 1} for _ in range(50)])
    stored, refused = [], []

    def send(index):
        for _ in range(6):
            answer = server.post("/capture/batch", body)
            if answer.status == 200:
                stored.append(answer.json["stored"])
            else:
                assert (
                    answer.status == 429 and answer.error[0] == "limit" and int(answer.headers["retry-after"]) >= 1
                ), answer
                refused.append(answer)

    in_threads(8, send)
    assert refused, "the queue took more than it may hold"
    assert server.sql("SELECT count(*) FROM events") == [[sum(stored)]]
    assert server.good("POST", "/capture", {"features": {"t": "small"}, "prediction": 1})["stored"] == 1


def test_an_answer_tells_nothing_of_the_inside(shared):
    for path in ("/nowhere", "/reports/x"):
        headers = shared.get(path).headers
        assert "server" not in headers and headers["x-content-type-options"] == "nosniff"


# ---- who may ask ----


def test_a_token_is_asked_of_everyone(make_server):
    server = make_server(environment={"KEDGE_TOKEN": TOKEN}).start()
    for path in ("/", "/health", "/metrics", "/docs", "/reports", "/nowhere", "/-/healthy"):
        answer = server.get(path)
        assert answer.status == 401 and answer.error[0] == "unauthorized" and "www-authenticate" in answer.headers, (
            path,
            answer,
        )
    assert server.post("/capture", {"features": {"a": 1}, "prediction": 1}).status == 401
    for wrong in (f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer", "Bearer ", TOKEN, f"bearer{TOKEN}"):
        assert server.get("/health", Authorization=wrong).status == 401, wrong
    assert server.get("/health", Authorization=f"Bearer {TOKEN}").status == 200
    assert (
        server.post("/capture", {"features": {"a": 1}, "prediction": 1}, {"Authorization": f"Bearer {TOKEN}"}).status
        == 200
    )
    assert (
        server.ask("GET", "/api/kedge/models", headers={"Authorization": f"Bearer {TOKEN}"}).json["models"][0]["events"]
        == 1
    )


def test_the_token_is_printed_nowhere(make_server):
    server = make_server(config=f"token: {TOKEN}\nlog: {{level: debug}}\n").start()
    good = {"Authorization": f"Bearer {TOKEN}"}
    server.ask("GET", "/health", headers=good), server.ask("POST", "/-/reload", headers=good), server.get(
        f"/x?token={TOKEN}x"
    )
    for path in ("/api/kedge/config", "/openapi.json", "/metrics"):
        assert TOKEN not in server.ask("GET", path, headers=good).text, path
    server.stop()
    assert TOKEN not in server.log().replace(TOKEN + "x", ""), "the log shows the token"


def test_a_listener_beyond_loopback_wants_a_token_or_the_word_insecure(make_server):
    for listen in ("0.0.0.0:0", "[::]:0"):
        status, said = make_server(port=None, arguments=["--listen", listen]).run_to_end()
        assert status == 2 and "token" in said and "insecure" in said, said
    for options in (
        {"environment": {"KEDGE_TOKEN": TOKEN}, "arguments": ["--listen", "0.0.0.0:0"]},
        {"arguments": ["--listen", "0.0.0.0:0", "--insecure"]},
    ):
        server = make_server(port=None, **options).start()
        assert server.get("/health").status == (401 if "environment" in options else 200)


def test_a_page_of_another_site_may_not_change_anything(shared):
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"}
    answer = shared.ask("DELETE", "/production-data", headers=headers)
    assert answer.status == 403 and answer.error[0], answer
    assert shared.post("/capture", {"features": {"a": 1}, "prediction": 1}, headers).status == 403


def test_two_listeners_serve_the_same(make_server):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        second = probe.getsockname()[1]
    server = make_server(arguments=["--listen", f"127.0.0.1:{second}"]).start()
    server.good("POST", "/capture", {"features": {"a": 1}, "prediction": 1})
    server.port = second
    assert server.good("GET", "/production-data")["rows"] == 1


def test_a_port_that_is_taken_is_said(make_server):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        status, said = make_server(port=str(port)).run_to_end()
    assert status == 3 and str(port) in said and "in use" in said, said


def test_reading_while_everything_else_goes_on(shared):
    """Slow requests of one kind do not starve captures."""
    shared.good("POST", "/models/both/reference", rows_of(500))
    shared.good("POST", "/models/both/capture/batch", events_of(500))

    def work(index):
        for i in range(5):
            if index % 2:
                answer = shared.post("/models/both/analyze", {"methods": "all"})
                assert answer.status in (200, 429), answer
            else:
                shared.good("POST", "/models/both/capture/batch", events_of(20, prefix=f"w{index}-{i}-"))

    in_threads(8, work)
    assert shared.good("GET", "/production-data?model_name=both")["rows"] == 500 + 4 * 5 * 20
