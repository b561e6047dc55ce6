"""HTTPS on the listeners, with certificates that openssl makes for the test."""

import http.client
import re
import shutil
import signal
import socket
import ssl
import subprocess

import pytest
from kedge_server import DEADLINE_S, ROOT, ask_on, csv_of, events_of, rows_of, run, wait_until

pytestmark = pytest.mark.skipif(
    not shutil.which("openssl") or not shutil.which("curl"), reason="needs openssl and curl"
)


def make_certificate(folder, name, hosts):
    """A self-signed certificate and its key: (certificate, key)."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={hosts}"]
    command += ["-out", str(certificate), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    return {
        "here": make_certificate(folder, "here", "DNS:localhost,IP:127.0.0.1"),
        "elsewhere": make_certificate(folder, "elsewhere", "DNS:kedge.example"),
    }


def config_of(certificate, key):
    return f"tls:\n  certificate: {certificate}\n  key: {key}\nmodels:\n  - name: m\n    schema: open\n"


@pytest.fixture
def secure(make_server, certificates):
    server = make_server(config=config_of(*certificates["here"])).start()
    server.authority = certificates["here"][0]
    return server


def connect(server):
    context = ssl.create_default_context(cafile=str(server.authority))
    return http.client.HTTPSConnection("localhost", server.port, timeout=DEADLINE_S, context=context)


def curl(server, *arguments, authority=True):
    trust = ["--cacert", str(server.authority)] if authority else []
    return subprocess.run(["curl", "-sS", *trust, *arguments], capture_output=True, text=True, timeout=DEADLINE_S)


def test_curl_trusts_the_certificate_and_keeps_the_connection(secure):
    url = f"https://localhost:{secure.port}"
    done = curl(secure, "-v", f"{url}/health", f"{url}/health")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"status"') >= 2
    assert re.search(r"Re-using existing connection", done.stderr), done.stderr
    assert f"listening on https://127.0.0.1:{secure.port}" in secure.log()


def test_who_does_not_know_the_certificate_is_warned(secure):
    assert curl(secure, f"https://localhost:{secure.port}/health", authority=False).returncode == 60


def test_plain_http_gets_no_answer(secure):
    assert b"200" not in secure.raw(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert curl(secure, f"https://localhost:{secure.port}/health").returncode == 0, "and it stays up"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=["1.0", "1.1"])
def test_old_protocols_are_refused(secure, version):
    context = ssl.create_default_context(cafile=str(secure.authority))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("localhost", secure.port), timeout=DEADLINE_S) as raw:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(raw, server_hostname="localhost")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_the_monitoring_loop(secure, version):
    """Deferred answers, uploads of several records, answers from files and compressed ones, on one connection."""
    connection = connect(secure)
    connection._context.minimum_version = connection._context.maximum_version = version
    upload = csv_of(rows_of(40000))
    assert len(upload) > 1 << 20
    assert ask_on(connection, "POST", "/models/m/reference", upload, {"Content-Type": "text/csv"}).status in (200, 201)
    assert connection.sock.version() == f"TLSv1.{version.name[-1]}"
    first = connection.sock
    assert ask_on(connection, "POST", "/models/m/capture/batch", events_of(100)).status == 200
    report = ask_on(connection, "POST", "/models/m/analyze", {})
    assert report.status == 200
    page = ask_on(connection, "GET", report.json["report"], headers={"Accept-Encoding": "gzip"})
    assert page.status == 200 and page.body
    assert connection.sock is first, "all on the first connection"


def test_the_rest_of_a_body_may_come_after_the_signal(secure):
    context = ssl.create_default_context(cafile=str(secure.authority))
    body = b'{"features": {"a": 1}, "prediction": 1}'
    head = b"POST /models/m/capture HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
    head += b"Content-Length: %d\r\n\r\n" % len(body)
    with socket.create_connection(("localhost", secure.port), timeout=DEADLINE_S) as raw:
        with context.wrap_socket(raw, server_hostname="localhost") as connection:
            connection.sendall(head)
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
            secure.process.send_signal(signal.SIGTERM)
            wait_until(lambda: "stopping" in secure.log(), "the signal")
            connection.sendall(body)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert secure.process.wait(DEADLINE_S) == 0


@pytest.mark.parametrize("name", ["here", "elsewhere"])
def test_commands_find_the_server_of_their_folder(make_server, certificates, name):
    """The folder says which certificate the server has, so its name need not be this machine's."""
    server = make_server(config=config_of(*certificates[name])).start()
    status, out, err = run("sql", "--data-dir", server.data, "--csv", "SELECT 40 + 2 AS answer")
    assert status == 0 and out.split() == ["answer", "42"], err


def test_commands_with_a_url_want_to_know_whom_to_trust(secure):
    url = f"https://localhost:{secure.port}"
    statement = "SELECT 40 + 2 AS answer"
    status, out, err = run("sql", "--url", url, "--ca", secure.authority, "--csv", statement)
    assert status == 0 and out.split() == ["answer", "42"], err
    status, out, err = run("sql", "--url", url, statement)
    assert status == 3 and "certificate" in err, err
    rows = ROOT / "examples/wine/current.csv"
    trust = ("--url", url, "--ca", secure.authority)
    status, out, err = run("simulate", rows, *trust, "--model", "m", "--rows", "10", "--quiet")
    assert status == 0, err


def test_the_token_is_asked_for_over_https_too(make_server, certificates):
    server = make_server(config="token: opensesame\n" + config_of(*certificates["here"])).start()
    server.authority = certificates["here"][0]
    assert ask_on(connect(server), "GET", "/api/kedge/models").status == 401
    bearer = {"Authorization": "Bearer opensesame"}
    assert ask_on(connect(server), "GET", "/api/kedge/models", headers=bearer).status == 200


def mistakes(certificates):
    (certificate, key), (_, other) = certificates["here"], certificates["elsewhere"]
    return [
        ("no key", f"tls: {{certificate: {certificate}}}\n", "tls.key"),
        ("no certificate", f"tls: {{key: {key}}}\n", "tls.certificate"),
        ("a missing file", config_of("/nowhere/kedge.crt", key), "/nowhere/kedge.crt"),
        ("another's key", config_of(certificate, other), "tls.key"),
        ("files the wrong way round", config_of(key, certificate), str(key)),
    ]


@pytest.mark.parametrize("which", range(5))
def test_mistakes_stop_the_start(make_server, certificates, which):
    why, text, named = mistakes(certificates)[which]
    status, said = make_server(config=text).run_to_end()
    assert status in (2, 3) and named in said, (why, said)
