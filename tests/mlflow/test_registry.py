"""Registered models, versions, stages, aliases, tags: the registry's whole life with the real client."""

import pytest
from conftest import only_kedge
from mlflow.exceptions import MlflowException


@pytest.fixture
def model(client, unique):
    return client.create_registered_model(unique("model"), tags={"team": "risk"}, description="first").name


@pytest.fixture
def versions(client, model, run):
    """Three versions of the model, all of one run's artifacts."""
    source = f"{run.info.artifact_uri}/model"
    client.log_text(run.info.run_id, "not a model", "model/MLmodel")
    return [client.create_model_version(model, source, run.info.run_id).version for _ in range(3)]


def error_of(call, *arguments, **named):
    with pytest.raises(MlflowException) as refused:
        call(*arguments, **named)
    return refused.value.error_code, str(refused.value)


# ---- models ----


def test_a_model_is_read_back(client, model):
    seen = client.get_registered_model(model)
    assert (seen.name, seen.description, seen.tags) == (model, "first", {"team": "risk"})
    assert seen.latest_versions == [] and seen.last_updated_timestamp >= seen.creation_timestamp > 1_600_000_000_000


def test_a_name_is_given_once(client, model):
    code, text = error_of(client.create_registered_model, model)
    assert code == "RESOURCE_ALREADY_EXISTS" and "already exists" in text


@pytest.mark.parametrize("name", ["", "a/b", "a:b"])
def test_bad_names(client, name):
    assert error_of(client.create_registered_model, name)[0] == "INVALID_PARAMETER_VALUE"


def test_an_absent_model(client, unique):
    for call in (client.get_registered_model, client.delete_registered_model):
        code, text = error_of(call, unique("absent"))
        assert code == "RESOURCE_DOES_NOT_EXIST" and "not found" in text


def test_description_and_tags(client, model):
    assert client.update_registered_model(model, "second").description == "second"
    client.set_registered_model_tag(model, "k", "1")
    client.set_registered_model_tag(model, "k", "2")
    assert client.get_registered_model(model).tags == {"team": "risk", "k": "2"}
    client.delete_registered_model_tag(model, "k")
    client.delete_registered_model_tag(model, "k")
    assert client.get_registered_model(model).tags == {"team": "risk"}


def test_rename_takes_versions_and_aliases_along(client, model, versions, unique):
    other = unique("renamed")
    client.set_registered_model_alias(model, "champion", versions[1])
    client.rename_registered_model(model, other)
    assert error_of(client.get_registered_model, model)[0] == "RESOURCE_DOES_NOT_EXIST"
    assert client.get_model_version_by_alias(other, "champion").version == versions[1]
    assert len(client.search_model_versions(f"name = '{other}'")) == 3


def test_deletion_takes_versions_along(client, model, versions):
    client.delete_registered_model(model)
    assert error_of(client.get_model_version, model, versions[0])[0] == "RESOURCE_DOES_NOT_EXIST"
    client.create_registered_model(model)
    assert len(client.search_model_versions(f"name = '{model}'")) == 0


def test_search_models(client, unique):
    stem = unique("s")
    for i in range(6):
        client.create_registered_model(f"{stem}-{i}", tags={"i": str(i % 2), "stem": stem})

    def names(**how):
        return [m.name.rsplit("-", 1)[1] for m in client.search_registered_models(**how)]

    assert names(filter_string=f"name LIKE '{stem}%'") == list("012345")
    assert names(filter_string=f"name ILIKE '{stem.upper()}%'", order_by=["name DESC"]) == list("543210")
    assert names(filter_string=f"tags.stem = '{stem}' AND tags.i = '1'") == list("135")
    assert names(filter_string=f"name = '{stem}-2'") == ["2"]
    seen, token = [], None
    while True:
        page = client.search_registered_models(f"name LIKE '{stem}%'", max_results=4, page_token=token)
        seen += [m.name for m in page]
        token = page.token
        if not token:
            break
    assert len(seen) == len(set(seen)) == 6
    for bad in ["bogus = 'x'", "name > 'x'", "name = 3"]:
        assert error_of(client.search_registered_models, bad)[0] == "INVALID_PARAMETER_VALUE"


# ---- versions ----


def test_versions_count_up_and_are_never_used_again(client, model, versions, run):
    assert [int(v) for v in versions] == [1, 2, 3]
    client.delete_model_version(model, "3")
    assert error_of(client.get_model_version, model, "3")[0] == "RESOURCE_DOES_NOT_EXIST"
    assert int(client.create_model_version(model, f"{run.info.artifact_uri}/model", run.info.run_id).version) in (3, 4)


def test_a_version_is_read_back(client, model, versions, run):
    seen = client.get_model_version(model, versions[0])
    assert (seen.name, int(seen.version), seen.current_stage, seen.status) == (model, 1, "None", "READY")
    assert seen.run_id == run.info.run_id and seen.source == f"{run.info.artifact_uri}/model"
    assert client.get_model_version_download_uri(model, versions[0]) == seen.source
    client.update_model_version(model, versions[0], "words")
    client.set_model_version_tag(model, versions[0], "k", "v")
    seen = client.get_model_version(model, versions[0])
    assert (seen.description, seen.tags) == ("words", {"k": "v"})
    client.delete_model_version_tag(model, versions[0], "k")
    assert client.get_model_version(model, versions[0]).tags == {}


