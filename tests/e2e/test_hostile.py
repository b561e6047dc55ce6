"""What nobody should send and somebody will. After each of these the server answers, and its memory is bounded."""

import json
import re
import socket

import pytest
from kedge_server import DEADLINE_S, ask_on, in_threads, is_sanitized

MIB = 1 << 20


@pytest.fixture(autouse=True)
def it_stays_up(shared):
    yield
    assert shared.is_running(), shared.log()[-4000:]
    assert shared.get("/health").json["status"] == "healthy"
    assert shared.good("POST", "/models/still/capture", {"features": {"a": 1}, "prediction": 1})["stored"] == 1


def columns_body(count):
    return b'{"features": {' + b",".join(b'"c%d":1' % i for i in range(count)) + b'}, "prediction": 1}'


BODIES = [
    ("a million brackets", lambda: b"[" * 1_000_000),
    ("a million braces", lambda: b'{"a":' * 1_000_000),
    (
        "deep in an ignored member",
        lambda: b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b', "features": {"a": 1}, "prediction": 1}',
    ),
    ("a million columns", lambda: columns_body(1_000_000)),
    ("more columns than a model may have", lambda: columns_body(5000)),
    (
        "a million names",
        lambda: b'{"features": ['
        + b",".join([b"1"] * 1_000_000)
        + b'], "feature_names": ['
        + b",".join(b'"c%d"' % i for i in range(1_000_000))
        + b'], "prediction": 1}',
    ),
    (
        "rows times columns beyond all",
        lambda: b"[" + b",".join(b'{"features": {"c%d": 1}, "prediction": 1}' % i for i in range(30_000)) + b"]",
    ),
    ("a number of a million digits", lambda: b'{"features": {"a": ' + b"9" * 1_000_000 + b'}, "prediction": 1}'),
    (
        "a fraction of a million digits",
        lambda: b'{"features": {"a": 0.' + b"1" * 1_000_000 + b'}, "prediction": true, "prediction_id": 3',
    ),
    ("an exponent of a million digits", lambda: b'{"features": {"a": 1e' + b"9" * 1_000_000 + b'}, "prediction": 1}'),
    ("a key of a megabyte", lambda: b'{"features": {"' + b"k" * MIB + b'": 1}, "prediction": 1}'),
    ("an id of a megabyte", lambda: b'{"features": {"a": 1}, "prediction": 1, "prediction_id": "' + b"k" * MIB + b'"}'),
    ("a text of four megabytes", lambda: b'{"features": {"a": "' + b"k" * 4 * MIB + b'"}, "prediction": 1}'),
    ("invalid UTF-8 in a key", lambda: b'{"features": {"\xff\xfe": 1}, "prediction": 1}'),
    ("invalid UTF-8 in a text", lambda: b'{"features": {"a": "\xc3\x28"}, "prediction": 1}'),
    ("an overlong slash", lambda: b'{"features": {"a": "\xc0\xaf"}, "prediction": 1}'),
    ("a lone surrogate", lambda: b'{"features": {"a": "\\ud800"}, "prediction": 1}'),
    ("a NUL byte in JSON", lambda: b'{"features": {"a\x00": 1}, "prediction": 1}'),
    ("an escaped NUL in a name", lambda: b'{"features": {"a\\u0000b": 1}, "prediction": 1}'),
    (
        "300 models at once",
        lambda: json.dumps(
            [{"features": {"a": 1}, "prediction": 1, "model_name": f"flood{i}"} for i in range(300)]
        ).encode(),
    ),
    ("a year beyond all", lambda: b'{"features": {"a": 1}, "prediction": 1, "timestamp": 1e300}'),
    ("a time before all", lambda: b'{"features": {"a": 1}, "prediction": 1, "timestamp": "-292277-01-01T00:00:00Z"}'),
    ("only blanks", lambda: b" " * MIB),
    ("only NULs", lambda: b"\x00" * MIB),
    ("random-looking bytes", lambda: bytes(range(256)) * 4096),
    ("a byte order mark", lambda: b"\xef\xbb\xbf\xef\xbb\xbf{}"),
]


