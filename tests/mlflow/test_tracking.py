"""Experiments and runs: what is logged is read back, bad calls are refused in the client's own words."""

import math
import threading

import mlflow
import pytest
from conftest import MAJOR, only_kedge
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

# ---- experiments ----


def test_the_default_experiment_is_there(client):
    default = client.get_experiment("0")
    assert (default.name, default.lifecycle_stage) == ("Default", "active")
    assert client.get_experiment_by_name("Default").experiment_id == "0"


def test_an_experiment_is_found_by_id_and_name(client, unique):
    name = unique()
    made = client.create_experiment(name, tags={"team": "risk"})
    by_id, by_name = client.get_experiment(made), client.get_experiment_by_name(name)
    assert by_id.name == name and by_name.experiment_id == made
    assert by_id.tags == {"team": "risk"} and by_id.artifact_location.startswith("mlflow-artifacts:/")
    assert by_id.creation_time > 1_600_000_000_000 and by_id.last_update_time >= by_id.creation_time


def test_a_name_is_given_once(client, unique):
    name = unique()
    client.create_experiment(name)
    with pytest.raises(MlflowException, match="already exists") as refused:
        client.create_experiment(name)
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_an_absent_experiment(client, unique):
    assert client.get_experiment_by_name(unique("absent")) is None
    with pytest.raises(MlflowException, match="No Experiment with id=987654321 exists|Could not find experiment"):
        client.get_experiment("987654321")


def test_an_experiment_is_renamed_deleted_and_restored(client, unique):
    name, other = unique(), unique()
    made = client.create_experiment(name)
    client.rename_experiment(made, other)
    assert client.get_experiment(made).name == other
    client.delete_experiment(made)
    assert client.get_experiment(made).lifecycle_stage == "deleted"
    with pytest.raises(MlflowException):
        client.create_run(made)
    client.restore_experiment(made)
    assert client.get_experiment(made).lifecycle_stage == "active"
    client.create_run(made)


def test_experiment_tags_and_search(client, unique):
    stem = unique("search")
    made = [client.create_experiment(f"{stem}-{i}", tags={"i": str(i), "stem": stem}) for i in range(5)]
    client.set_experiment_tag(made[0], "extra", "yes")
    client.delete_experiment(made[4])

    def names(**how):
        return [e.name.rsplit("-", 1)[1] for e in client.search_experiments(**how)]

    mine = f"tags.stem = '{stem}'"
    assert names(filter_string=mine, order_by=["name ASC"]) == ["0", "1", "2", "3"]
    assert names(filter_string=mine, order_by=["name DESC"]) == ["3", "2", "1", "0"]
    assert names(filter_string=mine) == ["3", "2", "1", "0"], "newest first"
    assert names(filter_string=f"{mine} AND tags.extra = 'yes'") == ["0"]
    assert names(filter_string=f"name LIKE '{stem}%' AND name != '{stem}-1'", order_by=["name"]) == ["0", "2", "3"]
    assert names(filter_string=f"name ILIKE '{stem.upper()}-2'") == ["2"]
    assert names(filter_string=mine, view_type=ViewType.DELETED_ONLY) == ["4"]
    assert len(names(filter_string=mine, view_type=ViewType.ALL)) == 5
    first = client.search_experiments(filter_string=mine, max_results=3, order_by=["name"])
    rest = client.search_experiments(filter_string=mine, max_results=3, order_by=["name"], page_token=first.token)
    assert [len(first), len(rest), rest.token or None] == [3, 1, None]


# ---- runs ----


def test_a_run_from_start_to_end(client, unique):
    mlflow.set_experiment(unique())
    with mlflow.start_run(run_name="first", tags={"a": "b"}, description="a note") as run:
        mlflow.log_param("alpha", 0.5)
        mlflow.log_params({f"p{i}": i for i in range(250)})
        mlflow.log_metric("loss", 0.25, step=3)
        mlflow.log_metrics({"m1": 1.5, "m2": -2.0}, step=7)
        mlflow.set_tag("stage", "test")
        mlflow.set_tags({"x": "1", "ü ñ": "日本"})
        assert client.get_run(run.info.run_id).info.status == "RUNNING"
    done = client.get_run(run.info.run_id)
    assert (done.info.status, done.info.run_name, done.info.lifecycle_stage) == ("FINISHED", "first", "active")
    assert done.info.end_time >= done.info.start_time > 1_600_000_000_000
    assert done.data.params["alpha"] == "0.5" and len(done.data.params) == 251 and done.data.params["p249"] == "249"
    assert done.data.metrics == {"loss": 0.25, "m1": 1.5, "m2": -2.0}
    assert done.data.tags["a"] == "b" and done.data.tags["ü ñ"] == "日本" and done.data.tags["mlflow.runName"] == "first"
    assert done.data.tags["mlflow.note.content"] == "a note" and done.data.tags["mlflow.user"]
    assert done.info.artifact_uri.endswith(f"/{run.info.run_id}/artifacts")


def test_a_failed_run_says_so(client, unique):
    mlflow.set_experiment(unique())
    with pytest.raises(ZeroDivisionError):
        with mlflow.start_run() as run:
            1 / 0  # noqa: B018
    assert client.get_run(run.info.run_id).info.status == "FAILED"


