"""What a scraper reads: the names that dashboards know, in both formats, judged by the real parsers."""

import re
import shutil
import subprocess

import pytest
from kedge_server import events_of, rows_of, run, sample

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8,text/plain;version=0.0.4;q=0.5"

# DESIGN section 5: name, type, labels. Those of serving models (inference latency, load time) come with serving.
NAMES = [
    ("api_requests_total", "counter", {"method", "endpoint", "status"}),
    ("api_request_latency_seconds", "histogram", {"method", "endpoint"}),
    ("model_predictions_total", "counter", {"model_name", "model_version"}),
    ("model_prediction_latency_seconds", "histogram", {"model_name"}),
    ("model_prediction_value", "histogram", {"model_name"}),
    ("model_prediction_errors_total", "counter", {"model_name", "error_type"}),
    ("model_confidence_score", "histogram", {"model_name"}),
    ("model_accuracy", "gauge", {"model_name"}),
    ("model_loaded", "gauge", {"model_name"}),
    ("model_version_info", "gauge", {"model_name", "version"}),
    ("drift_score", "gauge", {"model_name", "feature_name"}),
    ("evidently_data_drift_detected", "gauge", {"model_name"}),
    ("evidently_drift_score", "gauge", {"model_name"}),
    ("evidently_feature_drift", "gauge", {"model_name", "feature_name"}),
    ("evidently_drifted_features_count", "gauge", {"model_name"}),
    ("evidently_missing_values_ratio", "gauge", {"model_name", "feature_name"}),
    ("evidently_analysis_total", "counter", {"model_name"}),
    ("evidently_analysis_duration_seconds", "histogram", {"model_name"}),
    ("process_cpu_seconds_total", "counter", set()),
    ("process_resident_memory_bytes", "gauge", set()),
    ("process_open_fds", "gauge", set()),
    ("process_start_time_seconds", "gauge", set()),
]


@pytest.fixture(scope="module")
def busy(shared_server):
    """A server in which everything has happened once."""
    server = shared_server
    rows = rows_of(80)
    server.good(
        "POST", "/models/wine/reference", [{**row, "target": i % 2, "prediction": i % 2} for i, row in enumerate(rows)]
    )
    events = events_of(60, shift=1.0)
    for i, event in enumerate(events):
        event.update(prediction=i % 2, target=(i % 3 > 0) * 1, probabilities={"0": 0.25, "1": 0.75}, latency_ms=20)
        if i < 15:
            event["features"]["ash"] = None
    server.good("POST", "/models/wine/capture/batch", events)
    server.report = server.good("POST", "/models/wine/analyze", {})
    assert server.post("/models/wine/capture", {"features": {"nothing like it": 1}, "prediction": 1}).status == 422
    return server


LABELLED = "models:\n  - {name: all, schema: open}\n  - {name: some, schema: open, metrics: [precision, recall]}\n"


def quality_of(samples, model):
    shown = [key for key in samples if key[0] == "kedge_model_quality" and ("model_name", model) in key]
    return {dict(key[1:])["metric"] for key in shown}


def test_only_the_configured_figures_are_shown(make_server):
    """`metrics` names them; the report has all of them in any case, and a reload changes what is shown at once."""
    server = make_server(config=LABELLED).start()
    rows = [{**row, "target": i % 2, "prediction": i % 2} for i, row in enumerate(rows_of(80))]
    events = events_of(60)
    for i, event in enumerate(events):
        event.update(prediction=i % 2, target=(i % 3 > 0) * 1, probabilities={"0": 0.25, "1": 0.75})
    for model in ("all", "some"):
        server.good("POST", f"/models/{model}/reference", rows)
        server.good("POST", f"/models/{model}/capture/batch", events)
        report = server.good("POST", f"/models/{model}/analyze", {})
        assert report["classification"]["current"]["accuracy"] is not None
    samples = server.metrics()
    assert {"accuracy", "precision", "recall", "f1", "mcc"} <= quality_of(samples, "all")
    assert quality_of(samples, "some") == {"precision", "recall"}
    assert sample("model_accuracy", model_name="all") in samples
    assert sample("model_accuracy", model_name="some") not in samples, "a figure like the others"
    assert sample("evidently_drift_score", model_name="some") in samples, "drift is no figure of model quality"

    status, out, err = run("export", "--export", "model", "--config", server.config, "--data-dir", server.data)
    assert status == 0, err
    shown = re.findall(r'^kedge_model_quality\{.*model_name="some".*\}', out, re.M)
    assert len(shown) == 2 and "model_accuracy{" in out, out

    server.config.write_text(LABELLED.replace("[precision, recall]", "[accuracy]"))
    server.good("POST", "/-/reload")
    assert quality_of(server.metrics(), "some") == {"accuracy"}
    assert sample("model_accuracy", model_name="some") in server.metrics()


def test_a_figure_that_does_not_exist_is_named(make_server):
    server = make_server(config="models:\n  - {name: m, metrics: [acuracy]}\n")
    status, said = server.run_to_end()
    assert status == 2 and "acuracy" in said and "balanced_accuracy" in said, said
    status, _, said = run("config", "check", server.config)
    assert status == 1 and "acuracy" in said, said


