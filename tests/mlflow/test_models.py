"""log_model, load_model, and the same model answering over HTTP: every number against the library's own."""

import warnings

import mlflow
import numpy as np
import pandas as pd
import pytest
import requests
from conftest import IS_KEDGE, MAJOR

warnings.filterwarnings("ignore")
sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed")
from mlflow.models import infer_signature  # noqa: E402
from sklearn.datasets import load_diabetes, load_wine  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.linear_model import LinearRegression, LogisticRegression  # noqa: E402

WINE = load_wine(as_frame=True)
X, Y = WINE.data, WINE.target
SIDES = [("run", "runs:/{run}/model"), ("version", "models:/{name}/1"), ("stage", "models:/{name}/Production"),
         ("alias", "models:/{name}@champion"), ("latest", "models:/{name}/latest")]


# From 3.17 on a forest is only loaded where its type was declared safe when it was logged.
TRUSTED = {"skops_trusted_types": ["sklearn.tree._tree.Tree"]} if MAJOR >= 3 else {}


def log(flavor, model, name, client, **options):
    """Logs and registers the model, promotes it, returns the run's id."""
    with mlflow.start_run() as run:
        flavor.log_model(model, "model", registered_model_name=name, **options)
    client.transition_model_version_stage(name, "1", "Production")
    client.set_registered_model_alias(name, "champion", "1")
    return run.info.run_id


@pytest.fixture(scope="module", params=["sklearn", "xgboost", "onnx"])
def logged(request, url):
    """(flavor, name, run, what it predicts for the wines) of a model in the registry."""
    mlflow.set_tracking_uri(url)
    client = mlflow.MlflowClient(url)
    kind = request.param
    name = f"{kind}-{mlflow.__version__}"
    mlflow.set_experiment(f"models-{name}")
    if kind == "xgboost":
        xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
        model = xgboost.XGBClassifier(n_estimators=20, max_depth=3).fit(X, Y)
        run = log(mlflow.xgboost, model, name, client, signature=infer_signature(X, model.predict(X)), input_example=X[:2])
        return kind, name, run, model.predict(X)
    model = RandomForestClassifier(20, random_state=7).fit(X, Y)
    if kind == "onnx":
        skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
        pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
        graph = skl2onnx.to_onnx(model, X[:1].to_numpy(np.float32), options={"zipmap": False})
        run = log(mlflow.onnx, graph, name, client, signature=infer_signature(X, model.predict(X)))
        return kind, name, run, model.predict(X)
    run = log(mlflow.sklearn, model, name, client, signature=infer_signature(X, model.predict(X)), input_example=X[:2],
              **TRUSTED)
    return kind, name, run, model.predict(X)


@pytest.mark.parametrize("side, uri", SIDES)
def test_loaded_again_it_answers_the_same(logged, side, uri):
    kind, name, run, expected = logged
    uri = uri.format(name=name, run=run)
    if kind == "onnx":  # the client's pyfunc cannot put a column and a matrix into one frame
        import onnxruntime

        session = onnxruntime.InferenceSession(mlflow.onnx.load_model(uri).SerializeToString())
        labels = session.run(None, {"X": X.to_numpy(np.float32)})[0]
    else:
        labels = mlflow.pyfunc.load_model(uri).predict(X)
    assert np.array_equal(np.asarray(labels).ravel(), expected)


def test_the_model_knows_its_signature(logged):
    _, name, _, _ = logged
    info = mlflow.models.get_model_info(f"models:/{name}/1")
    assert info.signature.inputs.input_names() == list(X.columns)


