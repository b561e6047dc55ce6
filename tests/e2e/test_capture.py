"""Predictions in: both shapes, batches, schemas that are closed or open, and identity by prediction_id."""

import pytest
from kedge_server import csv_of, events_of, in_threads, rows_of

WINE_FEATURES = [13.64, 3.1, 2.56, 15.2, 116.0, 2.7, 3.03, 0.17, 1.66, 5.1, 0.96, 3.36, 845.0]
WINE_NAMES = [
    "alcohol",
    "malic_acid",
    "ash",
    "alcalinity_of_ash",
    "magnesium",
    "total_phenols",
    "flavanoids",
    "nonflavanoid_phenols",
    "proanthocyanins",
    "color_intensity",
    "hue",
    "od280_od315",
    "proline",
]


def stored(server, model, columns="*"):
    return server.sql(f'SELECT {columns} FROM "{model}" ORDER BY prediction_id')


# why, body, what the row must be: (alcohol, hue, prediction)
SINGLE = [
    ("a map of features", {"features": dict(zip(WINE_NAMES, WINE_FEATURES)), "prediction": 1}),
    ("a list and its names", {"features": WINE_FEATURES, "feature_names": WINE_NAMES, "prediction": 1}),
    (
        "a prediction in a list, as pyfunc models answer",
        {"features": dict(zip(WINE_NAMES, WINE_FEATURES)), "prediction": [1]},
    ),
    ("names before the values", {"feature_names": WINE_NAMES, "features": WINE_FEATURES, "prediction": 1}),
]


@pytest.mark.parametrize("index", range(len(SINGLE)), ids=[why for why, _ in SINGLE])
def test_one_prediction(shared, index):
    model = f"single{index}"
    answer = shared.good("POST", "/capture", {**SINGLE[index][1], "model_name": model})
    assert (answer["status"], answer["stored"], answer["duplicates"]) == ("stored", 1, 0)
    assert answer["prediction_id"]
    (row,) = stored(shared, model, "prediction_id, model_version, alcohol, hue, proline, CAST(prediction AS DOUBLE)")
    assert row == [answer["prediction_id"], "1", 13.64, 0.96, 845.0, 1.0]


BATCHES = [
    ("a list of events", lambda events: events),
    ("events in an object", lambda events: {"events": events}),
    ("predictions in an object", lambda events: {"predictions": events}),
    (
        "rows with names",
        lambda events: {
            "feature_names": list(events[0]["features"]),
            "rows": [list(event["features"].values()) for event in events],
            "predictions": [event["prediction"] for event in events],
            "prediction_ids": [event["prediction_id"] for event in events],
        },
    ),
    (
        "features as rows, names behind them",
        lambda events: {
            "features": [list(event["features"].values()) for event in events],
            "feature_names": list(events[0]["features"]),
            "predictions": [event["prediction"] for event in events],
            "prediction_ids": [event["prediction_id"] for event in events],
        },
    ),
]


@pytest.mark.parametrize("index", range(len(BATCHES)), ids=[why for why, _ in BATCHES])
def test_many_predictions_arrive_the_same_in_every_shape(shared, index):
    model, events = f"batch{index}", events_of(50, seed=3)
    answer = shared.good("POST", f"/models/{model}/capture/batch", BATCHES[index][1](events))
    assert (answer["stored"], answer["duplicates"]) == (50, 0)
    rows = stored(shared, model, "prediction_id, alcohol, malic_acid, ash, color, CAST(prediction AS DOUBLE)")
    want = sorted([event["prediction_id"], *event["features"].values(), float(event["prediction"])] for event in events)
    assert rows == want


def test_a_list_without_names_takes_those_of_the_reference(shared):
    shared.good("POST", "/models/positional/reference", rows_of(20))
    shared.good(
        "POST",
        "/models/positional/capture",
        {"features": [13.5, 2.5, 2.2, "red"], "prediction": 1, "prediction_id": "p"},
    )
    assert stored(shared, "positional", "alcohol, malic_acid, ash, color") == [[13.5, 2.5, 2.2, "red"]]
    answer = shared.post("/models/positional/capture", {"features": [13.5, 2.5], "prediction": 1})
    assert answer.status == 422 and "2 values" in answer.error[1] and "4" in answer.error[1]


def test_what_comes_beside_features(shared):
    event = {
        "features": {"a": 1.5},
        "prediction": "yes",
        "prediction_id": "full",
        "model_name": "beside",
        "model_version": "7",
        "timestamp": "2026-03-01T12:00:00.25Z",
        "probabilities": {"yes": 0.75, "no": 0.25},
        "target": "no",
        "tags": {"region": "EU"},
        "latency_ms": 12.5,
    }
    shared.good("POST", "/capture", event)
    row = stored(
        shared,
        "beside",
        "prediction_id, model_version, CAST(epoch_us(timestamp) AS DOUBLE), prediction, target, "
        "probability_yes, probability_no, tag_region",
    )
    assert row == [["full", "7", 1772366400.25e6, "yes", "no", 0.75, 0.25, "EU"]]


