"""Ground truth comes late, early, twice, and in lists."""

import pytest
from kedge_server import events_of


def truth(server, model):
    return dict(server.sql(f'SELECT prediction_id, CAST(target AS DOUBLE) FROM "{model}"'))


def test_a_label_after_its_event(shared):
    shared.good("POST", "/models/late/capture/batch", events_of(3))
    answer = shared.good("POST", "/models/late/labels", {"prediction_id": "e1", "target": 1})
    assert (answer["stored"], answer["matched"], answer["waiting"]) == (1, 1, 0)
    assert truth(shared, "late") == {"e0": None, "e1": 1.0, "e2": None}


def test_a_label_before_its_event_waits_for_it(server):
    answer = server.good("POST", "/models/early/labels", {"prediction_id": "e1", "target": 1})
    assert answer["stored"] == 1 and answer["waiting"] == 1
    server.restart()
    server.good("POST", "/models/early/capture/batch", events_of(3))
    assert truth(server, "early") == {"e0": None, "e1": 1.0, "e2": None}


def test_the_last_label_wins_also_over_the_events_own(shared):
    shared.good(
        "POST", "/models/twice/capture", {"features": {"a": 1}, "prediction": 1, "prediction_id": "x", "target": 5}
    )
    assert truth(shared, "twice") == {"x": 5.0}
    shared.good(
        "POST", "/models/twice/labels", [{"prediction_id": "x", "target": 6}, {"prediction_id": "x", "target": 7}]
    )
    assert truth(shared, "twice") == {"x": 7.0}


@pytest.mark.parametrize("shape", ["list", "object", "label_for_target"])
def test_shapes(shared, shape):
    model = f"labels_{shape}"
    shared.good("POST", f"/models/{model}/capture/batch", events_of(4))
    name = "label" if shape == "label_for_target" else "target"
    labels = [{"prediction_id": f"e{i}", name: i} for i in range(4)]
    body = {"labels": labels, "model_name": model} if shape == "object" else labels
    path = "/labels" if shape == "object" else f"/models/{model}/labels"
    answer = shared.good("POST", path, body)
    assert (answer["stored"], answer["matched"]) == (4, 4)
    assert truth(shared, model) == {f"e{i}": float(i) for i in range(4)}


def test_labels_survive_kill(server):
    server.good("POST", "/models/m/capture/batch", events_of(5))
    server.good(
        "POST", "/models/m/labels", [{"prediction_id": "e3", "target": 1}, {"prediction_id": "nobody", "target": 1}]
    )
    server.kill()
    server.start()
    assert truth(server, "m")["e3"] == 1.0
    server.good(
        "POST",
        "/models/m/capture",
        {"features": events_of(1)[0]["features"], "prediction": 0, "prediction_id": "nobody"},
    )
    assert truth(server, "m")["nobody"] == 1.0


@pytest.mark.parametrize(
    "why, body",
    [
        ("no id", {"target": 1}),
        ("no target", {"prediction_id": "a"}),
        ("a target of null", {"prediction_id": "a", "target": None}),
        ("an object as target", {"prediction_id": "a", "target": {}}),
        ("unknown member", {"prediction_id": "a", "target": 1, "wight": 2}),
        ("not an object", 3),
        ("one of many is wrong", [{"prediction_id": "a", "target": 1}, {"prediction_id": "b"}]),
    ],
)
def test_mistakes(shared, why, body):
    answer = shared.post("/models/wrong_labels/labels", body)
    assert answer.status == 422 and answer.error[0] == "invalid", answer


def test_an_unknown_member_is_named(shared):
    assert "wight" in shared.post("/labels", {"prediction_id": "a", "target": 1, "wight": 2}).error[1]


def test_model_quality_appears_when_labels_do(server):
    """Accuracy is known once the truth is: 3 of 4 predictions were right, by hand."""
    events = events_of(40)
    for i, event in enumerate(events):
        event["prediction"] = i % 2
    server.good(
        "POST",
        "/models/m/reference",
        [{**event["features"], "target": event["prediction"], "prediction": event["prediction"]} for event in events],
    )
    server.good("POST", "/models/m/capture/batch", events)
    labels = [
        {"prediction_id": event["prediction_id"], "target": event["prediction"] if i % 4 else 1 - event["prediction"]}
        for i, event in enumerate(events)
    ]
    server.good("POST", "/models/m/labels", labels)
    report = server.good("POST", "/models/m/analyze", {})
    assert report["classification"]["current"]["accuracy"] == 0.75
    assert report["classification"]["reference"]["accuracy"] == 1