@pytest.mark.skipif(not IS_KEDGE, reason="MLflow's tracking server serves no models")
class TestServed:
    def test_by_name(self, logged, url):
        kind, name, _, expected = logged
        for i in range(0, len(X), 17):
            row = {k: float(v) for k, v in X.iloc[i].items()}
            answer = requests.post(f"{url}/models/{name}/predict", json={"features": row}, timeout=60)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            assert int(body["prediction"]) == expected[i], body
            assert body["model_name"] == name and str(body["model_version"]) == "1" and body["prediction_id"]
            assert {"timestamp", "latency_ms"} <= set(body)

    def test_by_version_stage_and_alias(self, logged, url):
        _, name, _, expected = logged
        body = {"features": X.iloc[3].tolist(), "feature_names": list(X.columns)}
        for way in ("versions/1", "stages/Production", "aliases/champion"):
            answer = requests.post(f"{url}/models/{name}/{way}/predict", json=body, timeout=60)
            assert answer.status_code == 200 and int(answer.json()["prediction"]) == expected[3], answer.text
        assert requests.post(f"{url}/models/{name}/versions/99/predict", json=body, timeout=60).status_code == 404
        assert requests.post(f"{url}/models/{name}/aliases/nobody/predict", json=body, timeout=60).status_code == 404

    def test_a_batch_of_all(self, logged, url):
        _, name, _, expected = logged
        body = {"features": X.to_numpy().tolist(), "feature_names": list(X.columns)}
        answer = requests.post(f"{url}/models/{name}/predict", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        document = answer.json()
        rows = document["predictions"]
        values = [row["prediction"] if isinstance(row, dict) else row for row in rows]
        assert [int(v) for v in values] == list(expected)

    def test_probabilities_are_the_library_s(self, logged, url):
        kind, name, _, _ = logged
        if kind == "onnx":
            pytest.skip("compared in tests/differential")
        flavor = mlflow.sklearn if kind == "sklearn" else mlflow.xgboost
        want = flavor.load_model(f"models:/{name}/1").predict_proba(X[:9])
        body = {"features": X[:9].to_numpy().tolist(), "feature_names": list(X.columns)}
        for i, row in enumerate(X[:9].to_numpy().tolist()):
            one = requests.post(f"{url}/models/{name}/predict", json={**body, "features": row}, timeout=60).json()
            got = one["probabilities"]
            values = [got[k] for k in sorted(got, key=int)] if isinstance(got, dict) else got
            assert values == pytest.approx(want[i].tolist(), abs=1e-6)

    @pytest.mark.parametrize("spoil, names", [
        (lambda row: row.pop("alcohol"), "alcohol"),
        (lambda row: row.update(bogus=1.0), "bogus"),
        (lambda row: row.update(alcohol="strong"), "alcohol"),
        (lambda row: row.update(hue=[1]), "hue"),
    ])
    def test_bad_rows_name_the_field(self, logged, url, spoil, names):
        _, name, _, _ = logged
        row = {k: float(v) for k, v in X.iloc[0].items()}
        spoil(row)
        answer = requests.post(f"{url}/models/{name}/predict", json={"features": row}, timeout=60)
        assert answer.status_code == 422 and names in answer.text, answer.text

    def test_open_inference_protocol(self, logged, url):
        _, name, _, expected = logged
        metadata = requests.get(f"{url}/v2/models/{name}", timeout=60).json()
        assert metadata["name"] == name and metadata["inputs"] and metadata["outputs"]
        assert requests.get(f"{url}/v2/models/{name}/ready", timeout=60).status_code == 200
        if len(metadata["inputs"]) == 1:
            only = metadata["inputs"][0]
            inputs = [{"name": only["name"], "shape": [4, 13], "datatype": only["datatype"],
                       "data": X[:4].to_numpy().ravel().tolist()}]
        else:
            inputs = [{"name": t["name"], "shape": [4, 1], "datatype": t["datatype"], "data": X[t["name"]][:4].tolist()}
                      for t in metadata["inputs"]]
        answer = requests.post(f"{url}/v2/models/{name}/infer", json={"id": "7", "inputs": inputs}, timeout=60)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["id"] == "7" and body["model_name"] == name
        assert [int(v) for v in np.ravel(body["outputs"][0]["data"])] == list(expected[:4])

    def test_the_event_log_has_them(self, logged, url):
        _, name, _, _ = logged
        row = {"features": X.iloc[5].tolist(), "feature_names": list(X.columns), "prediction_id": f"{name}-5"}
        assert requests.post(f"{url}/models/{name}/predict", json=row, timeout=60).json()["prediction_id"] == f"{name}-5"
        seen = requests.get(f"{url}/metrics", timeout=60).text
        assert f'model_name="{name}"' in seen and "model_predictions_total" in seen


@pytest.mark.skipif(not IS_KEDGE, reason="MLflow's tracking server serves no models")
def test_a_promotion_changes_who_answers(url, client, unique):
    """Version 2 is trained on shifted targets; its promotion is seen within seconds, and no request fails."""
    name = unique("promoted")
    data = load_diabetes(as_frame=True)
    mlflow.set_experiment(unique())
    for shift in (0, 10_000):
        model = LinearRegression().fit(data.data, data.target + shift)
        with mlflow.start_run():
            mlflow.sklearn.log_model(model, "model", registered_model_name=name, signature=infer_signature(data.data, data.target))
    client.transition_model_version_stage(name, "1", "Production")
    body = {"features": data.data.iloc[0].tolist(), "feature_names": list(data.data.columns)}

    def ask():
        answer = requests.post(f"{url}/models/{name}/predict", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    import kedge_server

    assert ask()["prediction"] < 5000
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    kedge_server.wait_until(lambda: ask()["prediction"] > 5000, "the promotion")
    assert str(ask()["model_version"]) == "2"


def test_autologging(client, unique):
    mlflow.set_experiment(unique())
    mlflow.sklearn.autolog(log_datasets=True)
    with mlflow.start_run() as run:
        LogisticRegression(max_iter=50).fit(X, Y)
    mlflow.sklearn.autolog(disable=True)
    seen = client.get_run(run.info.run_id)
    assert seen.data.params["max_iter"] == "50" and seen.data.metrics["training_accuracy_score"] > 0.9
    assert seen.data.tags["estimator_name"] == "LogisticRegression" and seen.inputs.dataset_inputs
    files = {f.path for f in client.list_artifacts(run.info.run_id)}
    assert any("confusion_matrix" in f for f in files), files
    loaded = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.score(X, Y) > 0.9


@pytest.mark.skipif(MAJOR < 3, reason="logged models came with 3.x")
def test_logged_models(client, unique):
    experiment = mlflow.set_experiment(unique()).experiment_id
    with mlflow.start_run() as run:
        mlflow.log_metric("acc", 0.9, step=0)
        info = mlflow.sklearn.log_model(LinearRegression().fit(X, Y), name="linear", params={"p": 1})
        mlflow.log_metric("loss", 0.2, model_id=info.model_id)
    model = mlflow.get_logged_model(info.model_id)
    assert (model.name, model.status.name, model.source_run_id) == ("linear", "READY", run.info.run_id)
    assert model.params == {"p": "1"} and {m.key for m in model.metrics} >= {"loss"}
    found = mlflow.search_logged_models([experiment], "name = 'linear' AND metrics.loss < 0.5", output_format="list")
    assert [m.model_id for m in found] == [info.model_id]
    assert mlflow.search_logged_models([experiment], "metrics.loss > 0.5", output_format="list") == []
    client.set_logged_model_tags(info.model_id, {"k": "v"})
    assert mlflow.get_logged_model(info.model_id).tags["k"] == "v"
    client.delete_logged_model_tag(info.model_id, "k")
    assert client.get_run(run.info.run_id).outputs.model_outputs[0].model_id == info.model_id
    mlflow.sklearn.load_model(f"models:/{info.model_id}")
    client.delete_logged_model(info.model_id)
    assert mlflow.search_logged_models([experiment], output_format="list") == []


def test_input_example_and_code_travel(client, unique):
    """A pyfunc of one's own: files beside the model, an input example, a model config."""

    class Doubles(mlflow.pyfunc.PythonModel):
        def load_context(self, context):
            self.offset = float(open(context.artifacts["offset"]).read())

        def predict(self, context, model_input, params=None):
            return model_input["x"] * 2 + self.offset

    import tempfile

    name = unique("doubles")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as offset:
        offset.write("100")
        offset.flush()
        with mlflow.start_run():
            mlflow.pyfunc.log_model("model", python_model=Doubles(), artifacts={"offset": offset.name},
                                    input_example=pd.DataFrame({"x": [1.0]}), registered_model_name=name)
    loaded = mlflow.pyfunc.load_model(f"models:/{name}/1")
    assert list(loaded.predict(pd.DataFrame({"x": [1.0, 2.5]}))) == [102.0, 105.0]
