"""MLflow's model registry over plain HTTP: what a client of any language sees. The real clients are in tests/mlflow."""

import pytest

API = "/api/2.0/mlflow"


class Registry:
    """The calls, by method and path as the protocol has them."""

    def __init__(self, server):
        self.server = server

    def ask(self, method, path, **fields):
        if method == "GET":
            query = "&".join(f"{name}={value}" for name, value in fields.items())
            return self.server.ask("GET", f"{API}/{path}?{query}")
        return self.server.ask(method, f"{API}/{path}", fields)

    def good(self, method, path, **fields):
        answer = self.ask(method, path, **fields)
        assert answer.status == 200, (path, fields, answer)
        return answer.json

    def error(self, method, path, **fields):
        answer = self.ask(method, path, **fields)
        assert answer.status >= 400, (path, fields, answer)
        return answer.status, answer.json["error_code"], answer.json["message"]

    def version(self, name, source="s3://bucket/model", **fields):
        return self.good("POST", "model-versions/create", name=name, source=source, **fields)["model_version"]


@pytest.fixture
def registry(server):
    return Registry(server)


@pytest.fixture
def wine(registry):
    registry.good("POST", "registered-models/create", name="wine", tags=[{"key": "team", "value": "risk"}])
    for _ in range(3):
        registry.version("wine")
    return "wine"


def test_the_life_of_a_model(registry):
    made = registry.good("POST", "registered-models/create", name="wine", description="red")["registered_model"]
    assert made["name"] == "wine" and made["description"] == "red"
    assert made["creation_timestamp"] == made["last_updated_timestamp"] > 1_600_000_000_000
    assert registry.error("POST", "registered-models/create", name="wine")[:2] == (400, "RESOURCE_ALREADY_EXISTS")
    renamed = registry.good("POST", "registered-models/rename", name="wine", new_name="vino")["registered_model"]
    assert renamed["name"] == "vino"
    assert "description" not in registry.good("PATCH", "registered-models/update", name="vino")["registered_model"]
    assert registry.good("DELETE", "registered-models/delete", name="vino") == {}
    assert registry.error("GET", "registered-models/get", name="vino")[:2] == (404, "RESOURCE_DOES_NOT_EXIST")


def test_versions_are_text_and_ready(registry, wine):
    version = registry.version(wine, run_id="r1", tags=[{"key": "k", "value": "v"}])
    assert version["version"] == "4" and version["status"] == "READY" and version["current_stage"] == "None"
    assert version["run_id"] == "r1" and version["tags"] == [{"key": "k", "value": "v"}]
    assert registry.error("GET", "model-versions/get", name=wine, version="abc") == (
        400,
        "INVALID_PARAMETER_VALUE",
        "Parameter 'version' must be an integer, got 'abc'.",
    )


def test_stages_move_together(registry, wine):
    for version in "12":
        registry.good("POST", "model-versions/transition-stage", name=wine, version=version, stage="Production")
    registry.good(
        "POST", "model-versions/transition-stage", name=wine, version="3", stage="production", archive_existing_versions=True
    )
    found = registry.good("GET", "model-versions/search", filter="name%3D'wine'", order_by="version_number%20ASC")
    assert [v["current_stage"] for v in found["model_versions"]] == ["Archived", "Archived", "Production"]
    latest = registry.good("POST", "registered-models/get-latest-versions", name=wine, stages=["Production"])
    assert [v["version"] for v in latest["model_versions"]] == ["3"]
    assert "model_versions" not in registry.good("GET", "registered-models/get-latest-versions", name=wine, stages="Staging")
    status, code, text = registry.error(
        "POST",
        "model-versions/transition-stage",
        name=wine,
        version="3",
        stage="Archived",
        archive_existing_versions=True,
    )
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE") and "Active stage" in text


def test_aliases(registry, wine):
    registry.good("POST", "registered-models/alias", name=wine, alias="champion", version="1")
    registry.good("POST", "registered-models/alias", name=wine, alias="champion", version="2")
    found = registry.good("GET", "registered-models/alias", name=wine, alias="champion")["model_version"]
    assert found["version"] == "2" and found["aliases"] == ["champion"]
    assert registry.good("GET", "registered-models/alias", name=wine, alias="latest")["model_version"]["version"] == "3"
    registry.good("DELETE", "model-versions/delete", name=wine, version="2")
    assert registry.error("GET", "registered-models/alias", name=wine, alias="champion") == (
        400,
        "INVALID_PARAMETER_VALUE",
        "Registered model alias champion not found.",
    )
    assert registry.error("GET", "registered-models/alias", name="none", alias="x")[:2] == (404, "RESOURCE_DOES_NOT_EXIST")


def test_the_registry_outlives_its_process(server, registry, wine):
    registry.good("DELETE", "model-versions/delete", name=wine, version="3")
    registry.good("POST", "registered-models/alias", name=wine, alias="champion", version="1")
    server.restart()
    model = registry.good("GET", "registered-models/get", name=wine)["registered_model"]
    assert model["aliases"] == [{"alias": "champion", "version": "1"}]
    assert registry.version(wine)["version"] == "4", "a deleted number is not given again"


def test_where_the_files_of_a_version_are(registry, wine):
    made = registry.good("POST", "logged-models", experiment_id="0", name="clf")["model"]["info"]
    assert made["status"] == "LOGGED_MODEL_PENDING"
    assert made["artifact_uri"] == f"mlflow-artifacts:/0/models/{made['model_id']}/artifacts"
    version = registry.version(wine, source=f"models:/{made['model_id']}", model_id=made["model_id"])
    assert version["source"] == f"models:/{made['model_id']}" and version["model_id"] == made["model_id"]
    copy = registry.version(wine, source=f"models:/{wine}/{version['version']}")
    for one in (version, copy):
        where = registry.good("GET", "model-versions/get-download-uri", name=wine, version=one["version"])
        assert where == {"artifact_uri": made["artifact_uri"]}


def test_the_mirror_of_the_web_pages(server, wine):
    answer = server.get(f"/ajax-api/2.0/mlflow/registered-models/get?name={wine}")
    assert answer.status == 200 and answer.json["registered_model"]["name"] == wine


@pytest.mark.parametrize(
    "method, path, fields, names",
    [
        ("POST", "registered-models/create", {}, "'name'"),
        ("POST", "registered-models/create", {"name": 7}, "'name'"),
        ("POST", "registered-models/alias", {"name": "wine", "alias": "v1", "version": "1"}, "reserved"),
        ("POST", "model-versions/create", {"name": "wine"}, "'source'"),
        ("POST", "model-versions/create", {"name": "wine", "source": "/etc"}, "source"),
        ("GET", "registered-models/search", {"max_results": "0"}, "max_results"),
        ("GET", "registered-models/search", {"filter": "bogus%20%3D%20'x'"}, "bogus"),
        ("POST", "logged-models/search", {}, "experiment_ids"),
        ("POST", "logged-models", {"experiment_id": "x"}, "experiment"),
    ],
)
def test_mistakes_are_the_client_s(registry, wine, method, path, fields, names):
    status, code, text = registry.error(method, path, **fields)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE") and names in text, text
