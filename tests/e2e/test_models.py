"""Many models in one server, each on its own; and production data that goes away when it is told to."""

import pytest
from kedge_server import events_of, quote, rows_of


def test_models_do_not_meet(shared):
    for i, model in enumerate(("left", "right")):
        shared.good("POST", f"/models/{model}/reference", rows_of(50 + i))
        shared.good("POST", f"/models/{model}/capture/batch", events_of(30 + i, seed=i, shift=float(i * 3)))
    left, right = (shared.good("POST", f"/models/{model}/analyze", {}) for model in ("left", "right"))
    assert (left["current"]["rows"], right["current"]["rows"]) == (30, 31)
    assert (left["reference"]["rows"], right["reference"]["rows"]) == (50, 51)
    listed = {model["name"]: model for model in shared.good("GET", "/api/kedge/models")["models"]}
    assert listed["left"]["events"] == 30 and listed["right"]["events"] == 31
    assert listed["left"]["last_analysis"]["id"] == left["analysis_id"]
    one = shared.good("GET", "/api/kedge/models/right")
    assert one == listed["right"] and one["features"] == list(rows_of(1)[0]) and one["has_reference"]


def test_one_batch_for_several_models(shared):
    events = [
        {**event, "model_name": f"multi{i % 3}", "model_version": str(i % 2)} for i, event in enumerate(events_of(30))
    ]
    answer = shared.good("POST", "/capture/batch", events)
    assert answer["stored"] == 30
    for i in range(3):
        assert shared.good("GET", f"/production-data?model_name=multi{i}")["rows"] == 10


def test_ids_of_a_mixed_batch_come_in_the_order_of_the_request(shared):
    events = [{"features": {"a": i}, "prediction": i, "model_name": f"order{i % 3}"} for i in range(12)]
    ids = shared.good("POST", "/capture/batch", events)["prediction_ids"]
    rows = dict(row for m in range(3) for row in shared.sql(f"SELECT prediction_id, a FROM order{m}"))
    assert [rows[id_] for id_ in ids] == list(range(12))


NAMES = [
    "with space",
    "żółty",
    "quote'",
    'double"',
    "semi;colon",
    "a.b",
    "SELECT",
    "events; DROP TABLE x",
    "x" * 200,
    "%41",
    "日本",
]


@pytest.mark.parametrize("name", NAMES, ids=[name[:20] for name in NAMES])
def test_names_are_only_names(shared, name):
    model = quote(name)
    shared.good("POST", f"/models/{model}/reference", rows_of(40))
    shared.good("POST", f"/models/{model}/capture/batch", events_of(35))
    assert shared.good("GET", f"/production-data?model_name={model}")["rows"] == 35
    report = shared.good("POST", f"/models/{model}/analyze", {})
    assert report["model"]["name"] == name
    assert shared.get(report["report"]).status == 200
    assert shared.get(f"/models/{model}/reference/1").status == 200


@pytest.mark.parametrize("name", ["x" * 201, "", "a\u0000b"], ids=["long", "empty", "nul"])
def test_names_that_cannot_be(shared, name):
    answer = shared.post("/capture", {"features": {"a": 1}, "prediction": 1, "model_name": name})
    # An empty name is no name: the event belongs to the model that events without one belong to.
    assert answer.status == (200 if name == "" else 422), answer


def test_names_that_would_leave_the_folder_do_not(shared):
    before = sorted(path for path in shared.folder.iterdir())
    for name in ("..", "../../x", "a/b", "/etc/passwd"):
        shared.post("/capture", {"features": {"a": 1}, "prediction": 1, "model_name": name})
        shared.post("/reference", {"model_name": name, "rows": rows_of(10)})
        assert shared.get("/health").status == 200
    assert sorted(path for path in shared.folder.iterdir()) == before
    assert not list(shared.folder.parent.glob("x*")) and not list(shared.folder.parent.glob("*.parquet"))


def test_the_only_configured_model_needs_no_name(make_server):
    server = make_server(config="models:\n  - name: wine\n").start()
    server.good("POST", "/capture", {"features": {"a": 1}, "prediction": 1})
    assert server.good("GET", "/production-data")["models"][0]["model_name"] == "wine"


def test_delete_production_data_of_one_model_and_of_all(server):
    for model in ("a", "b", "c"):
        server.good("POST", f"/models/{model}/capture/batch", events_of(10))
        server.good("POST", f"/models/{model}/labels", {"prediction_id": "e1", "target": 1})
    assert server.good("DELETE", "/models/a/production-data") == {"status": "deleted", "rows": 10}
    assert server.good("DELETE", "/production-data?model_name=b")["rows"] == 10
    left = server.good("GET", "/production-data")
    assert {model["model_name"]: model["rows"] for model in left["models"] if model["rows"]} == {"c": 10} and left[
        "rows"
    ] == 10
    assert server.good("DELETE", "/production-data")["rows"] == 10
    assert server.good("GET", "/production-data")["rows"] == 0
    server.kill()
    server.start()
    assert server.good("GET", "/production-data")["rows"] == 0, "deleted is deleted, also after a crash"


def test_ids_of_deleted_events_are_free_again(server):
    server.good("POST", "/models/m/capture/batch", events_of(10))
    server.good("DELETE", "/models/m/production-data")
    assert server.good("POST", "/models/m/capture/batch", events_of(10))["stored"] == 10
    server.kill()
    server.start()
    assert server.sql("SELECT count(*), count(DISTINCT prediction_id) FROM m") == [[10, 10]]


def test_references_and_reports_outlive_deleted_data(server):
    server.good("POST", "/models/m/reference", rows_of(40))
    server.good("POST", "/models/m/capture/batch", events_of(40))
    link = server.good("POST", "/models/m/analyze", {})["report"]
    server.good("DELETE", "/production-data")
    assert server.get(link).status == 200 and server.get("/models/m/reference/1").status == 200
    assert server.post("/models/m/analyze", {}).status == 404
