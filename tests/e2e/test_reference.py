"""The data that events are compared with: as rows, CSV, Parquet or a form, every version kept."""

import io
import json

import pytest
from kedge_server import csv_of, rows_of, run


def versions(server, model):
    return [entry["version"] for entry in server.good("GET", f"/reference?model_name={model}")["references"]]


def rows_back(server, model, version="latest", folder=None):
    """The stored version as rows, read by kedge itself: the download is Parquet."""
    answer = server.get(f"/models/{model}/reference/{version}")
    assert answer.status == 200 and answer.body[:4] == b"PAR1" and answer.body[-4:] == b"PAR1", answer
    return answer.body


def form(fields, file_name, content, content_type):
    boundary = "----kedge7MA4YWxkTrZu0gW"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
        f"Content-Type: {content_type}\r\n\r\n".encode() + content + b"\r\n"
    )
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), {
        "Content-Type": f"multipart/form-data; boundary={boundary}"
    }


def parquet_of(rows):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow makes the Parquet file; pip install pyarrow")
    import pyarrow.parquet

    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), sink)
    return sink.getvalue()


ROWS = rows_of(30, seed=7)
SHAPES = [
    ("a list of rows", lambda: (ROWS, {})),
    ("rows in an object", lambda: ({"rows": ROWS}, {})),
    ("data in an object", lambda: ({"data": ROWS}, {})),
    ("columns and rows", lambda: ({"columns": list(ROWS[0]), "rows": [list(row.values()) for row in ROWS]}, {})),
    ("CSV", lambda: (csv_of(ROWS).encode(), {"Content-Type": "text/csv"})),
    ("CSV with semicolons", lambda: (csv_of(ROWS).replace(",", ";").encode(), {"Content-Type": "text/csv"})),
    ("JSON lines", lambda: ("\n".join(map(json.dumps, ROWS)).encode(), {"Content-Type": "application/x-ndjson"})),
    ("Parquet", lambda: (parquet_of(ROWS), {"Content-Type": "application/vnd.apache.parquet"})),
    ("Parquet without a type", lambda: (parquet_of(ROWS), {"Content-Type": "application/octet-stream"})),
    ("a form with CSV", lambda: form({}, "reference.csv", csv_of(ROWS).encode(), "text/csv")),
    (
        "a form with CSV of no type",
        lambda: form({}, "reference.csv", csv_of(ROWS).encode(), "application/octet-stream"),
    ),
    ("a form with Parquet", lambda: form({}, "r.parquet", parquet_of(ROWS), "application/octet-stream")),
]


@pytest.mark.parametrize("index", range(len(SHAPES)), ids=[why for why, _ in SHAPES])
def test_every_shape_gives_the_same_reference(shared, tmp_path, index):
    model = f"shape{index}"
    body, headers = SHAPES[index][1]()
    answer = shared.ask("POST", f"/models/{model}/reference", body, headers)
    assert answer.status == 201, answer
    assert (answer.json["version"], answer.json["rows"], answer.json["columns"], answer.json["model_name"]) == (
        1,
        30,
        4,
        model,
    )
    # Whatever it came as, it is no other data: nothing drifts, and every figure is the same.
    (tmp_path / "sent.csv").write_text(csv_of(ROWS))
    (tmp_path / "stored.parquet").write_bytes(rows_back(shared, model))
    status, out, err = run("check", tmp_path / "sent.csv", tmp_path / "stored.parquet", "--json")
    assert status == 0, err
    for column in json.loads(out)["columns"]:
        assert column["quality"]["reference"] == column["quality"]["current"], column["name"]


def test_the_form_may_name_the_model(shared):
    body, headers = form({"model_name": "of_form"}, "reference.csv", csv_of(ROWS).encode(), "text/csv")
    assert shared.good("POST", "/reference", body, headers)["model_name"] == "of_form"


def test_the_body_and_the_query_may_name_the_model(shared):
    assert shared.good("POST", "/reference", {"model_name": "of_body", "rows": ROWS})["model_name"] == "of_body"
    assert shared.good("POST", "/reference?model_name=of_query", ROWS)["model_name"] == "of_query"


