"""Serving over HTTP: every form of request and refusal, the registry's promotions under load, what reaches the log."""

import json
import math
import pathlib
import threading

import pytest
from kedge_server import ask_on, wait_until

MODELS = pathlib.Path(__file__).resolve().parent / "models"
GOLDEN = json.loads((MODELS / "golden.json").read_text())
ROWS, FEATURES = GOLDEN["rows"], GOLDEN["features"]
NAMED = [dict(zip(FEATURES, row)) for row in ROWS]
CONFIG = f"models:\n  - name: wine\n    path: {MODELS / 'wine_1.json'}\n"


@pytest.fixture(scope="module")
def wine(tmp_path_factory):
    import kedge_server

    server = kedge_server.Server(tmp_path_factory.mktemp("wine"), config=CONFIG).start()
    yield server
    server.process.kill()
    server.process.wait()


def near(got, want, relative=1e-6):
    return math.isclose(got, want, rel_tol=relative, abs_tol=1e-7)


def check_row(answer, row, version="1"):
    golden = GOLDEN[version]
    assert answer["prediction"] == golden["classes"][row]
    for got, want in zip(answer["probabilities"].values(), golden["probabilities"][row]):
        assert near(got, want), (answer, want)


# ---- the forms of a request ----


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_one_row_equals_xgboost(wine, row):
    shuffled = {"features": ROWS[row][::-1], "feature_names": FEATURES[::-1]}
    for body in ({"features": ROWS[row]}, {"features": NAMED[row]}, shuffled):
        answer = wine.good("POST", "/predict", body)
        check_row(answer, row)
        assert answer["model_name"] == "wine" and answer["model_version"] == "1"
        assert answer["latency_ms"] >= 0 and answer["timestamp"].endswith("Z") and answer["prediction_id"]


@pytest.mark.parametrize(
    "body",
    [
        {"features": ROWS},
        {"features": NAMED},
        {"instances": ROWS},
        {"rows": NAMED},
        ROWS,
        {"features": [row[::-1] for row in ROWS], "feature_names": FEATURES[::-1]},
    ],
    ids=["lists", "maps", "instances", "rows", "top", "named"],
)
def test_many_rows(wine, body):
    answer = wine.good("POST", "/models/wine/predict", body)
    assert answer["predictions"] == GOLDEN["1"]["classes"] and answer["count"] == len(ROWS)
    assert len(set(answer["prediction_ids"])) == len(ROWS) and len(answer["probabilities"]) == len(ROWS)


def test_an_explanation_equals_pred_contribs(wine):
    answer = wine.good("POST", "/predict?explain=true", {"features": ROWS})
    for row, explanation in enumerate(answer["explanations"]):
        for name, want in zip(("0", "1", "2"), GOLDEN["1"]["contributions"][row]):
            got = explanation[name]
            for feature, part in zip(FEATURES, want):
                assert near(got["contributions"][feature], part, 1e-5)
            assert near(got["bias"], want[-1], 1e-5)


