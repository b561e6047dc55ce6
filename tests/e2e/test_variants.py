"""Traffic splits: weights, sticky keys, shadows, canaries and their rollback, reloads under load, the comparison."""

import collections
import json
import threading

import pytest
from kedge_server import ask_on, wait_until


def linear(path, bias):
    """An XGBoost model of two features: bias + x + y."""
    learner = {
        "attributes": {},
        "feature_names": ["x", "y"],
        "feature_types": ["float", "float"],
        "gradient_booster": {"model": {"boosted_rounds": 1, "weights": [1, 1, bias]}, "name": "gblinear"},
        "learner_model_param": {"base_score": "[0E0]", "num_class": "0", "num_feature": "2", "num_target": "1"},
        "objective": {"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}},
    }
    path.write_text(json.dumps({"learner": learner, "version": [3, 2, 0]}))
    return path


@pytest.fixture
def serve(make_server, tmp_path):
    """serve(text of `serve:`, with {a}, {b}, {c} for paths of models with bias 0, 100, 200); {a} is the model's own."""
    paths = {name: linear(tmp_path / f"{name}.json", 100 * i) for i, name in enumerate("abc")}

    def config(text):
        return f"models:\n  - {{name: m, path: {paths['a']}, version: \"1\", serve: {text.format(**paths)}}}\n"

    def start(text):
        server = make_server(config=config(text))
        server.start()
        server.config_of = config
        return server

    return start


def ask(server, x=1, headers=None, **more):
    return server.good("POST", "/predict", {"features": {"x": x, "y": 0}, **more}, headers)


def variants(server):
    facts = server.good("GET", "/api/kedge/models/m/variants")
    return facts, {variant["name"]: variant for variant in facts["variants"]}


AB = "{{sticky_key: user, variants: [{{name: a, weight: 70}}, {{name: b, path: {b}, version: '2', weight: 30}}]}}"


def test_requests_are_split_and_each_says_who_answered(serve):
    server = serve(AB)
    answers = [ask(server, x=i) for i in range(400)]
    counts = collections.Counter(answer["variant"] for answer in answers)
    assert 50 < counts["b"] < 190, "five standard deviations (9.2) around 120, and some"
    for i, answer in enumerate(answers):
        own = answer["variant"] == "a"
        assert answer["prediction"] == (i if own else 100 + i) and answer["model_version"] == ("1" if own else "2")
        assert answer["model_name"] == "m"
    facts, by_name = variants(server)
    assert facts["model_name"] == "m" and facts["sticky_key"] == "user" and facts["canary"] is None
    assert {name: variant["requests"] for name, variant in by_name.items()} == counts
    assert by_name["b"]["share"] == pytest.approx(0.3) and by_name["b"]["model_version"] == "2"
    assert by_name["b"]["mean_prediction"] == pytest.approx(
        sum(answer["prediction"] for answer in answers if answer["variant"] == "b") / counts["b"]
    )
    assert 0 < by_name["a"]["latency_ms"]["p50"] <= by_name["a"]["latency_ms"]["p99"]
    text = server.get("/metrics").text
    assert f'model_variant_requests_total{{model_name="m",variant="b"}} {counts["b"]}' in text
    rows = wait_until(
        lambda: len(found := server.sql("SELECT tag_variant, count(*) FROM m GROUP BY tag_variant")) == 2 and found,
        "both variants in the log",
    )
    assert sum(count for _, count in rows) <= 400 and {name for name, _ in rows} == {"a", "b"}


def test_the_comparison_finds_a_shift_and_only_that(serve):
    server = serve(AB)
    for i in range(400):
        ask(server, x=i % 7)
    comparison = variants(server)[1]["b"]["comparison"]
    assert comparison["baseline"] == "a" and "comparison" not in variants(server)[1]["a"]
    assert comparison["mean_prediction"]["p_value"] < 1e-6
    assert comparison["mean_prediction"]["low"] < 100 < comparison["mean_prediction"]["high"]
    assert comparison["error_rate"]["difference"] == 0 and comparison["error_rate"]["p_value"] == 1


def test_a_key_keeps_its_variant(serve):
    server = serve(AB)
    by_header = {key: ask(server, headers={"X-Kedge-Key": key})["variant"] for key in map(str, range(60))}
    assert set(by_header.values()) == {"a", "b"}
    for key, variant in by_header.items():
        assert ask(server, tags={"user": key})["variant"] == variant
        assert ask(server, headers={"X-Kedge-Key": key}, tags={"user": "other"})["variant"] == variant
    server.restart()
    assert {key: ask(server, headers={"X-Kedge-Key": key})["variant"] for key in by_header} == by_header


def test_a_feature_may_be_the_key(serve):
    server = serve(AB.replace("user", "x"))
    for x in range(20):
        assert len({ask(server, x=x)["variant"] for _ in range(5)}) == 1
    assert len({ask(server, x=x)["variant"] for x in range(60)}) == 2


def test_shadows_answer_nobody_and_are_recorded(serve):
    server = serve("{{variants: [{{name: own}}, {{name: dark, path: {c}, version: '9', mode: shadow}}]}}")
    answers = [ask(server, x=i) for i in range(30)]
    assert all(answer["variant"] == "own" and answer["model_version"] == "1" for answer in answers)
    dark = wait_until(lambda: (got := variants(server)[1]["dark"])["requests"] == 30 and got, "the shadow's answers")
    assert dark["mode"] == "shadow" and dark["share"] == 0 and dark["mean_prediction"] == pytest.approx(200 + 14.5)
    rows = wait_until(
        lambda: len(found := server.sql('SELECT prediction_id, prediction FROM "m.dark"')) == 30 and found, "its events"
    )
    own = {answer["prediction_id"]: answer["prediction"] for answer in answers}
    assert {id_: float(value) for id_, value in rows} == {id_: value + 200 for id_, value in own.items()}


def test_a_canary_grows_and_ends(serve):
    server = serve("{{canary: {{path: {b}, version: '2', steps: [10, 60, 100], every: 0s, minimum: 5}}}}")

    def is_done():
        for _ in range(50):
            ask(server)
        return variants(server)[0]["canary"]["phase"] == "done"

    wait_until(is_done, "the last step")
    assert ask(server)["variant"] == "canary" and ask(server)["model_version"] == "2"
    assert 'model_canary_share{model_name="m"} 1' in server.get("/metrics").text
    assert variants(server)[1]["stable"]["share"] == 0


def test_a_canary_that_is_too_slow_goes_back(serve):
    server = serve(
        "{{canary: {{path: {b}, version: '2', steps: [50, 100], every: 1h, minimum: 5, rollback: {{latency_p99: 0s}}}}}}"
    )

    def is_back():
        for _ in range(20):
            ask(server)
        return variants(server)[0]["canary"]["phase"] == "rolled_back"

    wait_until(is_back, "the rollback")
    facts = variants(server)[0]["canary"]
    assert facts["rollbacks"] == 1 and "latency p99" in facts["reason"] and facts["share"] == 0
    assert {ask(server)["variant"] for _ in range(30)} == {"stable"}
    text = server.get("/metrics").text
    assert 'model_canary_rollbacks_total{model_name="m"} 1' in text and 'model_canary_share{model_name="m"} 0' in text


def test_a_reload_under_load_loses_no_request(serve):
    server = serve(AB)
    is_over, wrong, answered = threading.Event(), [], []

    def load():
        connection = server.connection()
        while not is_over.is_set():
            answer = ask_on(connection, "POST", "/predict", {"features": {"x": 1, "y": 0}})
            (answered if answer.status == 200 else wrong).append(answer)
        connection.close()

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    splits = [AB.replace("70", "1"), "{{variants: [{{name: only, path: {c}}}]}}", "{{capture: true}}", AB]
    for text in splits * 3:
        server.config.write_text(server.config_of(text))
        server.good("POST", "/-/reload")
        before = len(answered)
        wait_until(lambda: len(answered) > before + 20 or wrong, "more answers")
    is_over.set()
    for thread in threads:
        thread.join()
    assert not wrong and answered


def test_a_model_without_a_split_has_no_variants(serve):
    server = serve("{{capture: true}}")
    assert variants(server)[0] == {"model_name": "m", "variants": []}
    assert "variant" not in ask(server)
    assert server.get("/api/kedge/models/none/variants").status == 404


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("{{variants: [{{name: a}}], canary: {{path: {b}}}}}", "do not go together"),
        ("{{variants: [{{name: a, weigth: 1}}]}}", "weight"),
    ],
)
def test_mistakes_are_named(make_server, tmp_path, text, complaint):
    server = make_server(config="models: [{name: m, serve: " + text.format(b=linear(tmp_path / "b.json", 0)) + "}]\n")
    code, output = server.run_to_end()
    assert code != 0 and complaint in output