@pytest.mark.parametrize(
    "stamp, us",
    [
        ("2026-03-01T12:00:00Z", 1772366400e6),
        ("2026-03-01T13:00:00+01:00", 1772366400e6),
        (1772366400, 1772366400e6),
        (1772366400.5, 1772366400.5e6),
        ("2025-11-19T12:00:00", 1763553600e6),
    ],
)
def test_time_of_an_event(shared, stamp, us):
    model = f"time{abs(hash(str(stamp))) % 10**9}"
    shared.good("POST", f"/models/{model}/capture", {"features": {"a": 1}, "prediction": 0, "timestamp": stamp})
    assert stored(shared, model, "CAST(epoch_us(timestamp) AS DOUBLE)") == [[us]]


def test_missing_values_stay_missing(shared):
    shared.good(
        "POST",
        "/models/gaps/capture/batch",
        [
            {"features": {"a": 1.0, "b": "x"}, "prediction": 1, "prediction_id": "1"},
            {"features": {"a": None, "b": None}, "prediction": None, "prediction_id": "2"},
            {"features": {"b": "y"}, "prediction": 0, "prediction_id": "3"},
        ],
    )
    assert stored(shared, "gaps", "a, b, CAST(prediction AS DOUBLE)") == [
        [1.0, "x", 1.0],
        [None, None, None],
        [None, "y", 0.0],
    ]


def test_texts_of_all_languages_come_back(shared):
    texts = ["żółć", "日本語", "🍷", 'quote" back\\slash', "line\nbreak", "tab\t", "a'b", "NULL", ""]
    shared.good(
        "POST",
        "/models/texts/capture/batch",
        [{"features": {"t": text}, "prediction": 1, "prediction_id": str(i)} for i, text in enumerate(texts)],
    )
    assert [row[0] for row in stored(shared, "texts", "t")] == texts


def test_numbers_keep_every_digit(shared):
    numbers = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 123456789.123456789, 2.0**53 - 1]
    shared.good(
        "POST",
        "/models/digits/capture/batch",
        [{"features": {"x": number}, "prediction": 1, "prediction_id": str(i)} for i, number in enumerate(numbers)],
    )
    assert [row[0] for row in stored(shared, "digits", "x")] == numbers


# ---- schemas ----


def test_a_closed_model_names_the_unknown_field_and_what_may_be_meant(shared):
    shared.good("POST", "/models/closed/reference", rows_of(20))
    answer = shared.post(
        "/models/closed/capture",
        {"features": {"alcohol": 13, "malic_acit": 2, "ash": 2, "color": "red"}, "prediction": 1},
    )
    assert answer.status == 422
    code, message = answer.error
    assert code == "invalid" and "features.malic_acit" in message and "did you mean malic_acid?" in message


def test_a_closed_model_names_the_event_of_a_batch_and_stores_nothing_of_it(shared):
    shared.good("POST", "/models/closedbatch/reference", rows_of(20))
    events = events_of(5)
    events[3]["features"]["sugar"] = 1
    answer = shared.post("/models/closedbatch/capture/batch", {"events": events})
    assert answer.status == 422 and "events[3].features.sugar" in answer.error[1]
    assert shared.good("GET", "/production-data?model_name=closedbatch")["rows"] == 0


def test_a_closed_model_names_an_unknown_member(shared):
    answer = shared.post("/models/members/capture", {"features": {"a": 1}, "predicton": 1})
    assert answer.status == 422 and "predicton" in answer.error[1] and "did you mean prediction?" in answer.error[1]


def test_without_a_reference_the_first_event_says_what_the_features_are(shared):
    shared.good("POST", "/models/first/capture", {"features": {"a": 1, "b": 2}, "prediction": 1})
    assert shared.post("/models/first/capture", {"features": {"a": 1, "c": 2}, "prediction": 1}).status == 422


def test_an_open_model_takes_new_features(make_server):
    server = make_server(config="models:\n  - name: grows\n    schema: open\n").start()
    server.good(
        "POST", "/capture", {"features": {"a": 1}, "prediction": 1, "prediction_id": "1", "note": "is not kept"}
    )
    server.good("POST", "/capture", {"features": {"a": 2, "b": "new"}, "prediction": 1, "prediction_id": "2"})
    assert stored(server, "grows", "a, b") == [[1.0, None], [2.0, "new"]]


def test_a_type_that_changes_is_refused_by_name(shared):
    shared.good("POST", "/models/typed/capture", {"features": {"size": 1.5}, "prediction": 1})
    answer = shared.post("/models/typed/capture", {"features": {"size": "large"}, "prediction": 1})
    assert answer.status == 422 and "size" in answer.error[1]


