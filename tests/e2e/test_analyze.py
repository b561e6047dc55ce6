"""From stored predictions to a verdict: windows, thresholds, spans, segments, schedules; equal to kedge check."""

import json

import pytest
from kedge_server import FEATURES, csv_of, events_of, quote, rows_of, run, wait_until

REFERENCE = rows_of(300, seed=1)
DAY_S = 86400
START_S = 1780272000  # 2026-06-01T00:00:00Z


def load(server, model, count=200, shift=0.0, seed=2, **common):
    server.good("POST", f"/models/{model}/reference", REFERENCE)
    server.good("POST", f"/models/{model}/capture/batch", events_of(count, seed=seed, shift=shift, **common))


def column(report, name):
    return next(column for column in report["columns"] if column["name"] == name)


# ---- the document ----

TOP = [
    "kedge",
    "created",
    "name",
    "compat",
    "model",
    "window",
    "reference",
    "current",
    "verdict",
    "summary",
    "dataset_drift",
    "columns",
    "data_quality",
    "classification",
    "regression",
    "fairness",
    "tests",
    "timing",
]


def test_the_answer_is_the_document_of_docs_report(shared):
    load(shared, "document")
    report = shared.good("POST", "/models/document/analyze", {})
    assert [key for key in report if key in TOP] == TOP, "all keys of docs/report.md, in its order"
    assert report["model"] == {"name": "document", "version": None} or report["model"]["name"] == "document"
    assert report["verdict"] in ("ok", "drift", "failed_tests", "drift_and_failed_tests")
    assert (report["reference"]["rows"], report["current"]["rows"]) == (300, 200)
    assert {"drifted", "drifted_columns", "evaluated_columns", "share", "threshold"} <= set(report["dataset_drift"])
    for name in FEATURES:
        entry = column(report, name)
        assert {"name", "type", "role", "inferred", "in_reference", "in_current", "note", "drift", "quality"} <= set(
            entry
        )
        assert {"method", "score", "score_kind", "threshold", "drifted", "p_value", "effect", "note"} <= set(
            entry["drift"][0]
        )
        assert entry["quality"]["current"]["count"] == 200
    assert column(report, "color")["type"] == "cat" and column(report, "alcohol")["type"] == "num"


def test_the_stored_document_is_the_one_that_was_answered(shared):
    load(shared, "kept")
    report = shared.good("POST", "/models/kept/analyze", {})
    id_, link = report.pop("analysis_id"), report.pop("report")
    assert shared.good("GET", f"/api/kedge/analyses/{id_}") == report
    assert shared.good("GET", link + ".json") == report
    results = shared.good("GET", f"/api/kedge/analyses/{id_}/results")["results"]
    scores = {result["column"]: result["value"] for result in results if result["name"] == "drift_score"}
    for name in FEATURES:
        assert scores[name] == column(report, name)["drift"][0]["score"]


@pytest.mark.parametrize("shift", [0.0, 0.7], ids=["same", "shifted"])
def test_numbers_are_those_of_kedge_check_on_the_same_rows(shared, tmp_path, shift):
    model = f"equal{shift}".replace(".", "_")
    events = events_of(200, shift=shift)
    shared.good("POST", f"/models/{model}/reference", [{**row, "prediction": i % 2} for i, row in enumerate(REFERENCE)])
    shared.good("POST", f"/models/{model}/capture/batch", events)
    (tmp_path / "r.csv").write_text(csv_of([{**row, "prediction": i % 2} for i, row in enumerate(REFERENCE)]))
    (tmp_path / "c.csv").write_text(
        csv_of([{**event["features"], "prediction": event["prediction"]} for event in events])
    )
    status, out, err = run(
        "check", tmp_path / "r.csv", tmp_path / "c.csv", "--json", "--methods", "all", "--prediction", "prediction"
    )
    assert status in (0, 1), err
    of_check = json.loads(out)
    of_server = shared.good("POST", f"/models/{model}/analyze", {"methods": "all"})
    for name in [*FEATURES, "prediction"]:
        mine, theirs = column(of_server, name), column(of_check, name)
        assert mine["drift"] == theirs["drift"], name
        assert mine["quality"] == theirs["quality"], name
        assert len(mine["drift"]) > 5, "--methods all means several"
    for key in ("drifted_columns", "evaluated_columns", "share"):
        assert of_server["dataset_drift"][key] == of_check["dataset_drift"][key], key


def test_drift_is_found_where_there_is_some_and_only_there(shared):
    load(shared, "calm")
    load(shared, "moved", shift=1.0)
    calm = shared.good("POST", "/models/calm/analyze", {})
    moved = shared.good("POST", "/models/moved/analyze", {})
    assert not column(calm, "alcohol")["drift"][0]["drifted"]
    assert column(moved, "alcohol")["drift"][0]["drifted"]
    assert not column(moved, "ash")["drift"][0]["drifted"]


