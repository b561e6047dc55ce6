"""A full disk, a folder that may not be written, flipped bits: said clearly, and nothing acknowledged is lost."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from kedge_server import events_of, rows_of

IS_ROOT = os.geteuid() == 0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MiB of its own."""
    if not IS_ROOT:
        pytest.skip("mounting a small tmpfs needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def on_small_disk(small_disk, make_server):
    server = make_server()
    server.data = small_disk / "data"
    yield server.start()
    if server.is_running():
        server.kill()


def fill(folder):
    """Takes what is left of the disk; the file to remove."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


def capture_until_refused(server, prefix, most=4000):
    """(acknowledged ids, the refusal or None)."""
    acknowledged = []
    for step in range(most):
        events = events_of(50, prefix=f"{prefix}{step}-")
        answer = server.post("/models/m/capture/batch", events)
        if answer.status != 200:
            return acknowledged, answer
        acknowledged += [event["prediction_id"] for event in events]
    return acknowledged, None


def ids(server):
    rows = [row[0] for row in server.sql("SELECT prediction_id FROM m")]
    assert len(rows) == len(set(rows)), "events are there twice"
    return set(rows)


def test_a_full_disk_is_refused_and_works_again_when_there_is_room(on_small_disk, small_disk):
    server = on_small_disk
    server.good("POST", "/models/m/capture/batch", events_of(50, prefix="first"))
    ballast = fill(small_disk)
    acknowledged, refusal = capture_until_refused(server, "full")
    assert refusal is not None, "the disk is full, and it acknowledges for ever"
    assert refusal.status in (503, 507), refusal
    code, message = refusal.error
    assert "full" in message.lower(), message
    assert server.is_running() and server.get("/-/healthy").status == 200
    assert "full" in server.log()
    ballast.unlink()
    again, refusal = capture_until_refused(server, "again", most=10)
    assert refusal is None, refusal
    want = set(acknowledged) | set(again) | {f"first{i}" for i in range(50)}
    assert want <= ids(server)
    server.kill()
    server.start()
    assert want <= ids(server)


def test_kill_while_the_disk_is_full_loses_nothing(on_small_disk, small_disk):
    server = on_small_disk
    acknowledged, refusal = capture_until_refused(server, "grow", most=200)
    ballast = fill(small_disk)
    more, refusal = capture_until_refused(server, "full")
    assert refusal is not None
    server.kill()
    ballast.unlink()
    server.start()
    assert set(acknowledged) | set(more) <= ids(server)
    assert capture_until_refused(server, "after", most=3)[1] is None


def test_a_full_disk_also_refuses_references_and_labels(on_small_disk, small_disk):
    server = on_small_disk
    server.good("POST", "/models/m/capture/batch", events_of(50))
    server.good("POST", "/models/m/reference", rows_of(50))
    ballast = fill(small_disk)
    _, refusal = capture_until_refused(server, "full")
    assert refusal is not None
    for path, body in (
        ("/models/m/reference", rows_of(20000, seed=5)),
        ("/models/m/labels", [{"prediction_id": f"x{i}", "target": 1} for i in range(20000)]),
    ):
        answer = server.post(path, body)
        assert answer.status in (503, 507) and answer.error[1], answer
    ballast.unlink()
    assert [entry["version"] for entry in server.good("GET", "/reference?model_name=m")["references"]] == [1]
    assert server.good("POST", "/models/m/reference", rows_of(60, seed=6))["version"] == 2
    assert server.good("POST", "/models/m/analyze", {})["reference"]["rows"] == 60


def test_a_start_on_a_full_disk_says_so_or_works(on_small_disk, small_disk):
    server = on_small_disk
    server.good("POST", "/models/m/capture/batch", events_of(50))
    server.kill()
    ballast = fill(small_disk)
    server.launch()
    try:
        status = server.process.wait(10)
        assert status == 3 and re.search("space|full", server.log().splitlines()[-1], re.I), server.log()[-2000:]
    except subprocess.TimeoutExpired:
        server.kill()  # it came up: also fine
    ballast.unlink()
    server.start()
    assert len(ids(server)) == 50


def unprivileged(command):
    """As root nothing is read-only; another user is asked to do it then."""
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command] if IS_ROOT else command


def test_a_read_only_folder_is_said_at_start(make_server, tmp_path):
    if IS_ROOT and not shutil.which("setpriv"):
        pytest.skip("setpriv is needed to be somebody else than root")
    server = make_server()
    locked = pathlib.Path("/tmp" if IS_ROOT else tmp_path) / f"kedge-locked-{os.getpid()}"
    locked.mkdir(mode=0o555)
    try:
        done = subprocess.run(
            unprivileged([*server.command()[:2], "--port", "0", "--data-dir", str(locked / "data")]),
            capture_output=True,
            text=True,
            timeout=60,
            env=server.clean_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
        )
        if done.returncode == 127 or "Permission denied" in done.stderr and "setpriv" in done.stderr:
            pytest.skip("another user may not run the program here")
        assert done.returncode == 3, done
        assert str(locked) in done.stderr and re.search("denied|read-only", done.stderr, re.I), done.stderr
    finally:
        locked.rmdir()


def test_a_read_only_file_system_is_said_at_start(small_disk, make_server):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    server = make_server()
    server.data = small_disk / "data"
    status, said = server.run_to_end()
    assert status == 3 and "small" in said and "read-only" in said.lower(), said


# ---- bits ----


def journals(server):
    return sorted(
        (path for path in server.data.rglob("journal-*.log") if path.stat().st_size > 100),
        key=lambda path: path.stat().st_mtime,
    )


def flip(path, offset):
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x10
    path.write_bytes(data)


@pytest.fixture
def journaled(server):
    """Killed with acknowledged events that are in the journal."""
    for i in range(5):
        server.good("POST", "/models/m/capture/batch", events_of(50, prefix=f"b{i}-"))
    server.kill()
    if not journals(server):
        pytest.skip("everything was ingested before the kill: there is no journal to damage")
    return server


def test_a_flipped_bit_in_the_journal_names_file_and_offset(journaled):
    path = journals(journaled)[-1]
    before = path.read_bytes()
    flip(path, 200)
    status, said = journaled.run_to_end()
    assert status == 3, said
    assert path.name in said and re.search(r"(offset|byte) \d+", said), said
    assert path.stat().st_size == len(before), "nothing is touched"
    path.write_bytes(before)
    journaled.start()
    assert len(ids(journaled)) == 250


def test_a_torn_end_is_what_a_crash_leaves_and_is_cut_off(journaled):
    path = journals(journaled)[-1]
    with open(path, "ab") as file:
        file.write(b"\x55" * 37)
    journaled.start()
    assert len(ids(journaled)) == 250
    assert journaled.good("POST", "/models/m/capture", {"features": rows_of(1)[0], "prediction": 1})["stored"] == 1


@pytest.mark.parametrize("pattern", ["*.duckdb", "*.sqlite*"])
def test_a_database_that_is_no_database_is_named(server, pattern):
    server.good("POST", "/models/m/reference", rows_of(20))
    server.good("POST", "/models/m/capture/batch", events_of(50))
    assert server.stop() == 0
    found = [
        path
        for path in server.data.rglob(pattern)
        if path.suffix not in (".wal",) and not path.name.endswith(("-wal", "-shm"))
    ]
    if not found:
        pytest.skip(f"there is no {pattern}")
    path = found[0]
    whole = path.read_bytes()
    path.write_bytes(b"this is no database" * 1000)
    status, said = server.run_to_end()
    assert status == 3 and path.name in said, said
    path.write_bytes(whole)
    server.start()
    assert len(ids(server)) == 50


def test_a_damaged_reference_takes_only_its_own_analyses_down(server):
    server.good("POST", "/models/m/reference", rows_of(50))
    server.good("POST", "/models/m/capture/batch", events_of(50))
    server.stop()
    (path,) = list(server.data.rglob("references/**/*.parquet"))
    path.write_bytes(path.read_bytes()[:100])
    server.start()
    answer = server.post("/models/m/analyze", {})
    assert answer.status in (500, 503) and "reference" in answer.error[1], answer
    assert server.post("/models/m/capture", {"features": rows_of(1)[0], "prediction": 1}).status == 200
    assert server.good("POST", "/models/m/reference", rows_of(51, seed=4))["version"] == 2
    assert server.good("POST", "/models/m/analyze", {})["reference"]["rows"] == 51