@pytest.mark.parametrize(
    "why, body, words",
    [
        ("too few", {"features": [1, 2]}, ["features", "2 values", "3"]),
        ("too few in a row", {"features": [[1, 2, 3], [1]]}, ["features[1]", "1 values"]),
        ("unknown name", {"features": {**NAMED[0], "alcool": 1}}, ["alcool", "did you mean", "alcohol"]),
        ("missing name", {"features": {"alcohol": 1, "proline": 2}}, ["flavanoids", "missing"]),
        ("missing in a row", {"instances": [NAMED[0], {"alcohol": 1, "proline": 1}]}, ["instances[1]", "flavanoids"]),
        ("text", {"features": [1, "2", 3]}, ["features[1]", "flavanoids", "text"]),
        ("a list in a cell", {"features": {**NAMED[0], "proline": [1]}}, ["proline", "list"]),
        ("NaN", '{"features":[1,NaN,3]}', ["features[1]", "flavanoids", "NaN"]),
        ("Infinity", '{"features":[1,2,Infinity]}', ["features[2]", "proline"]),
        ("no features", {}, ["features"]),
        ("a name too many", {"features": ROWS[0], "feature_names": [*FEATURES[:2], "x"]}, ["feature_names", '"x"']),
        ("unknown member", {"feature": ROWS[0]}, ["did you mean features"]),
        ("ids that do not fit", {"features": ROWS, "prediction_ids": ["a"]}, ["prediction_ids", "1 ids for 5 rows"]),
        ("cut off", '{"features":[1,2', ["line 1"]),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else None,
)
def test_what_is_refused_and_why(wine, why, body, words):
    answer = wine.post("/predict", body)
    assert answer.status == 422, why
    code, message = answer.error
    assert code == "invalid" and all(word in message for word in words), message


def test_what_is_not_there(wine):
    assert wine.post("/models/nobody/predict", {"features": ROWS[0]}).status == 404
    assert wine.post("/models/wine/versions/9/predict", {"features": ROWS[0]}).status in (404, 503)
    assert wine.good("POST", "/models/wine/versions/1/predict", {"features": ROWS[0]})["model_version"] == "1"


# ---- other protocols ----


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": FEATURES[::-1], "data": [row[::-1] for row in ROWS]}},
        {"dataframe_records": NAMED},
        {"instances": NAMED},
        {"inputs": ROWS},
        {"inputs": {name: [row[i] for row in ROWS] for i, name in enumerate(FEATURES)}},
    ],
    ids=["split", "records", "instances", "inputs", "columns"],
)
def test_mlflow_scoring(wine, body):
    assert wine.good("POST", "/invocations", body) == {"predictions": GOLDEN["1"]["classes"]}


def test_mlflow_scoring_of_csv_and_its_refusals(wine):
    text = "\n".join([",".join(FEATURES)] + [",".join(map(str, row)) for row in ROWS]) + "\n"
    assert wine.good("POST", "/invocations", text, {"Content-Type": "text/csv"})["predictions"] == GOLDEN["1"]["classes"]
    for body, status, kind in ((json.dumps(ROWS), 400, "application/json"), ("x", 415, "text/html")):
        answer = wine.post("/invocations", body, {"Content-Type": kind})
        assert answer.status == status and answer.json["error_code"] == "BAD_REQUEST", answer
    assert wine.get("/ping").status == 200


def test_open_inference(wine):
    flat = [cell for row in ROWS for cell in row]
    table = {"id": "q", "inputs": [{"name": "x", "shape": [5, 3], "datatype": "FP64", "data": flat}]}
    nested = {"inputs": [{"name": "x", "shape": [5, 3], "datatype": "FP64", "data": ROWS}]}
    columns = {
        "inputs": [
            {"name": name, "shape": [5, 1], "datatype": "FP64", "data": [row[i] for row in ROWS]}
            for i, name in enumerate(FEATURES)
        ]
    }
    for body in (table, nested, columns):
        answer = wine.good("POST", "/v2/models/wine/infer", body)
        predicted = answer["outputs"][0]
        assert predicted["shape"] == [5] and predicted["data"] == GOLDEN["1"]["classes"]
        assert answer.get("id") == body.get("id") and answer["outputs"][1]["shape"] == [5, 3]
    assert wine.good("GET", "/v2/models/wine/ready") == {"name": "wine", "ready": True}
    assert wine.good("GET", "/v2/health/ready")["ready"] is True
    assert [field["name"] for field in wine.good("GET", "/v2/models/wine")["inputs"]] == FEATURES
    table["inputs"][0]["shape"] = [4, 3]
    answer = wine.post("/v2/models/wine/infer", table)
    assert answer.status == 400 and "more than the 12" in answer.json["error"]
    assert wine.get("/v2/models/nobody/ready").status == 404