# ---- what a request may say ----


def test_window_size_takes_the_newest(shared):
    shared.good("POST", "/models/window/reference", REFERENCE)
    shared.good("POST", "/models/window/capture/batch", events_of(100, prefix="old", timestamp=START_S))
    shared.good("POST", "/models/window/capture/batch", events_of(50, prefix="new", shift=3.0, timestamp=START_S + 60))
    newest = shared.good("POST", "/models/window/analyze", {"window_size": 50})
    assert newest["current"]["rows"] == 50 and newest["window"]["last"] == 50
    assert column(newest, "alcohol")["quality"]["current"]["mean"] > 15
    assert shared.good("POST", "/models/window/analyze", {"window_size": 150})["current"]["rows"] == 150
    assert shared.good("POST", "/models/window/analyze", {"window_size": 10**9})["current"]["rows"] == 150


def test_threshold_is_the_share_of_columns(shared):
    load(shared, "share", shift=1.0)
    strict = shared.good("POST", "/models/share/analyze", {"threshold": 0.01})
    lax = shared.good("POST", "/models/share/analyze", {"threshold": 1.0})
    assert (
        strict["dataset_drift"]["drifted"]
        and strict["verdict"] == "drift"
        and strict["dataset_drift"]["threshold"] == 0.01
    )
    assert not lax["dataset_drift"]["drifted"]
    assert strict["dataset_drift"]["share"] == lax["dataset_drift"]["share"]


def test_drift_threshold_and_method(shared):
    load(shared, "method")
    report = shared.good("POST", "/models/method/analyze", {"method": "wasserstein", "drift_threshold": 1e-9})
    drift = column(report, "alcohol")["drift"][0]
    assert (drift["method"], drift["threshold"], drift["drifted"]) == ("wasserstein", 1e-9, True)
    assert column(report, "color")["drift"][0]["method"] != "wasserstein", "a text column keeps a method that suits it"


def test_time_span(shared):
    shared.good("POST", "/models/span/reference", REFERENCE)
    for day in range(3):
        shared.good(
            "POST",
            "/models/span/capture/batch",
            events_of(40 + day, prefix=f"d{day}-", timestamp=START_S + day * DAY_S),
        )

    def rows(body):
        return shared.good("POST", "/models/span/analyze", body)["current"]["rows"]

    assert rows({"from": "2026-06-02T00:00:00Z"}) == 41 + 42
    assert rows({"to": "2026-06-02T00:00:00Z"}) == 40, "the end is not in it"
    assert rows({"from": "2026-06-02T00:00:00Z", "to": "2026-06-03T00:00:00Z"}) == 41
    assert rows({"from": "2026-06-01T00:00:00Z", "window_size": 50}) == 50
    window = shared.good("POST", "/models/span/analyze", {"from": "2026-06-02T00:00:00Z"})["window"]
    assert window["from"].startswith("2026-06-02T00:00:00")


def test_the_last_so_long(shared):
    shared.good("POST", "/models/lately/reference", REFERENCE)
    shared.good("POST", "/models/lately/capture/batch", events_of(30, prefix="old", timestamp=START_S))
    shared.good("POST", "/models/lately/capture/batch", events_of(35, prefix="now"))
    assert shared.good("POST", "/models/lately/analyze", {"last": "1h"})["current"]["rows"] == 35


def test_segment(shared):
    shared.good("POST", "/models/segment/reference", REFERENCE)
    for region, count in (("EU", 40), ("US", 60)):
        shared.good(
            "POST",
            "/models/segment/capture/batch",
            events_of(count, prefix=region, tags={"region": region, "kind": "a"}),
        )
    report = shared.good("POST", "/models/segment/analyze", {"segment": {"region": "EU"}})
    assert report["current"]["rows"] == 40 and report["window"]["segment"] == {"region": "EU"}
    both = shared.good("POST", "/models/segment/analyze", {"segment": {"region": "US", "kind": "a"}})
    assert both["current"]["rows"] == 60
    none = shared.post("/models/segment/analyze", {"segment": {"region": "Mars"}})
    assert none.status == 404, none


def test_model_version(shared):
    shared.good("POST", "/models/versions/reference", REFERENCE)
    for version, count in (("1", 31), ("2", 32)):
        shared.good("POST", "/models/versions/capture/batch", events_of(count, prefix=version, model_version=version))
    report = shared.good("POST", "/models/versions/analyze", {"model_version": "2"})
    assert report["current"]["rows"] == 32 and report["model"] == {"name": "versions", "version": "2"}