def test_a_run_without_a_name_gets_one(client, run):
    assert run.info.run_name and client.get_run(run.info.run_id).data.tags["mlflow.runName"] == run.info.run_name


def test_nested_runs_name_their_parent(client, unique):
    experiment = mlflow.set_experiment(unique()).experiment_id
    with mlflow.start_run() as parent:
        for i in range(3):
            with mlflow.start_run(nested=True, run_name=f"child{i}"):
                mlflow.log_metric("i", i)
    children = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'", order_by=["metrics.i"])
    assert [c.info.run_name for c in children] == ["child0", "child1", "child2"]


def test_a_run_is_resumed(client, unique):
    mlflow.set_experiment(unique())
    with mlflow.start_run() as run:
        mlflow.log_metric("a", 1)
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_metric("b", 2)
    assert client.get_run(run.info.run_id).data.metrics == {"a": 1, "b": 2}


def test_a_run_is_deleted_and_restored(client, experiment, run):
    run_id = run.info.run_id
    client.delete_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    assert client.search_runs([experiment]) == [] or len(client.search_runs([experiment])) == 0
    assert [r.info.run_id for r in client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)] == [run_id]
    with pytest.raises(MlflowException):
        client.log_metric(run_id, "m", 1.0)
    client.restore_run(run_id)
    client.log_metric(run_id, "m", 1.0)
    assert client.get_run(run_id).data.metrics == {"m": 1.0}


def test_an_absent_run(client):
    with pytest.raises(MlflowException, match="not found") as refused:
        client.get_run("0" * 32)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_renaming_a_run(client, run):
    client.update_run(run.info.run_id, name="another", status="KILLED")
    seen = client.get_run(run.info.run_id)
    assert (seen.info.run_name, seen.data.tags["mlflow.runName"], seen.info.status) == ("another", "another", "KILLED")
    client.set_tag(run.info.run_id, "mlflow.runName", "by tag")
    assert client.get_run(run.info.run_id).info.run_name == "by tag"


# ---- params ----


def test_a_param_is_written_once(client, run):
    client.log_param(run.info.run_id, "lr", "0.1")
    client.log_param(run.info.run_id, "lr", "0.1")
    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        client.log_param(run.info.run_id, "lr", "0.2")
    assert client.get_run(run.info.run_id).data.params == {"lr": "0.1"}


def test_a_batch_with_a_changed_param_changes_nothing(client, run):
    client.log_param(run.info.run_id, "p", "1")
    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        client.log_batch(run.info.run_id, metrics=[Metric("m", 1.0, 0, 0)], params=[Param("p", "2")], tags=[RunTag("t", "v")])
    seen = client.get_run(run.info.run_id)
    assert seen.data.params == {"p": "1"} and "m" not in seen.data.metrics and "t" not in seen.data.tags


def test_long_and_odd_params(client, run):
    values = {"empty": "", "long": "x" * 6000, "quote": "it's \"quoted\" \\ and\nnewline", "emoji": "🚀", "a/b.c d-e_f": "ok"}
    for key, value in values.items():
        client.log_param(run.info.run_id, key, value)
    assert client.get_run(run.info.run_id).data.params == values


@pytest.mark.parametrize("key", ["", "a" * 251, "../x", "/abs", "tab\tkey"])
def test_bad_keys_are_refused(client, run, key):
    with pytest.raises(MlflowException):
        client.log_metric(run.info.run_id, key, 1.0)
    assert client.get_run(run.info.run_id).data.metrics == {}


# ---- metrics ----


def test_metric_history(client, run):
    points = [(3, 30, 3.5), (1, 10, 1.5), (2, 20, 2.5), (2, 20, 2.25)]
    for step, time, value in points:
        client.log_metric(run.info.run_id, "m", value, timestamp=time, step=step)
    history = [(m.step, m.timestamp, m.value) for m in client.get_metric_history(run.info.run_id, "m")]
    assert history == sorted(points)
    assert client.get_run(run.info.run_id).data.metrics == {"m": 3.5}, "the latest is that of the largest step"
    assert list(client.get_metric_history(run.info.run_id, "absent")) == []


def test_the_same_point_twice_is_one(client, run):
    for _ in range(3):
        client.log_batch(run.info.run_id, metrics=[Metric("m", 1.0, 5, 1), Metric("m", float("nan"), 6, 1)])
    assert len(client.get_metric_history(run.info.run_id, "m")) == 2


def test_values_that_json_does_not_know(client, run):
    for step, value in enumerate([float("nan"), float("inf"), float("-inf")]):
        client.log_metric(run.info.run_id, f"m{step}", value, step=step)
    seen = client.get_run(run.info.run_id).data.metrics
    assert math.isnan(seen["m0"]) and seen["m1"] >= 1.7976931348623157e308 and seen["m2"] <= -1.7976931348623157e308