# ---- what is known of a model, and what it leaves behind ----


def test_health_info_and_metrics(make_server):
    server = make_server(config=CONFIG).start()
    health = server.good("GET", "/health")
    assert (health["model_loaded"], health["model_name"], health["model_version"]) == (True, "wine", "1")
    info = server.good("GET", "/model/info")
    assert info["runtime"] == "trees" and info["feature_names"] == FEATURES and info["classes"] == ["0", "1", "2"]
    server.good("POST", "/predict", {"features": ROWS})
    server.post("/predict", {"features": []})
    text = server.get("/metrics").text
    for line in (
        'model_loaded{model_name="wine"} 1',
        'model_version_info{model_name="wine",version="1"} 1',
        'model_predictions_total{model_name="wine",model_version="1"} 5',
        'model_inference_latency_seconds_count{model_name="wine",model_version="1"} 1',
        'model_prediction_latency_seconds_bucket{model_name="wine",le="1e-06"}',
        'model_prediction_errors_total{error_type="invalid",model_name="wine"} 1',
        'model_confidence_score_count{model_name="wine"} 5',
        'kedge_predictions_dropped_total{model_name="wine"} 0',
    ):
        assert line in text, line
    assert server.good("POST", "/model/reload")["model_version"] == "1"


def test_predictions_reach_the_event_log_with_their_tags(make_server):
    server = make_server(config=CONFIG).start()
    body = {"features": ROWS[0], "prediction_id": "mine", "timestamp": "2026-01-02T03:04:05Z", "tags": {"region": "eu"}}
    assert server.good("POST", "/predict", body)["prediction_id"] == "mine"
    server.good("POST", "/predict", {"features": ROWS, "prediction_ids": [f"b{i}" for i in range(5)]})
    sql = "SELECT prediction_id, model_version, prediction, alcohol, tag_region, tag_latency_ms FROM wine ORDER BY 1"

    def stored():
        answer = server.post("/api/kedge/sql", sql)
        rows = answer.json["rows"] if answer.status == 200 else []
        return rows if len(rows) == 6 else None

    rows = wait_until(stored, "six stored predictions")
    mine = next(row for row in rows if row[0] == "mine")
    assert mine[1:5] == ["1", GOLDEN["1"]["classes"][0], ROWS[0][0], "eu"] and float(mine[5]) >= 0
    assert server.good("POST", "/models/wine/labels", {"prediction_id": "mine", "target": 0})["matched"] == 1


def test_figures_that_clients_push(make_server):
    server = make_server().start()
    push = {"name": "revenue_total", "type": "counter", "value": 2.5, "labels": {"shop": "eu", "day": "mon"}}
    for _ in range(2):
        assert server.good("POST", "/api/kedge/metrics", push) == {"status": "stored", "stored": 1}
    assert 'revenue_total{day="mon",shop="eu"} 5' in server.get("/metrics").text
    for wrong in ({"name": "1x", "value": 1}, {"name": "model_loaded", "value": 1}, {**push, "value": -1}, {"name": "a"}):
        assert server.post("/api/kedge/metrics", wrong).status == 422, wrong
    assert server.post("/api/kedge/metrics", {**push, "type": "gauge"}).status in (409, 422)


# ---- following the registry ----


def register(server, version, name="wine", file=None):
    """A version as MLflow's client makes it, with plain REST calls."""
    if version == 1:
        server.good("POST", "/api/2.0/mlflow/registered-models/create", {"name": name})
    path = f"{name}-{version}"
    content = file if file is not None else (MODELS / f"wine_{version}.json").read_bytes()
    answer = server.ask("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{path}/model.json", content)
    assert answer.status == 200, answer
    source = {"name": name, "source": f"mlflow-artifacts:/{path}"}
    made = server.good("POST", "/api/2.0/mlflow/model-versions/create", source)
    assert made["model_version"]["version"] == str(version)