@pytest.mark.parametrize("index", range(len(BODIES)), ids=[why for why, _ in BODIES])
@pytest.mark.parametrize("path", ["/capture", "/capture/batch", "/labels", "/reference", "/analyze"])
def test_bodies(shared, path, index):
    body = BODIES[index][1]()
    answer = shared.post(f"/models/hostile{index}{path}", body, {"Content-Type": "application/json"})
    lucky = path == "/reference" and index in (4,)  # a reference may be that wide
    assert (
        400 <= answer.status < 500 or answer.status < 300 and (lucky or path == "/analyze" and not body.strip())
    ), answer
    if answer.status >= 400:
        code, message = answer.error
        assert len(message) < 4096 and message.isprintable(), message


def test_memory_is_bounded_after_all_that(shared):
    for _ in range(3):
        in_threads(
            4, lambda i: shared.post("/capture/batch", columns_body(500_000), {"Content-Type": "application/json"})
        )
    assert shared.rss_bytes() < 700 * MIB or is_sanitized(), shared.rss_bytes()


FILES = [
    ("a million NULs", b"\x00" * MIB),
    ("one line without end", b"a" * MIB),
    ("a header of a million columns", b"," * MIB + b"\n1\n"),
    ("Parquet with a footer of 4 GB", b"PAR1" + b"\x00" * 100 + b"\xff\xff\xff\xff" + b"PAR1"),
    ("Parquet magic only", b"PAR1PAR1"),
    ("quotes that never close", b'a,b\n"1,2\n' * 1000),
    ("nothing", b""),
    ("only newlines", b"\n" * 1000),
    ("invalid UTF-8", b"a,b\n\xff\xfe,2\n"),
    ("a gzip bomb's head", b"\x1f\x8b\x08\x00" + b"\x00" * 100),
]


@pytest.mark.parametrize("index", range(len(FILES)), ids=[why for why, _ in FILES])
@pytest.mark.parametrize(
    "type_", ["text/csv", "application/vnd.apache.parquet", "application/x-ndjson", "application/octet-stream"]
)
def test_uploads(shared, type_, index):
    answer = shared.post(f"/models/file{index}/reference", FILES[index][1], {"Content-Type": type_})
    assert 200 <= answer.status < 300 or 400 <= answer.status < 500, answer
    if answer.status >= 400:
        assert answer.error