def test_every_digit_survives(client, run):
    values = [0.1 + 0.2, 1e-300, 5e-324, 1.7976931348623157e308, 1 / 3, -0.0, 123456789.12345679, 2**53 + 1.0]
    client.log_batch(run.info.run_id, metrics=[Metric(f"m{i}", v, 0, 0) for i, v in enumerate(values)])
    seen = client.get_run(run.info.run_id).data.metrics
    assert [seen[f"m{i}"] for i in range(len(values))] == values


def test_a_long_history_comes_in_pages(client, run):
    count = 26_000
    for start in range(0, count, 1000):
        client.log_batch(run.info.run_id, metrics=[Metric("m", i / 7, i, i) for i in range(start, start + 1000)])
    history = client.get_metric_history(run.info.run_id, "m")
    assert [m.step for m in history] == list(range(count)) and history[-1].value == (count - 1) / 7


def test_a_negative_time_is_refused(client, run):
    with pytest.raises(MlflowException, match="timestamp"):
        client.log_metric(run.info.run_id, "m", 1.0, timestamp=-5)


@pytest.mark.parametrize("sizes", [(1001, 0, 0), (0, 101, 0), (0, 0, 101), (950, 30, 30)])
def test_a_batch_has_bounds(client, run, url, sizes):
    import requests

    metrics, params, tags = sizes
    body = {
        "run_id": run.info.run_id,
        "metrics": [{"key": f"m{i}", "value": 1, "timestamp": 0, "step": 0} for i in range(metrics)],
        "params": [{"key": f"p{i}", "value": "1"} for i in range(params)],
        "tags": [{"key": f"t{i}", "value": "1"} for i in range(tags)],
    }
    answer = requests.post(f"{url}/api/2.0/mlflow/runs/log-batch", json=body, timeout=30)
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert "A batch logging request can contain at most" in answer.json()["message"]


# ---- tags ----


def test_tags_are_replaced_and_deleted(client, run):
    client.set_tag(run.info.run_id, "t", "1")
    client.set_tag(run.info.run_id, "t", "2")
    assert client.get_run(run.info.run_id).data.tags["t"] == "2"
    client.delete_tag(run.info.run_id, "t")
    assert "t" not in client.get_run(run.info.run_id).data.tags
    with pytest.raises(MlflowException, match="No tag with name"):
        client.delete_tag(run.info.run_id, "t")


# ---- inputs ----


def test_datasets_of_a_run(client, unique):
    import pandas

    mlflow.set_experiment(unique())
    data = mlflow.data.from_pandas(pandas.DataFrame({"x": [1, 2], "y": [0.5, 1.5]}), source="wine.csv", name="wine")
    with mlflow.start_run() as run:
        mlflow.log_input(data, context="training", tags={"k": "v"})
        mlflow.log_input(data, context="training")
    (found,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert (found.dataset.name, found.dataset.digest) == ("wine", data.digest)
    assert {t.key: t.value for t in found.tags}["mlflow.data.context"] == "training"
    here = [run.info.experiment_id]
    assert len(client.search_runs(here, "dataset.name = 'wine' AND dataset.context = 'training'")) == 1
    assert len(client.search_runs(here, "datasets.name IN ('other', 'none')")) == 0


# ---- many at once ----


@only_kedge  # the reference answers some of them that its database is locked
def test_a_hundred_clients_log_and_nothing_is_lost(url, experiment):
    problems = []

    def work(number):
        try:
            client = mlflow.MlflowClient(url)
            run = client.create_run(experiment, run_name=f"r{number}")
            for step in range(5):
                client.log_metric(run.info.run_id, "m", number + step / 10, step=step)
            client.log_batch(run.info.run_id, params=[Param("n", str(number))], tags=[RunTag("n", str(number))])
            client.set_terminated(run.info.run_id)
        except Exception as problem:  # noqa: BLE001
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(100)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not problems, problems[:3]
    client = mlflow.MlflowClient(url)
    runs = client.search_runs([experiment], max_results=200)
    assert sorted(int(r.data.params["n"]) for r in runs) == list(range(100))
    assert all(r.data.metrics["m"] == int(r.data.params["n"]) + 0.4 and r.info.status == "FINISHED" for r in runs)


@pytest.mark.skipif(MAJOR < 3, reason="asynchronous flushing is that of 3.x here")
def test_asynchronous_logging(client, unique):
    mlflow.set_experiment(unique())
    with mlflow.start_run() as run:
        for step in range(300):
            mlflow.log_metric("m", step, step=step, synchronous=False)
        mlflow.log_params({"a": 1}, synchronous=False)
        mlflow.flush_async_logging()
    assert len(client.get_metric_history(run.info.run_id, "m")) == 300


@only_kedge
def test_the_reference_s_500s_are_400s(url, client, experiment):
    import requests

    api = f"{url}/api/2.0/mlflow"
    for path, body in [
        ("runs/search", {"experiment_ids": ["abc"]}),
        ("runs/search", {"experiment_ids": [experiment], "order_by": ["metrics.a", "metrics.a"]}),
        ("runs/create", {}),
    ]:
        answer = requests.post(f"{api}/{path}", json=body, timeout=30)
        assert answer.status_code in (200, 400), (path, answer.text)
        if answer.status_code == 400:
            assert answer.json()["error_code"] and "SELECT" not in answer.text