MISTAKES = [
    ("no JSON", b"{", "line 1 column 2"),
    ("an empty body", b"", ""),
    ("a number", b"3", ""),
    ("features are missing", b'{"prediction": 1}', "features"),
    ("features are a text", b'{"features": "x", "prediction": 1}', "features"),
    ("an object as a value", b'{"features": {"a": {"b": 1}}, "prediction": 1}', "features.a"),
    ("more names than values", b'{"features": [1], "feature_names": ["a", "b"], "prediction": 1}', ""),
    ("a time that is none", b'{"features": {"a": 1}, "prediction": 1, "timestamp": "yesterday"}', "timestamp"),
    ("a number beyond double", b'{"features": {"a": 1e999}, "prediction": 1}', "features.a"),
    ("rows of two lengths", b'{"feature_names": ["a", "b"], "rows": [[1, 2], [3]], "predictions": [1, 1]}', "row"),
    ("fewer predictions than rows", b'{"feature_names": ["a"], "rows": [[1], [3]], "predictions": [1]}', "predictions"),
    ("another model in the path", b'{"features": {"a": 1}, "prediction": 1, "model_name": "other"}', "other"),
    ("text behind the end", b'{"features": {"a": 1}, "prediction": 1} trailing', ""),
    ("a NaN, which is no JSON", b'{"features": {"a": NaN}, "prediction": 1}', ""),
]


@pytest.mark.parametrize("why, body, named", MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistakes_are_refused_and_named(shared, why, body, named):
    model = "mistaken-" + why.replace(" ", "-").replace(",", "")
    answer = shared.post(f"/models/{model}/capture", body, {"Content-Type": "application/json"})
    assert answer.status in (400, 422), answer
    assert named in answer.error[1]
    assert shared.good("GET", f"/production-data?model_name={model}")["rows"] == 0


def test_a_name_twice_counts_once_and_the_last_one_wins_as_json_parsers_do(shared):
    body = b'{"features": {"a": 1, "b": 5, "a": 2}, "prediction": 1}'
    assert shared.post("/models/twofold/capture", body, {"Content-Type": "application/json"}).status == 200
    assert stored(shared, "twofold", "a, b") == [[2.0, 5.0]]


# ---- identity ----


def test_the_same_prediction_twice_is_one(server):
    event = {"features": {"a": 1}, "prediction": 1, "prediction_id": "once"}
    assert server.good("POST", "/capture", event)["stored"] == 1
    again = server.good("POST", "/capture", {**event, "prediction": 0})
    assert (again["stored"], again["duplicates"], again["prediction_id"]) == (0, 1, "once")
    batch = server.good(
        "POST", "/capture/batch", [event, {**event, "prediction_id": "new"}, {**event, "prediction_id": "new"}]
    )
    assert (batch["stored"], batch["duplicates"]) == (1, 2)
    for end in ("term", "kill"):
        if end == "kill":
            server.kill()
            server.start()
        else:
            server.restart()
        assert server.good("POST", "/capture", event)["duplicates"] == 1
    rows = server.sql("SELECT prediction_id, CAST(prediction AS DOUBLE) FROM events ORDER BY 1")
    assert rows == [["new", 1.0], ["once", 1.0]], "the first one counts"


def test_the_same_id_in_two_models_is_two_predictions(shared):
    for model in ("twin_a", "twin_b"):
        assert (
            shared.good(
                "POST", f"/models/{model}/capture", {"features": {"a": 1}, "prediction": 1, "prediction_id": "x"}
            )["stored"]
            == 1
        )


def test_ids_that_nobody_gave_are_told_and_differ(shared):
    answer = shared.good(
        "POST", "/models/fresh/capture/batch", [{"features": {"a": i}, "prediction": i} for i in range(20)]
    )
    ids = answer["prediction_ids"]
    assert len(set(ids)) == 20
    rows = dict(stored(shared, "fresh", "prediction_id, a"))
    assert [rows[id_] for id_ in ids] == list(range(20)), "in the order of the request"


def test_numbers_as_ids_are_taken_as_written(shared):
    shared.good(
        "POST",
        "/models/numbered/capture",
        {"features": {"a": 1}, "prediction": 1, "prediction_id": 12345678901234567890},
    )
    assert stored(shared, "numbered", "prediction_id") == [["12345678901234567890"]]


def test_one_id_from_many_clients_at_once_is_stored_once(shared):
    answers = []

    def send(index):
        answers.append(
            shared.good(
                "POST", "/models/race/capture", {"features": {"a": index}, "prediction": 1, "prediction_id": "same"}
            )
        )

    in_threads(12, send)
    assert sum(answer["stored"] for answer in answers) == 1
    assert sum(answer["duplicates"] for answer in answers) == 11


def test_many_clients_at_once_lose_nothing(shared):
    def send(index):
        shared.good("POST", "/models/crowd/capture/batch", events_of(40, seed=index, prefix=f"c{index}-"))

    in_threads(16, send)
    assert shared.sql("SELECT count(*), count(DISTINCT prediction_id) FROM crowd") == [[640, 640]]


def test_a_reference_file_fits_what_is_captured(shared):
    """The reference came as CSV, the events as JSON: the same names, the same types."""
    shared.good("POST", "/models/mixed/reference", csv_of(rows_of(60)).encode(), {"Content-Type": "text/csv"})
    assert shared.good("POST", "/models/mixed/capture/batch", events_of(30))["stored"] == 30
