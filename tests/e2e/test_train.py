"""kedge train, predict, models, runs: from a table to a version that answers, with a server and without one."""

import csv
import io
import json
import os
import pathlib
import subprocess

import kedge_server
import pytest

ROOT = kedge_server.ROOT
WINE = ROOT / "data/wine.csv"


def kedge(*arguments, status=0, **options):
    done = subprocess.run([kedge_server.KEDGE, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if status == 0 else done.stderr


def has_library(name):
    import ctypes

    try:
        return bool(ctypes.CDLL(name))
    except OSError:
        return False


pytestmark = pytest.mark.skipif(
    not (has_library("libxgboost.so.0") and has_library("liblapacke.so.3")), reason="libxgboost or liblapacke is not installed"
)


@pytest.fixture(scope="module")
def url(shared_server):
    return f"http://127.0.0.1:{shared_server.port}"


@pytest.fixture(scope="module")
def wine(url):
    """Two versions: logistic regression, then boosted trees, which is in Production."""
    reports = []
    for model in ("logistic", "xgboost"):
        promote = ["--promote"] if model == "xgboost" else []
        text = kedge("train", WINE, "--target", "cultivar", "--model", model, "--register", "wine", "--rounds", "20", *promote,
                     "--json", "--url", url)
        reports.append(json.loads(text))
    return reports


def test_what_was_learnt_is_told(wine):
    first, second = wine
    assert (first["version"], second["version"]) == ("1", "2")
    for report in wine:
        assert report["train_rows"] + report["test_rows"] == 178 and report["test_rows"] == pytest.approx(36, abs=2)
        assert report["metrics"]["test_accuracy"] > 0.85 and report["metrics"]["train_accuracy"] >= 0.99
        assert sum(report["importance"].values()) == pytest.approx(1)


def test_the_promoted_version_answers(wine, shared_server):
    rows = list(csv.DictReader(open(WINE)))
    right = 0
    for row in rows[::10]:
        features = {k: float(v) for k, v in row.items() if k != "cultivar"}
        answer = shared_server.ask("POST", "/models/wine/predict", {"features": features})
        assert answer.status == 200 and answer.json["model_version"] == "2", answer
        assert set(answer.json["probabilities"]) == {"class_0", "class_1", "class_2"}
        right += answer.json["prediction"] == row["cultivar"]
    assert right >= len(rows[::10]) - 1


def test_the_reference_is_there_for_monitoring(wine, shared_server):
    listed = shared_server.ask("GET", "/reference?model_name=wine").json
    assert "178" in json.dumps(listed)


def test_models_list_show_and_move(wine, url):
    assert "Production 2" in kedge("models", "list", "--url", url)
    shown = kedge("models", "show", "wine", "--url", url)
    assert shown.splitlines()[1].split()[:2] == ["2", "Production"] and shown.splitlines()[2].split()[:2] == ["1", "None"]
    kedge("models", "promote", "wine", "1", "Staging", "--url", url)
    kedge("models", "archive", "wine", "1", "--url", url)
    assert "Archived" in kedge("models", "show", "wine", "--url", url)
    assert "not found" in kedge("models", "show", "nobody", "--url", url, status=3)
    assert json.loads(kedge("models", "list", "--json", "--url", url))["registered_models"][0]["name"] == "wine"


def test_download_and_predict(wine, url, tmp_path):
    kedge("models", "download", "wine", "2", "--output", tmp_path / "model", "--url", url)
    assert {"MLmodel", "model.ubj", "encoding.json"} <= set(os.listdir(tmp_path / "model"))
    from_folder = kedge("predict", tmp_path / "model", WINE)
    by_name = kedge("predict", "wine", WINE, "--url", url)
    assert from_folder == by_name
    rows = list(csv.DictReader(io.StringIO(by_name)))
    assert len(rows) == 178
    assert sum(row["prediction"] == row["cultivar"] for row in rows) > 170
    for row in rows[:20]:
        shares = [float(row[f"probability_class_{c}"]) for c in range(3)]
        assert sum(shares) == pytest.approx(1, abs=1e-5) and row["prediction"] == f"class_{shares.index(max(shares))}"


def test_predictions_of_a_file_are_captured(wine, url, tmp_path):
    kedge("predict", "wine/2", WINE, "--capture=batch-wine", "--output", tmp_path / "out.parquet", "--url", url)
    counted = kedge("sql", "SELECT count(*) AS n FROM \"batch-wine\"", "--csv", "--url", url)
    assert counted.split() == ["n", "178"]
    assert (tmp_path / "out.parquet").read_bytes()[:4] == b"PAR1"


def test_runs_are_listed_and_compared(wine, url):
    ids = [report["run_id"] for report in wine]
    listed = kedge("runs", "list", "--experiment", "wine", "--url", url)
    assert all(run in listed for run in ids) and "test_accuracy=" in listed
    best = kedge("runs", "list", "--experiment", "wine", "--filter", "params.model = 'logistic'", "--url", url)
    assert ids[0] in best and ids[1] not in best
    table = kedge("runs", "compare", *ids, "--url", url)
    assert "param " in table.splitlines()[1] and "param model" in table and "metric test_accuracy" in table


def test_without_a_server_the_folder_is_used(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    options = ["--data-dir", folder]
    text = kedge("train", WINE, "--target", "cultivar", "--model", "logistic", "--register", "w", "--promote", *options)
    assert "version 1, in Production" in text
    assert "Production 1" in kedge("models", "list", *options)
    assert len(kedge("predict", "w", WINE, *options).splitlines()) == 179


def test_the_same_seed_gives_the_same_model(tmp_path):
    files = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        kedge("train", WINE, "--target", "cultivar", "--rounds", "5", "--register", "w", "--data-dir", folder)
        kedge("models", "download", "w", "1", "--output", folder / "model", "--data-dir", folder)
        files.append((folder / "model/model.ubj").read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize(
    "arguments, status, says",
    [
        ([], 2, "which data"),
        ([WINE], 2, "--target"),
        ([WINE, "--target", "absent"], 3, "absent"),
        ([WINE, "--target", "cultivar", "--model", "svm"], 2, "xgboost, random_forest, linear or logistic"),
        ([WINE, "--target", "cultivar", "--promote"], 2, "--register"),
        ([WINE, "--target", "cultivar", "--task", "regression"], 2, "no numbers"),
        ([WINE, "--target", "cultivar", "--test-share", "2"], 2, "between 0 and 1"),
        ([WINE, "--target", "cultivar", "--time", "absent"], 3, "absent"),
        ([WINE, "--target", "cultivar", "--param", "max_depth=deep", "--rounds", "1"], 2, "max_depth"),
        (["absent.csv", "--target", "x"], 3, "absent.csv"),
    ],
)
def test_mistakes_are_named(arguments, status, says, tmp_path):
    assert says in kedge("train", *arguments, "--data-dir", tmp_path, status=status)


def test_a_model_that_does_not_fit_the_file(wine, url, tmp_path):
    table = tmp_path / "rows.csv"
    table.write_text("alcohol,hue\n13.2,1.05\n")
    assert "malic_acid" in kedge("predict", "wine", table, "--url", url, status=2)
    assert "not registered" in kedge("predict", "nobody", WINE, "--url", url, status=3)