def promote(server, version, name="wine", stage="Production"):
    body = {"name": name, "version": str(version), "stage": stage, "archive_existing_versions": stage == "Production"}
    server.good("POST", "/api/2.0/mlflow/model-versions/transition-stage", body)


def served_version(server):
    answer = server.post("/predict", {"features": ROWS[0]})
    return answer.json["model_version"] if answer.status == 200 else None


def test_a_promotion_under_load_loses_no_request(make_server):
    server = make_server().start()
    assert server.post("/predict", {"features": ROWS[0]}).status == 503
    register(server, 1)
    register(server, 2)
    promote(server, 1)
    wait_until(lambda: served_version(server) == "1", "version 1")
    is_over, failures, versions = threading.Event(), [], [set() for _ in range(4)]

    def keep_asking(seen):
        connection = server.connection()
        while not is_over.is_set():
            answer = ask_on(connection, "POST", "/predict", {"features": ROWS[0]})
            if answer.status != 200:
                failures.append(answer)
                return
            seen.add(answer.json["model_version"])
            check_row(answer.json, 0, answer.json["model_version"])

    threads = [threading.Thread(target=keep_asking, args=(seen,)) for seen in versions]
    for thread in threads:
        thread.start()
    for version in (2, 1, 2, 1, 2):
        promote(server, version)
        wait_until(lambda wanted=str(version): served_version(server) == wanted, f"version {version}")
    is_over.set()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    assert all(seen == {"1", "2"} for seen in versions)


def test_a_version_that_does_not_load_leaves_the_old_one(make_server):
    server = make_server().start()
    register(server, 1)
    register(server, 2, file=b'{"learner": 7}')
    promote(server, 1)
    wait_until(lambda: served_version(server) == "1", "version 1")
    promote(server, 2)
    failed = 'model_load_failures_total{model_name="wine",model_version="2"}'
    wait_until(lambda: failed in server.get("/metrics").text, "the failure's metric")
    assert served_version(server) == "1"
    assert "version 2" in server.good("GET", "/model/info")["error"]
    answer = server.post("/models/wine/versions/2/predict", {"features": ROWS[0]})
    assert answer.status >= 400 and served_version(server) == "1"


def test_stages_aliases_and_versions_on_demand(make_server):
    server = make_server(config="models:\n  - name: wine\n    serve: {alias: champion}\n").start()
    register(server, 1)
    register(server, 2)
    promote(server, 1, stage="Staging")
    alias = {"name": "wine", "alias": "champion", "version": "2"}
    server.good("POST", "/api/2.0/mlflow/registered-models/alias", alias)
    wait_until(lambda: served_version(server) == "2", "the alias's version")
    for path, version in (("stages/Staging", "1"), ("aliases/champion", "2"), ("versions/1", "1"), ("versions/2", "2")):
        answer = server.good("POST", f"/models/wine/{path}/predict", {"features": ROWS[0]})
        assert answer["model_version"] == version, path
        check_row(answer, 0, version)
    server.good("POST", "/api/2.0/mlflow/registered-models/alias", {**alias, "version": "1"})
    wait_until(lambda: served_version(server) == "1", "the alias moved")


def test_models_come_from_a_registry_elsewhere(make_server):
    """Any server that speaks MLflow's REST calls; here another Kedge, in the bench and by hand MLflow's own."""
    registry = make_server().start()
    register(registry, 1)
    register(registry, 2)
    promote(registry, 1)
    config = f"registry: http://127.0.0.1:{registry.port}\nmodels:\n  - name: wine\n"
    server = make_server(config=config).start()
    wait_until(lambda: served_version(server) == "1", "version 1")
    promote(registry, 2)
    wait_until(lambda: served_version(server) == "2", "the promotion over there")
    check_row(server.good("POST", "/predict", {"features": ROWS[0]}), 0, "2")
    registry.kill()
    check_row(server.good("POST", "/predict", {"features": ROWS[0]}), 0, "2")