WIRE = [
    ("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500),
    ("HTTP/2's greeting", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("HTTP/0.9", b"GET /\r\n"),
    ("HTTP/9.9", b"GET / HTTP/9.9\r\n\r\n"),
    ("no path", b"GET\r\n\r\n"),
    ("only newlines", b"\r\n" * 10000),
    ("a NUL in the path", b"GET /\x00health HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("a NUL in a header", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n"),
    ("a negative length", b"POST /capture HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}"),
    (
        "a length beyond 64 bits",
        b"POST /capture HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
    ),
    ("the largest length", b"POST /capture HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n{}"),
    ("two lengths", b"POST /capture HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
    (
        "length and chunks",
        b"POST /capture HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "a chunk of garbage size",
        b"POST /capture HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n{}\r\n0\r\n\r\n",
    ),
    (
        "a chunk of endless size",
        b"POST /capture HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n{}\r\n",
    ),
    ("a body that stops early", b"POST /capture HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"),
    (
        "ten thousand headers",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X%d: y\r\n" % i for i in range(10000)) + b"\r\n",
    ),
    ("folded headers", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"),
    ("a space before the colon", b"GET / HTTP/1.1\r\nHost : x\r\n\r\n"),
    ("pipelined garbage", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 50 + b"\xde\xad\xbe\xef" * 1000),
    ("a path up and away", b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("an escaped path up and away", b"GET /reports/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("an absolute path", b"GET http://example.org/health HTTP/1.1\r\nHost: x\r\n\r\n"),
]


def test_wire(make_server):
    """All at once, because some of them hold a connection until the server loses its patience."""
    server = make_server(environment={"KEDGE_HTTP_IDLE_TIMEOUT": "1s"}).start()
    wrong = []

    def send(index):
        why, data = WIRE[index]
        answer = server.raw(data)
        if b"root:" in answer or not (answer == b"" or answer.startswith(b"HTTP/1.")):
            wrong.append((why, answer[:200]))

    def trickle(_):
        """Slowloris: a byte now and then keeps an idle timer happy; the time for a whole head is bounded too."""
        with socket.create_connection(("127.0.0.1", server.port), timeout=0.2) as slow:
            slow.sendall(b"GET /health HTTP/1.1\r\n")
            for i in range(int(DEADLINE_S / 0.2)):
                try:
                    slow.sendall(b"X%d: y\r\n" % i)
                    if slow.recv(4096) == b"":
                        return
                except TimeoutError:
                    continue
                except (ConnectionResetError, BrokenPipeError):
                    return
        wrong.append(("a head that never ends", "was listened to for ever"))

    in_threads(len(WIRE) + 1, lambda index: trickle(index) if index == len(WIRE) else send(index))
    assert not wrong, wrong
    assert server.is_running() and server.get("/health").json["status"] == "healthy"


def test_pipelined_requests_are_answered_in_order(shared):
    paths = [b"/-/healthy", b"/nowhere", b"/-/ready"] * 20
    answer = shared.raw(
        b"".join(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in paths[:-1])
        + b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % paths[-1],
        shuts=False,
    )
    assert re.findall(rb"HTTP/1\.1 (\d+) ", answer) == [b"200", b"404", b"200"] * 20


@pytest.mark.parametrize(
    "why, statement",
    [
        ("nested deeply", "SELECT " + "(" * 5000 + "1" + ")" * 5000),
        ("nested queries", "SELECT * FROM (" * 2000 + "SELECT 1" + ")" * 2000),
        ("a long sum", "SELECT " + "1+" * 20000 + "1"),
        ("many unions", " UNION ALL ".join(["SELECT 1"] * 5000)),
        ("many names", "SELECT " + ", ".join(f"{i} AS c{i}" for i in range(2000))),
        ("a long text", "SELECT '" + "x" * 1000000 + "'"),
        ("a longer one", "SELECT '" + "x" * 2000000 + "'"),
        ("quotes", "SELECT '''); SELECT (''' AS \"a''b\"\"c\""),
        ("an open comment", "SELECT 1 /* FROM duckdb_settings()"),
        ("out of its brackets", "SELECT 1) UNION ALL SELECT value FROM (FROM duckdb_settings()"),
    ],
)
def test_sql_that_is_meant_to_hurt(make_server, why, statement):
    server = make_server(environment={"KEDGE_STORE_MEMORY_MAX": "128MiB"}).start()
    answer = server.post("/api/kedge/sql", {"sql": statement})
    assert answer.status in (200, 422, 429, 503), (why, answer)
    if answer.status != 200:
        assert answer.error[1]
    assert "temp_directory" not in answer.text and str(server.data) not in answer.text
    assert server.sql("SELECT 1") == [[1]]


def test_a_nul_in_an_id_is_an_ordinary_character_or_none(shared):
    answer = shared.post(
        "/models/nul/capture", b'{"features": {"a": 1}, "prediction": 1, "prediction_id": "a\\u0000b"}'
    )
    if answer.status == 200:
        assert answer.json["prediction_id"] == "a\0b" and shared.sql("SELECT prediction_id FROM nul") == [["a\0b"]]
    else:
        assert answer.status == 422 and answer.error


def test_a_thousand_connections_that_say_nothing(make_server):
    server = make_server(environment={"KEDGE_HTTP_CONNECTIONS_MAX": "200", "KEDGE_HTTP_IDLE_TIMEOUT": "1s"}).start()
    idle = []
    try:
        for _ in range(400):
            idle.append(socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S))
    except OSError:
        pass
    finally:
        # The silent ones are cut off by the server itself, so that a new one is served while they are still open.
        idle[0].settimeout(DEADLINE_S)
        try:
            assert idle[0].recv(1) == b""
        except ConnectionResetError:
            pass
        connection = server.connection()
        assert ask_on(connection, "GET", "/health").status == 200
        connection.close()
        for one in idle:
            one.close()
    assert server.is_running()


def test_clients_that_leave_before_the_answer(shared):
    body = json.dumps([{"features": {"a": i}, "prediction": 1} for i in range(500)]).encode()
    head = (
        b"POST /models/leavers/capture/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n"
        % len(body)
    )
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", shared.port), timeout=DEADLINE_S) as connection:
            connection.sendall(head + body)
            # l_onoff = 1, l_linger = 0: the close is a reset, not a polite end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    assert shared.get("/health").status == 200
