"""From start to end: configuration and its reload, signals, restarts, the environment."""

import http.client
import pathlib
import signal
import socket
import threading

import pytest
from kedge_server import ask_on, events_of, rows_of, run, wait_until

OPEN = "models:\n  - name: m\n    schema: open\n"
CLOSED = "models:\n  - name: m\n    schema: closed\n"


def takes_unknown(server):
    return server.post("/models/m/capture", {"features": {"new": 1}, "prediction": 1}).status == 200


@pytest.fixture
def reloadable(make_server):
    server = make_server(config=CLOSED).start()
    server.good("POST", "/models/m/reference", rows_of(20))
    assert not takes_unknown(server)
    return server


def test_reload_by_request(reloadable):
    reloadable.config.write_text(OPEN)
    assert not takes_unknown(reloadable), "a file that nobody told of changes nothing"
    assert reloadable.good("POST", "/-/reload")["status"] == "reloaded"
    assert takes_unknown(reloadable)
    assert "schema: open" in reloadable.get("/api/kedge/config").text


def test_reload_by_signal(reloadable):
    reloadable.config.write_text(OPEN)
    reloadable.process.send_signal(signal.SIGHUP)
    wait_until(lambda: takes_unknown(reloadable), "the reload")


BAD = [
    ("not YAML", "models: ["),
    ("unknown key", "modles: []"),
    ("wrong type", "http: {threads: many}"),
    ("wrong value", OPEN + "    drift: {share: 7}\n"),
    ("no such method", OPEN + "    drift: {method: magic}\n"),
]


@pytest.mark.parametrize("why, text", BAD, ids=[case[0] for case in BAD])
def test_a_bad_configuration_keeps_the_old_one(reloadable, why, text):
    reloadable.config.write_text(text)
    answer = reloadable.post("/-/reload")
    assert answer.status == 422 and answer.error[1], answer
    reloadable.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "stays as it was" in reloadable.log(), "the complaint in the log")
    assert not takes_unknown(reloadable) and reloadable.get("/health").status == 200
    reloadable.config.write_text(OPEN)
    reloadable.good("POST", "/-/reload")
    assert takes_unknown(reloadable)


def test_reload_tells_file_line_and_column(reloadable):
    reloadable.config.write_text("models:\n  - name: m\n    schemma: open\n")
    code, message = reloadable.post("/-/reload").error
    said = message + reloadable.log()
    assert "kedge.yaml:3:" in said and "schemma" in said, said


def test_reload_under_load_loses_no_request(reloadable):
    reloadable.config.write_text(OPEN)
    stop = threading.Event()
    failures = []

    def reload_on():
        while not stop.is_set():
            answer = reloadable.post("/-/reload")
            if answer.status != 200:
                failures.append(answer)

    thread = threading.Thread(target=reload_on)
    thread.start()
    for i in range(40):
        reloadable.good("POST", "/models/m/capture/batch", events_of(5, prefix=f"r{i}-"))
        reloadable.good("GET", "/api/kedge/models")
    stop.set()
    thread.join()
    assert not failures and reloadable.good("GET", "/production-data")["rows"] == 200


@pytest.mark.parametrize("why, text", BAD, ids=[case[0] for case in BAD])
def test_a_bad_configuration_stops_the_start(make_server, why, text):
    status, said = make_server(config=text).run_to_end()
    assert status == 2 and "kedge serve: " in said, said


def test_the_environment_overrides_the_file(make_server):
    server = make_server(
        config="defaults: {drift: {share: 0.1}}\nhttp: {body_max: 1MiB}\n",
        environment={"KEDGE_DEFAULTS_DRIFT_SHARE": "0.9", "KEDGE_HTTP_BODY_MAX": "2KiB"},
    ).start()
    shown = server.get("/api/kedge/config").text
    assert "share: 0.9" in shown
    assert server.post("/capture", b" " * 3000).status == 413


def test_a_wrong_variable_is_named(make_server):
    for name, value in (("KEDGE_HTTP_THREADS", "lots"), ("KEDGE_DEFAULTS_SCHEMA", "ajar")):
        status, said = make_server(environment={name: value}).run_to_end()
        assert status == 2 and name in said, said


def test_usage_mistakes(make_server):
    for arguments in (["--no-such-option"], ["--listen"], ["--config", "/nowhere/kedge.yaml"]):
        status, said = make_server(arguments=arguments).run_to_end()
        assert status in (2, 3) and "kedge serve: " in said, said


# ---- the end ----


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(server, number):
    server.good("POST", "/capture/batch", events_of(10))
    assert server.stop(number) == 0
    assert "level=error" not in server.log(), server.log()