def test_versions_are_kept_and_the_newest_counts(shared):
    shared.good("POST", "/models/v/reference", rows_of(20, seed=1))
    shared.good("POST", "/models/v/reference", rows_of(25, seed=2))
    assert sorted(versions(shared, "v")) == [1, 2]
    assert rows_back(shared, "v", 1) != rows_back(shared, "v", 2)
    assert rows_back(shared, "v") == rows_back(shared, "v", 2)
    shared.good("POST", "/models/v/capture/batch", [{"features": row, "prediction": 0} for row in rows_of(40)])
    newest = shared.good("POST", "/models/v/analyze", {})
    older = shared.good("POST", "/models/v/analyze", {"reference_version": 1})
    assert (newest["reference"]["rows"], older["reference"]["rows"]) == (25, 20)
    assert (newest["reference"]["version"], older["reference"]["version"]) == ("2", "1")


def test_the_same_rows_again_are_no_new_version(shared):
    first = shared.good("POST", "/models/same/reference", ROWS)
    again = shared.good("POST", "/models/same/reference", csv_of(ROWS).encode(), {"Content-Type": "text/csv"})
    assert (first["version"], again["version"]) == (1, 1) and first["content_hash"] == again["content_hash"]


def test_versions_survive_kill(server):
    server.good("POST", "/models/m/reference", rows_of(20, seed=1))
    server.good("POST", "/models/m/reference", rows_of(20, seed=2))
    stored = rows_back(server, "m", 1)
    server.kill()
    server.start()
    assert sorted(versions(server, "m")) == [1, 2] and rows_back(server, "m", 1) == stored


def test_a_configured_reference_is_loaded_once(make_server, tmp_path):
    (tmp_path / "ref.csv").write_text(csv_of(ROWS))
    server = make_server(config=f"models:\n  - name: wine\n    reference: {tmp_path}/ref.csv\n").start()
    assert versions(server, "wine") == [1]
    server.restart()
    assert versions(server, "wine") == [1]


@pytest.mark.parametrize(
    "why, body, headers, named",
    [
        ("broken JSON", b"[{", {}, ""),
        ("no rows", b"[]", {}, ""),
        ("an object in a cell", b'[{"a": {"b": 1}}]', {}, "a"),
        ("truncated Parquet", b"PAR1 and then nothing", {"Content-Type": "application/vnd.apache.parquet"}, ""),
        ("ragged CSV", b"a,b\n1,2\n3,4\n3\n4,5,6\n5,6\n7,8\n", {"Content-Type": "text/csv"}, ""),
        ("an unknown member", b'{"rows": [{"a": 1}], "colums": []}', {}, "colums"),
        (
            "a form without a file",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
            {"Content-Type": "multipart/form-data; boundary=x"},
            "file",
        ),
        (
            "a form that ends early",
            b"--x\r\nContent-Disposition: form-data",
            {"Content-Type": "multipart/form-data; boundary=x"},
            "",
        ),
    ],
)
def test_mistakes_are_named_and_store_nothing(shared, why, body, headers, named):
    model = "bad-" + why.replace(" ", "-")
    answer = shared.post(f"/models/{model}/reference", body, headers)
    assert answer.status in (400, 422) and named in answer.error[1], answer
    assert versions(shared, model) == []


def test_an_error_does_not_tell_paths_of_the_server(shared):
    answer = shared.post(
        "/models/badref/reference", b"PAR1 and then nothing", {"Content-Type": "application/vnd.apache.parquet"}
    )
    assert str(shared.data) not in answer.error[1]
    assert not list((shared.data / "uploads").glob("*")), "uploads do not stay behind"


@pytest.mark.parametrize("version", ["0", "-1", "99", "x", "1.5", "99999999999999999999"])
def test_a_version_that_is_not_there(shared, version):
    shared.good("POST", "/models/one/reference", ROWS)
    answer = shared.get(f"/models/one/reference/{version}")
    assert answer.status == 404 and answer.error[0] == "not_found", answer
