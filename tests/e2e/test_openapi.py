"""The documentation for programs: valid OpenAPI 3.1, complete, and true."""

import json
import pathlib
import re

import kedge_server
import pytest
from kedge_server import events_of, rows_of

# Every route of DESIGN section 4 that this server has.
WANTED = [
    "GET /",
    "GET /health",
    "GET /-/healthy",
    "GET /-/ready",
    "POST /-/reload",
    "POST /capture",
    "POST /capture/batch",
    "POST /labels",
    "GET /reference",
    "POST /reference",
    "POST /analyze",
    "GET /reports",
    "GET /reports/{report}",
    "DELETE /production-data",
    "GET /metrics",
    "GET /docs",
    "GET /openapi.json",
    "POST /models/{name}/capture",
    "POST /models/{name}/capture/batch",
    "POST /models/{name}/labels",
    "POST /models/{name}/reference",
    "POST /models/{name}/analyze",
    "GET /api/kedge/models",
    "GET /api/kedge/analyses",
    "GET /api/kedge/analyses/{id}",
    "GET /api/kedge/series",
    "POST /api/kedge/sql",
]


MODEL = pathlib.Path(__file__).resolve().parent / "models/document.json"
# Other protocols say errors in their own way, and have tests of their own.
OTHERS = ("MLflow", "MLflow scoring", "Open Inference Protocol")


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """With a model that takes what the document's examples give."""
    config = f"models:\n  - name: default\n    path: {MODEL}\n"
    server = kedge_server.Server(tmp_path_factory.mktemp("document"), config=config).start()
    yield server
    server.process.kill()
    server.process.wait()


@pytest.fixture(scope="module")
def shared(shared_server):
    return shared_server


@pytest.fixture(scope="module")
def document(shared_server):
    return shared_server.good("GET", "/openapi.json")


@pytest.fixture(scope="module")
def full(shared_server):
    """Something to find at every path."""
    server = shared_server
    server.good(
        "POST", "/reference", [{"alcohol": row["alcohol"], "malic_acid": row["malic_acid"]} for row in rows_of(60)]
    )
    server.good(
        "POST",
        "/capture/batch",
        [
            {
                "features": {"alcohol": e["features"]["alcohol"], "malic_acid": e["features"]["malic_acid"]},
                "prediction": e["prediction"],
                "prediction_id": e["prediction_id"],
            }
            for e in events_of(40)
        ],
    )
    report = server.good("POST", "/analyze", {})
    return {
        "name": server.good("GET", "/health")["model_name"],
        "version": "1",
        "id": str(report["analysis_id"]),
        "report": report["report"].removeprefix("/reports/"),
    }


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def test_a_validator_finds_nothing(document):
    validator = pytest.importorskip(
        "openapi_spec_validator", reason="openapi-spec-validator judges the document; pip install it"
    )
    validator.validate(document)


def test_it_is_3_1_and_complete(document):
    assert document["openapi"].startswith("3.1")
    found = {f"{method} {path}" for method, path, _ in operations(document)}
    assert not set(WANTED) - found


def test_every_operation_says_what_it_does(document):
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for method, path, operation in operations(document):
        assert operation["summary"].endswith(".") and operation["tags"], (method, path)
        in_path = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        assert "default" in operation["responses"] and any(code.startswith("2") for code in operation["responses"])


def test_references_within_the_document_lead_somewhere(document):
    for pointer in set(re.findall(r'"\$ref": ?"#/([^"]+)"', json.dumps(document))):
        node = document
        for part in pointer.split("/"):
            node = node[part]
        assert node


def fits(schema, value, document):
    """A small part of JSON Schema, as much as the document uses."""
    if "$ref" in schema:
        node = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        return fits(node, value, document)
    if "oneOf" in schema:
        return any(fits(one, value, document) for one in schema["oneOf"])
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return False
    if isinstance(value, dict):
        return set(schema.get("required", [])) <= set(value) and all(
            fits(inner, value[name], document) for name, inner in schema.get("properties", {}).items() if name in value
        )
    if isinstance(value, list):
        return all(fits(schema.get("items", {}), item, document) for item in value)
    return True


def ask_by_document(server, full, method, path, operation):
    filled = re.sub(r"{(\w+)}", lambda match: full.get(match[1], "x"), path)
    query = {"/api/kedge/series": "?result=drift_share", "/models/{name}/reference/{version}": ""}.get(path, "")
    body = operation.get("requestBody")
    example = next(iter(body["content"].values())).get("example") if body else None
    return server.ask(method, filled + query, example)


def test_every_route_answers_as_documented(shared, document, full):
    """With the body that the document gives as example, every route works and answers in the shape it promises."""
    seen = 0
    for method, path, operation in operations(document):
        if (method, path) in (("POST", "/-/reload"),) or method == "DELETE":
            continue  # the first has its own tests, deleting comes last
        if operation["tags"] == ["MLflow"] or "{stage}" in path or "{alias}" in path:
            continue  # these need a registry with something in it
        answer = ask_by_document(shared, full, method, path, operation)
        assert 200 <= answer.status < 300, (method, path, answer)
        documented = [code for code in operation["responses"] if code != "default"]
        assert str(answer.status) in documented, (method, path, answer.status, documented)
        content = operation["responses"][str(answer.status)]["content"]
        type_ = answer.headers["content-type"].split(";")[0]
        assert type_ in content, (method, path, type_, list(content))
        if type_ == "application/json":
            assert fits(content[type_].get("schema", {}), answer.json, document), (method, path, answer)
        seen += 1
    assert seen > 25
    for method, path, operation in operations(document):
        if method == "DELETE" and operation["tags"] != ["MLflow"]:
            assert ask_by_document(shared, full, method, path, operation).status == 200, path


def test_every_error_has_the_documented_shape(shared, document, full):
    schema = document["components"]["schemas"]["Error"]
    for method, path, operation in operations(document):
        if "requestBody" in operation and operation["tags"][0] not in OTHERS:
            answer = shared.ask(
                method,
                re.sub(r"{(\w+)}", lambda match: full.get(match[1], "x"), path),
                b"{",
                {"Content-Type": "application/json"},
            )
            assert 400 <= answer.status < 500, (method, path, answer)
            assert answer.error and fits(schema, answer.json, document)


def test_the_page_reads_this_document(shared):
    assert "openapi.json" in shared.get("/docs").text