def cpu_ticks(server):
    """Of all threads, since the start; proc(5)."""
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_a_running_request_is_finished_first(server):
    """A query that takes a while is under way when the signal comes: it is answered, and only then it ends."""
    answers = []
    idle = cpu_ticks(server)
    count = 200_000_000
    statement = f"SELECT count(*) FROM range({count}) AS numbers(i) WHERE i % 7 = 3"
    thread = threading.Thread(target=lambda: answers.append(server.post("/api/kedge/sql", {"sql": statement})))
    thread.start()
    wait_until(lambda: answers or cpu_ticks(server) > idle + 10, "the query at work")
    assert server.stop() == 0
    thread.join()
    assert answers[0].status == 200 and answers[0].json["rows"] == [[len(range(3, count, 7))]], answers


def test_captures_while_it_stops_are_stored_or_refused(server):
    acknowledged = []

    def send(index):
        connection = server.connection()
        try:
            for i in range(100000):
                id_ = f"{index}-{i}"
                if (
                    ask_on(
                        connection,
                        "POST",
                        "/models/m/capture",
                        {"features": {"a": i}, "prediction": 1, "prediction_id": id_},
                    ).status
                    == 200
                ):
                    acknowledged.append(id_)
        except (OSError, http.client.HTTPException):
            return  # the server is gone: that is what we wait for

    threads = [threading.Thread(target=send, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(acknowledged) > 100, "some load")
    assert server.stop() == 0
    for thread in threads:
        thread.join()
    server.start()
    kept = {row[0] for row in server.sql("SELECT prediction_id FROM m")}
    assert set(acknowledged) <= kept


def is_closed_to_newcomers(server):
    try:
        socket.create_connection(("127.0.0.1", server.port)).close()
        return False
    except ConnectionError:
        return True


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunks"])
def test_a_request_that_has_begun_is_read_to_its_end(server, chunked):
    """Half a body is there when the signal comes; the sender is no slower for it, and is answered."""
    body = b'{"features": {"a": 1}, "prediction": 1, "prediction_id": "late"}'
    halves = body[:20], body[20:]
    if chunked:
        halves = [b"%x\r\n%s\r\n" % (len(half), half) for half in halves]
        halves[1] += b"0\r\n\r\n"
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        head = b"POST /models/m/capture HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        connection.sendall(head + length + b"\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 "), "the head was read"
        connection.sendall(halves[0])
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: is_closed_to_newcomers(server), "the listener's end")
        connection.sendall(halves[1])
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ") and b"connection: close" in answer.lower(), answer
    assert server.process.wait(60) == 0
    server.start()
    assert server.sql("SELECT prediction_id FROM m") == [["late"]]


def test_an_idle_connection_does_not_hold_the_end_up(make_server):
    server = make_server(environment={"KEDGE_HTTP_DRAIN": "1s"}).start()
    with socket.create_connection(("127.0.0.1", server.port)) as idle, socket.create_connection(
        ("127.0.0.1", server.port)
    ) as half:
        half.sendall(b"POST /capture HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200")
        assert server.stop() == 0


def test_everything_is_there_after_a_restart(server):
    server.good("POST", "/models/m/reference", rows_of(50))
    server.good("POST", "/models/m/capture/batch", events_of(45))
    server.good("POST", "/models/m/labels", {"prediction_id": "e4", "target": 1})
    report = server.good("POST", "/models/m/analyze", {})
    seen = {
        path: server.get(path).body
        for path in (
            "/production-data",
            "/api/kedge/models",
            "/reference",
            "/api/kedge/analyses",
            report["report"],
            "/api/kedge/models/m",
        )
    }
    for ending in (server.restart, lambda: (server.kill(), server.start())):
        ending()
        for path, body in seen.items():
            assert server.get(path).body == body, path
    again = server.good("POST", "/models/m/analyze", {})
    assert again["columns"] == report["columns"], "the same rows, the same numbers"


def test_two_servers_do_not_share_a_folder(server, make_server):
    other = make_server()
    other.data = server.data
    status, said = other.run_to_end()
    assert status == 3 and str(server.data) in said, said
    assert server.get("/health").status == 200


def test_a_busy_folder_is_free_again_after_kill(server):
    server.kill()
    server.start()
    assert server.get("/health").status == 200


def test_config_check_and_show_agree_with_what_serves(make_server):
    server = make_server(config=OPEN + "    window: {rows: 77}\n").start()
    status, out, err = run("config", "show", server.config)
    assert status == 0 and "rows: 77" in out, err
    assert "rows: 77" in server.get("/api/kedge/config").text
