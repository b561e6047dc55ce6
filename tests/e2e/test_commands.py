"""kedge sql, backfill and export: beside a running server and on its folder when it is stopped."""

import csv
import io
import json
import re
import shutil
import subprocess

import pytest
from kedge_server import events_of, rows_of, run, sample

DAY_S = 86400
START_S = 1780272000  # 2026-06-01T00:00:00Z


@pytest.fixture
def filled(server):
    server.good("POST", "/models/m/reference", rows_of(100))
    for day in range(3):
        server.good(
            "POST",
            "/models/m/capture/batch",
            events_of(40, seed=day, shift=day, prefix=f"d{day}-", timestamp=START_S + day * DAY_S),
        )
    return server


def sql(server, *arguments, stdin=None):
    return run("sql", "--data-dir", server.data, *arguments, stdin=stdin)


@pytest.fixture(params=["running", "stopped", "killed"])
def state(request, filled):
    if request.param == "stopped":
        filled.stop()
    elif request.param == "killed":
        filled.kill()
    return filled


def test_sql_sees_every_event(state):
    status, out, err = sql(state, "--json", "SELECT count(*), count(DISTINCT prediction_id), min(alcohol) FROM m")
    assert status == 0, err
    least = min(event["features"]["alcohol"] for day in range(3) for event in events_of(40, seed=day, shift=day))
    assert json.loads(out)["rows"] == [[120, 120, least]]


def test_sql_prints_csv_that_reads_back(filled):
    status, out, err = sql(filled, "--csv", "SELECT prediction_id, alcohol, color FROM m ORDER BY prediction_id")
    assert status == 0, err
    rows = list(csv.DictReader(io.StringIO(out)))
    want = {
        event["prediction_id"]: event["features"]
        for day in range(3)
        for event in events_of(40, seed=day, shift=day, prefix=f"d{day}-")
    }
    assert len(rows) == 120
    for row in rows:
        assert (
            float(row["alcohol"]) == want[row["prediction_id"]]["alcohol"]
            and row["color"] == want[row["prediction_id"]]["color"]
        )


def test_sql_prints_a_table_for_people_and_reads_standard_input(filled):
    status, out, err = sql(filled, "-", stdin="SELECT model_name, count(*) AS events FROM events GROUP BY 1")
    assert status == 0 and "model_name" in out and "120" in out, (out, err)


def test_sql_says_when_rows_were_left_out_or_refuses(filled):
    status, out, err = sql(filled, "--csv", "--limit", "5", "SELECT prediction_id FROM m")
    assert status != 0 or len(out.splitlines()) == 6
    assert status == 0 or "5" in err, err


@pytest.mark.parametrize(
    "statement", ["DROP TABLE m", "SELECT * FROM read_csv('/etc/passwd')", "nonsense", "SELECT nothing FROM m", ""]
)
def test_sql_mistakes(state, statement):
    status, out, err = sql(state, statement)
    assert status in (2, 3) and "kedge sql: " in err, (status, out, err)
    assert "root:" not in out


def test_sql_of_a_folder_that_is_not_there(tmp_path):
    status, out, err = run("sql", "--data-dir", tmp_path / "nowhere", "SELECT 1")
    assert status in (2, 3) and "nowhere" in err, err
    assert not (tmp_path / "nowhere").exists(), "asking makes nothing"


def test_backfill_by_day(state):
    status, out, err = run("backfill", "--by", "day", "--model", "m", "--data-dir", state.data, "--json")
    assert status == 0 and json.loads(out)["analyses"] == 3, (out, err)
    if not state.is_running():
        state.start()
    analyses = state.good("GET", "/api/kedge/analyses?model=m")["analyses"]
    assert sorted((entry["window"]["from"], entry["rows"]) for entry in analyses) == [
        (f"2026-06-0{day}T00:00:00Z", 40) for day in (1, 2, 3)
    ]


