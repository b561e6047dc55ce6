"""The filter grammar of runs: what matches, in which order, page by page; and what is refused, in the reference's words."""

import mlflow
import pytest
from conftest import only_kedge
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException


@pytest.fixture(scope="module")
def experiment(url):
    """Twelve runs: acc rises, loss falls; the last two lack both; the tenth has acc = NaN."""
    client = mlflow.MlflowClient(url)
    made = client.create_experiment(f"search-{id(url)}-{mlflow.__version__}-runs")
    for i in range(12):
        run = client.create_run(made, start_time=1000 + i, run_name=f"run {i:02}")
        params = [Param("model", "Forest" if i % 2 else "linear"), Param("depth", str(i)), Param("we ird.key", f"it's {i}")]
        tags = [RunTag("team", "risk" if i < 6 else "growth"), RunTag("dotted.key.name", str(i % 3))]
        metrics = []
        if i < 9:
            metrics = [Metric("acc", i / 10, 0, 0), Metric("val/loss", 1 - i / 10, 0, 0)]
        if i == 9:
            metrics = [Metric("acc", float("nan"), 0, 0)]
        client.log_batch(run.info.run_id, metrics=metrics, params=params, tags=tags)
        if i < 4:
            client.set_terminated(run.info.run_id, "FINISHED" if i else "FAILED", end_time=5000 + i)
    return made


@pytest.fixture
def found(client, experiment):
    def search(filter_string="", **how):
        runs = client.search_runs([experiment], filter_string, **how)
        return [int(run.info.run_name.split()[1]) for run in runs]

    return search


@pytest.mark.parametrize(
    "filter_string, expected",
    [
        ("", range(11, -1, -1)),
        ("metrics.acc > 0.55", [8, 7, 6]),
        ("metrics.acc >= 0.5 and metrics.acc < 0.8", [7, 6, 5]),
        ("metric.acc = 0.3", [3]),
        ("metrics.acc <= 1e-1", [1, 0]),
        ("metrics.`val/loss` < 0.35", [8, 7]),
        ('metrics."val/loss" < 0.35', [8, 7]),
        ("params.model = 'Forest' AND metrics.acc > .4", [7, 5]),
        ("parameters.model = 'Forest' AND params.depth = '3'", [3]),
        ("params.model != 'Forest'", [10, 8, 6, 4, 2, 0]),
        ("params.model LIKE 'For%'", [11, 9, 7, 5, 3, 1]),
        ("params.model LIKE 'for%'", []),
        ("params.model ILIKE 'for%'", [11, 9, 7, 5, 3, 1]),
        ("params.depth LIKE '1_'", [11, 10]),
        ("params.`we ird.key` LIKE '%7'", [7]),
        ("params.`we ird.key` = \"it's 4\"", [4]),
        ("tags.team = 'risk' AND tags.dotted.key.name = '2'", [5, 2]),
        ("tag.team ILIKE 'GROW%'", [11, 10, 9, 8, 7, 6]),
        ("attributes.status = 'FINISHED'", [3, 2, 1]),
        ("status != 'RUNNING'", [3, 2, 1, 0]),
        ("attribute.start_time > 1008", [11, 10, 9]),
        ("start_time >= 1004 AND start_time <= 1005", [5, 4]),
        ("end_time < 5002", [1, 0]),
        ("run_name = 'run 07'", [7]),
        ("attributes.run_name LIKE 'run 0%' AND tags.team = 'growth'", [9, 8, 7, 6]),
        ("tags.`mlflow.runName` = 'run 03'", [3]),
        ("metrics.absent > 0", []),
        ("params.absent = 'x'", []),
        ("  metrics.acc   >    0.75  ", [8]),
        ("METRICS.acc > 0.75", MlflowException),
        ("tags.team = 'risk' AND params.model = 'linear' AND metrics.acc > 0 AND attributes.status = 'FINISHED'", [2]),
        ("metrics.acc > -1 AND metrics.acc != 0.5 AND params.depth = '5'", []),
    ],
)
def test_filters(found, filter_string, expected):
    if expected is MlflowException:
        with pytest.raises(MlflowException):
            found(filter_string)
    else:
        assert found(filter_string) == list(expected)