def families_of(server, format_):
    module = pytest.importorskip(
        "prometheus_client", reason="prometheus_client judges the exposition; pip install prometheus_client"
    )
    if format_ == "openmetrics":
        from prometheus_client.openmetrics.parser import text_string_to_metric_families

        return {
            family.name: family
            for family in text_string_to_metric_families(server.get("/metrics", Accept=OPENMETRICS).text)
        }
    assert module
    from prometheus_client.parser import text_string_to_metric_families

    return {family.name: family for family in text_string_to_metric_families(server.get("/metrics").text)}


@pytest.mark.parametrize("format_", ["text", "openmetrics"])
def test_every_name_is_there_with_its_type_and_labels(shared, busy, format_):
    families = families_of(busy, format_)
    for name, kind, labels in NAMES:
        family = families.get(name.removesuffix("_total")) or families.get(name)
        assert family is not None, f"{name} is missing"
        assert family.type == kind, (name, family.type)
        assert family.documentation, f"{name} says nothing about itself"
        assert family.samples, f"{name} has no value"
        for one in family.samples:
            assert labels <= set(one.labels), (name, one)


def test_formats_are_chosen_by_accept(shared, busy):
    plain, open_ = busy.get("/metrics"), busy.get("/metrics", Accept=OPENMETRICS)
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert open_.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert open_.text.endswith("# EOF\n") and "# EOF" not in plain.text
    assert "Accept" in plain.headers["vary"]


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool (Debian: prometheus) is not installed")
def test_promtool_has_nothing_to_say(shared, busy):
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=busy.get("/metrics").text, capture_output=True, text=True, timeout=60
    )
    # Names that dashboards of this field use since long break two of its style rules; nothing else may.
    kept = {"model_version_info", "evidently_drifted_features_count"}
    said = [
        line for line in (done.stdout + done.stderr).splitlines() if line.strip() and line.split(" ")[0] not in kept
    ]
    assert not said and (done.returncode == 0 or done.returncode == 3), done


def test_values_are_those_of_the_analysis(shared, busy):
    samples, report = busy.metrics(), busy.report
    drift = report["dataset_drift"]
    assert samples[sample("evidently_data_drift_detected", model_name="wine")] == drift["drifted"]
    assert samples[sample("evidently_drift_score", model_name="wine")] == drift["share"]
    assert samples[sample("evidently_drifted_features_count", model_name="wine")] == drift["drifted_columns"]
    alcohol = next(column for column in report["columns"] if column["name"] == "alcohol")["drift"][0]
    assert (
        samples[sample("drift_score", model_name="wine", feature_name="alcohol", method=alcohol["method"])]
        == alcohol["score"]
    )
    assert (
        samples[sample("evidently_feature_drift", model_name="wine", feature_name="alcohol")] == alcohol["drifted"] == 1
    )
    assert samples[sample("evidently_missing_values_ratio", model_name="wine", feature_name="ash")] == 0.25
    assert samples[sample("model_accuracy", model_name="wine")] == report["classification"]["current"]["accuracy"]


def test_counters_count(server):
    server.good("POST", "/models/m/capture/batch", events_of(10, model_version="3", latency_ms=500))
    server.good("POST", "/models/m/capture/batch", events_of(10, model_version="3", latency_ms=500))
    server.get("/nowhere"), server.get("/nowhere/else")
    samples = server.metrics()
    assert samples[sample("model_predictions_total", model_name="m", model_version="3")] == 10
    assert samples[sample("kedge_duplicate_predictions_total", model_name="m")] == 10
    assert (
        samples[sample("api_requests_total", method="POST", endpoint="/models/{name}/capture/batch", status="200")] == 2
    )
    assert (
        samples[sample("api_requests_total", method="GET", endpoint="(other)", status="404")] == 2
    ), "paths that do not exist are one series"
    assert samples[sample("model_prediction_latency_seconds_count", model_name="m")] == 10
    assert samples[sample("model_prediction_latency_seconds_sum", model_name="m")] == 5
    assert samples[sample("model_prediction_value_count", model_name="m")] == 10


def test_analyses_are_known_after_a_restart(server):
    server.good("POST", "/models/m/reference", rows_of(50))
    server.good("POST", "/models/m/capture/batch", events_of(40, shift=1))
    server.good("POST", "/models/m/analyze", {})
    before = {
        name: value
        for name, value in server.metrics().items()
        if name[0].startswith(("evidently_d", "evidently_f", "drift_score"))
    }
    server.restart()
    after = server.metrics()
    assert before and {name: after.get(name) for name in before} == before


def test_label_values_are_escaped(server):
    model = 'q"uote\\back\nline'
    server.good("POST", "/capture", {"features": {"a": 1}, "prediction": 1, "model_name": model})
    families = families_of(server, "text")
    assert {sample.labels["model_name"] for sample in families["model_predictions"].samples} == {model}
    assert families_of(server, "openmetrics")["model_predictions"].samples[0].labels["model_name"] == model


def test_strangers_cannot_make_series_without_end(server):
    for i in range(60):
        server.ask("GET", f"/no/such/path{i}"), server.ask(f"METHOD{i}", "/health")
    lines = [line for line in server.get("/metrics").text.splitlines() if re.match("api_requests_total", line)]
    assert len(lines) < 10, lines


def test_the_token_is_wanted_here_too(make_server):
    server = make_server(environment={"KEDGE_TOKEN": "s3cret"}).start()
    assert server.get("/metrics").status == 401
    assert server.get("/metrics", Authorization="Bearer s3cret").status == 200