def test_a_version_that_is_no_number(client, model):
    code, text = error_of(client.get_model_version, model, "abc")
    assert code == "INVALID_PARAMETER_VALUE" and "must be an integer" in text


def test_stages(client, model, versions):
    moved = client.transition_model_version_stage(model, versions[0], "production")
    assert moved.current_stage == "Production"
    client.transition_model_version_stage(model, versions[1], "Production")
    assert {v.version for v in client.search_model_versions(f"name = '{model}'") if v.current_stage == "Production"} == set(versions[:2])
    client.transition_model_version_stage(model, versions[2], "Production", archive_existing_versions=True)
    stages = [client.get_model_version(model, v).current_stage for v in versions]
    assert stages == ["Archived", "Archived", "Production"]
    assert [v.version for v in client.get_latest_versions(model, ["Production"])] == [versions[2]]
    latest = {v.current_stage: v.version for v in client.get_latest_versions(model)}
    assert latest == {"Archived": versions[1], "Production": versions[2]}
    assert {v.current_stage for v in client.get_registered_model(model).latest_versions} == {"Archived", "Production"}
    code, text = error_of(client.transition_model_version_stage, model, versions[0], "Bogus")
    assert code == "INVALID_PARAMETER_VALUE" and "Invalid Model Version stage" in text


def test_aliases(client, model, versions):
    client.set_registered_model_alias(model, "champion", versions[0])
    client.set_registered_model_alias(model, "challenger", versions[1])
    assert client.get_model_version_by_alias(model, "champion").version == versions[0]
    client.set_registered_model_alias(model, "champion", versions[1])
    assert sorted(client.get_model_version(model, versions[1]).aliases) == ["challenger", "champion"]
    assert client.get_model_version(model, versions[0]).aliases == []
    assert client.get_registered_model(model).aliases == {"champion": versions[1], "challenger": versions[1]}
    client.delete_registered_model_alias(model, "champion")
    client.delete_registered_model_alias(model, "champion")
    code, text = error_of(client.get_model_version_by_alias, model, "champion")
    assert code == "INVALID_PARAMETER_VALUE" and "alias champion not found" in text
    assert error_of(client.set_registered_model_alias, model, "x", "99")[0] == "RESOURCE_DOES_NOT_EXIST"


@only_kedge
def test_a_deleted_version_takes_its_aliases_along(client, model, versions):
    client.set_registered_model_alias(model, "champion", versions[0])
    client.delete_model_version(model, versions[0])
    assert client.get_registered_model(model).aliases == {}


def test_search_versions(client, model, versions, run):
    client.set_model_version_tag(model, versions[1], "good", "yes")

    def found(filter_string, **how):
        return [int(v.version) for v in client.search_model_versions(filter_string, **how)]

    mine = f"name = '{model}'"
    assert sorted(found(mine)) == [1, 2, 3]
    assert found(mine, order_by=["version_number ASC"]) == [1, 2, 3]
    assert found(mine, order_by=["version_number DESC"]) == [3, 2, 1]
    assert found(f"{mine} AND tags.good = 'yes'") == [2]
    assert sorted(found(f"run_id = '{run.info.run_id}'")) == [1, 2, 3]
    assert sorted(found(f"run_id IN ('{run.info.run_id}', 'other')")) == [1, 2, 3]
    assert found(f"{mine} AND version_number > 2") == [3]
    assert sorted(found(f"source_path LIKE '{run.info.artifact_uri}%'")) == [1, 2, 3]
    page = client.search_model_versions(mine, max_results=2)
    assert len(page) == 2 and len(client.search_model_versions(mine, max_results=2, page_token=page.token)) == 1


@pytest.mark.parametrize("source", ["/etc/passwd", "file:///etc", "mlflow-artifacts:/1/../../etc", "mlflow-artifacts:/%2e%2e/x"])
def test_sources_outside_are_refused(client, model, source):
    assert error_of(client.create_model_version, model, source)[0] == "INVALID_PARAMETER_VALUE"


def test_a_version_of_an_absent_model(client, unique, run):
    code, _ = error_of(client.create_model_version, unique(), f"{run.info.artifact_uri}/model", run.info.run_id)
    assert code == "RESOURCE_DOES_NOT_EXIST"


def test_copying_a_version(client, model, versions, unique):
    copied = client.copy_model_version(f"models:/{model}/{versions[0]}", unique("copy"))
    assert copied.source == f"models:/{model}/{versions[0]}"
    uri = client.get_model_version_download_uri(copied.name, copied.version)
    assert uri == client.get_model_version_download_uri(model, versions[0])


def test_prompts_are_not_models(client, unique):
    if not hasattr(client, "get_prompt_version"):
        pytest.skip("this client knows no prompts")
    name = unique("prompt")
    client.register_prompt(name=name, template="Hello {{who}}")
    assert client.get_prompt_version(name, 1).template == "Hello {{who}}"
    assert name in [p.name for p in client.search_prompts(f"name = '{name}'")]
    assert name not in [m.name for m in client.search_registered_models(f"name = '{name}'")]