def test_in_lists_of_run_ids(client, experiment):
    runs = client.search_runs([experiment])
    ids = [run.info.run_id for run in runs]
    two = f"attributes.run_id IN ('{ids[2]}', '{ids[5]}')"
    assert {r.info.run_id for r in client.search_runs([experiment], two)} == {ids[2], ids[5]}
    assert len(client.search_runs([experiment], f"run_id NOT IN ('{ids[2]}')")) == 11


@pytest.mark.parametrize(
    "order_by, expected",
    [
        (["metrics.acc ASC"], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 10]),
        (["metrics.acc DESC"], [8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 11, 10]),
        (["params.model", "metrics.acc desc"], [7, 5, 3, 1, 9, 11, 8, 6, 4, 2, 0, 10]),
        (["attributes.start_time ASC"], list(range(12))),
        (["start_time"], list(range(12))),
        (["tags.team DESC", "start_time DESC"], [5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6]),
        (["tags.`dotted.key.name`", "attributes.run_name DESC"], [9, 6, 3, 0, 10, 7, 4, 1, 11, 8, 5, 2]),
        (["end_time"], [0, 1, 2, 3, 11, 10, 9, 8, 7, 6, 5, 4]),
        (["end_time DESC"], [3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 5, 4]),
    ],
)
def test_orders(found, order_by, expected):
    assert found(order_by=order_by) == expected


@pytest.mark.parametrize("size", [1, 5, 11, 12, 13])
def test_pages_hold_everything_once(client, experiment, size):
    seen, token = [], None
    while True:
        page = client.search_runs([experiment], order_by=["metrics.acc DESC"], max_results=size, page_token=token)
        assert len(page) <= size
        seen += [run.info.run_name for run in page]
        token = page.token
        if not token:
            break
    assert len(seen) == 12 and len(set(seen)) == 12


@pytest.mark.parametrize(
    "filter_string, says",
    [
        ("metrics.acc > 'x'", "Expected numeric value type for metric"),
        ("metrics.acc = '0.4'", "Expected numeric value type for metric"),
        ("params.lr = 0", "Expected a quoted string value for parameter"),
        ("tags.team = growth", "[Qq]uote"),
        ("foo.bar = 'x'", "Invalid entity type 'foo'"),
        ("attributes.bogus = 'x'", "Invalid attribute key 'bogus'"),
        ("params.lr > '1'", "Invalid comparator '>'"),
        ("metrics.acc LIKE 'x'", "Invalid comparator 'LIKE'|Expected numeric value"),
        ("metrics.acc == 1", "Invalid comparator|Invalid clause"),
        ("metrics.acc > 1 OR metrics.acc < 0", "Invalid clause"),
        ("metrics.acc", "Invalid clause"),
        ("0.4 < metrics.acc", "Expected 'Identifier' found '0.4'"),
        ("metrics.acc > 0; metrics.acc < 1", "multiple expression"),
        ("attributes.status IN ('FINISHED')", "'run_id'.* support"),
        ("metrics.acc >", "Invalid clause"),
    ],
)
def test_refused_filters(found, filter_string, says):
    with pytest.raises(MlflowException, match=says) as refused:
        found(filter_string)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("order_by", [["metrics.acc foo"], [""], ["datasets.name"], ["bogus"]])
def test_refused_orders(found, order_by):
    with pytest.raises(MlflowException) as refused:
        found(order_by=order_by)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_into_a_data_frame(experiment):
    frame = mlflow.search_runs(experiment_ids=[experiment], filter_string="metrics.acc >= 0.7", order_by=["metrics.acc"])
    assert frame["metrics.acc"].tolist() == [0.7, 0.8] and frame["params.model"].tolist() == ["Forest", "linear"]
    assert frame["tags.team"].tolist() == ["growth", "growth"] and set(frame["status"]) == {"RUNNING"}
    assert str(frame["start_time"].dtype).startswith("datetime64")


def test_several_experiments_and_absent_ones(client, experiment, unique):
    other = client.create_experiment(unique())
    client.create_run(other)
    assert len(client.search_runs([experiment, other, "99999999"])) == 13
    assert len(client.search_runs([])) == 0


@only_kedge
def test_nan_matches_no_comparison(found):
    assert found("metrics.acc < 100 AND params.depth = '9'") == []
    assert found("metrics.acc != 0.5 AND params.depth = '9'") in ([], [9])