@pytest.mark.parametrize(
    "why, body, named",
    [
        ("unknown member", {"windowsize": 5}, "windowsize"),
        ("a share above one", {"threshold": 5}, "threshold"),
        ("a negative window", {"window_size": -1}, "window_size"),
        ("no number", {"window_size": "many"}, "window_size"),
        ("unknown method", {"method": "magic"}, "magic"),
        ("a time that is none", {"from": "soon"}, "from"),
        ("a span that is none", {"last": "soon"}, "last"),
        ("a list as segment", {"segment": ["a"]}, "segment"),
        ("not an object", [], ""),
    ],
)
def test_mistakes(shared, why, body, named):
    load(shared, "mistakes")
    answer = shared.post("/models/mistakes/analyze", body)
    assert answer.status == 422 and named in answer.error[1], answer


def test_what_is_missing_is_said(shared):
    nothing = shared.post("/models/unheard/analyze", {})
    assert nothing.status == 404 and "unheard" in nothing.error[1]
    shared.good("POST", "/models/bare/capture/batch", events_of(5))
    without_reference = shared.post("/models/bare/analyze", {})
    assert without_reference.status == 404 and "reference" in without_reference.error[1]
    shared.good("POST", "/models/dry/reference", REFERENCE)
    without_events = shared.post("/models/dry/analyze", {})
    assert without_events.status == 404 and without_events.error[1]
    load(shared, "old")
    assert shared.post("/models/old/analyze", {"reference_version": 9}).status == 404


def test_a_bad_column_does_not_take_the_report_down(shared):
    shared.good("POST", "/models/odd/reference", [{**row, "gone": 1, "empty": None, "same": 5} for row in REFERENCE])
    shared.good(
        "POST",
        "/models/odd/capture/batch",
        [
            {"features": {**event["features"], "empty": None, "same": 5, "gone": None}, "prediction": 1}
            for event in events_of(60)
        ],
    )
    report = shared.good("POST", "/models/odd/analyze", {})
    assert column(report, "alcohol")["drift"][0]["score"] is not None
    for name in ("empty", "gone"):
        entry = next((c for c in report["columns"] if c["name"] == name), None)
        assert entry is None or entry["note"] or entry["drift"][0]["note"], entry


# ---- on schedule, and the past ----


def analyses(server, model):
    return server.good("GET", f"/api/kedge/analyses?model={quote(model)}")["analyses"]


def test_every_so_many_rows(make_server):
    server = make_server(
        config="models:\n  - name: m\n    schedule: every 50 rows\n    window: {minimum: 10}\n"
    ).start()
    server.good("POST", "/reference", REFERENCE)
    server.good("POST", "/capture/batch", events_of(60, prefix="a"))
    first = wait_until(lambda: analyses(server, "m"), "the first scheduled analysis")
    assert len(first) == 1 and first[0]["rows"] == 60
    server.good("POST", "/capture/batch", events_of(49, prefix="b"))
    server.good("POST", "/capture/batch", events_of(1, prefix="c"))
    second = wait_until(
        lambda: len(analyses(server, "m")) == 2 and analyses(server, "m"), "the second scheduled analysis"
    )
    assert second[0]["rows"] == 110 and second[0]["reference_version"] == 1


def test_every_so_long(make_server):
    server = make_server(config="models:\n  - name: m\n    schedule: every 1s\n    window: {minimum: 10}\n").start()
    server.good("POST", "/reference", REFERENCE)
    server.good("POST", "/capture/batch", events_of(20))
    wait_until(lambda: len(analyses(server, "m")) >= 2, "two analyses by the clock")


def test_the_past_by_day(shared):
    shared.good("POST", "/models/past/reference", REFERENCE)
    for day in (0, 1, 4):
        shared.good(
            "POST",
            "/models/past/capture/batch",
            events_of(40, seed=day, prefix=f"d{day}-", shift=day, timestamp=START_S + day * DAY_S + 3600),
        )
    answer = shared.good("POST", "/api/kedge/backfill?by=day&model_name=past")
    assert answer == {"model_name": "past", "analyses": 3, "days_left_out": 0, "events_left_out": 0, "minimum": 30}
    listed = analyses(shared, "past")
    assert [entry["rows"] for entry in listed] == [40, 40, 40]
    series = shared.good("GET", "/api/kedge/series?model=past&result=drift_score&column=alcohol")["points"]
    assert (
        len(series) == 3 and series[0]["value"] > series[-1]["value"]
    ), "the score (a p-value) falls as the shift grows"
    assert series[-1]["drifted"] and not series[0]["drifted"]


def test_analyses_survive_restart_and_are_listed_newest_first(server):
    load(server, "m", count=40)
    ids = [server.good("POST", "/models/m/analyze", {})["analysis_id"] for _ in range(3)]
    server.kill()
    server.start()
    assert [entry["id"] for entry in analyses(server, "m")] == ids[::-1]
    page = server.good("GET", f"/api/kedge/analyses?model=m&limit=1&before={ids[2]}")["analyses"]
    assert [entry["id"] for entry in page] == [ids[1]]