def test_backfill_between(filled):
    status, out, err = run(
        "backfill",
        "--by",
        "day",
        "--model",
        "m",
        "--from",
        "2026-06-02",
        "--to",
        "2026-06-03",
        "--data-dir",
        filled.data,
        "--json",
    )
    assert status == 0 and json.loads(out)["analyses"] == 1, (out, err)


def test_backfill_says_why_days_are_left_out(make_server):
    server = make_server(config="models:\n  - {name: m, schema: open, window: {minimum: 45}}\n").start()
    server.good("POST", "/models/m/reference", rows_of(100))
    for day, rows in ((0, 40), (2, 30), (5, 44)):
        events = events_of(rows, seed=day, prefix=f"d{day}-", timestamp=START_S + day * DAY_S)
        server.good("POST", "/models/m/capture/batch", events)
    backfill = ("backfill", "--by", "day", "--model", "m", "--config", server.config, "--data-dir", server.data)
    status, out, err = run(*backfill, "--json")
    assert status == 0, err
    answer = json.loads(out)
    assert answer == {"model_name": "m", "analyses": 0, "days_left_out": 3, "events_left_out": 114, "minimum": 45}
    status, out, err = run(*backfill)
    assert status == 0 and "0 analyses" in out, err
    assert re.search(r"3 days with 114 events.* fewer than 45 .*window\.minimum", out, re.S), out

    server.good("POST", "/models/m/capture/batch", events_of(60, seed=9, prefix="more-", timestamp=START_S))
    status, out, err = run(*backfill)
    assert "1 analysis\n" in out and "2 days with 74 events" in out, out
    status, out, err = run(*backfill, "--from", "2026-06-02", "--to", "2026-06-03")
    assert status == 0 and "0 analyses" in out and "no events" in out, out


@pytest.mark.parametrize(
    "arguments", [["--by", "hour"], ["--by", "day", "--from", "soon"], ["--by", "day", "--model", "nobody"]]
)
def test_backfill_mistakes(filled, arguments):
    model = [] if "--model" in arguments else ["--model", "m"]
    status, out, err = run("backfill", *arguments, *model, "--data-dir", filled.data)
    assert status in (2, 3) and "kedge backfill: " in err, (status, err)


def test_export_prints_what_metrics_does(filled):
    report = filled.good("POST", "/models/m/analyze", {})
    live = filled.metrics()
    for ending in ("running", "stopped"):
        if ending == "stopped":
            filled.stop()
        status, out, err = run("export", "--export", "drift", "--data-dir", filled.data)
        assert status == 0, err
        for line in ('evidently_drift_score{model_name="m"}', 'evidently_data_drift_detected{model_name="m"}'):
            assert line in out
        assert live[sample("evidently_drift_score", model_name="m")] == report["dataset_drift"]["share"]
        value = next(line for line in out.splitlines() if line.startswith("evidently_drift_score{"))
        assert float(value.split()[-1]) == report["dataset_drift"]["share"]


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool (Debian: prometheus) is not installed")
@pytest.mark.parametrize("what", ["model", "drift", "all"])
def test_export_is_exposition(filled, what):
    filled.good("POST", "/models/m/analyze", {})
    status, out, err = run("export", "--export", what, "--data-dir", filled.data)
    assert status == 0, err
    done = subprocess.run(["promtool", "check", "metrics"], input=out, capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 3), done
    status, out, err = run("export", "--export", what, "--openmetrics", "--data-dir", filled.data)
    assert status == 0 and out.endswith("# EOF\n")


def test_export_of_nothing_is_nothing(server):
    """No analysis yet: no families with values, and no complaint."""
    for what in ("model", "drift", "all"):
        status, out, err = run("export", "--export", what, "--data-dir", server.data)
        assert (status, err) == (0, "") and not [line for line in out.splitlines() if not line.startswith("#")], (
            out,
            err,
        )


def test_export_mistakes(tmp_path):
    for arguments in (["--export", "everything"], ["--data-dir", tmp_path / "nowhere"]):
        status, out, err = run("export", *arguments)
        assert status in (2, 3) and "kedge export: " in err, (status, err)
