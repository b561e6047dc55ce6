"""Reports: the list for people and for programs, the page, the document."""

import json
import re

import pytest
from kedge_server import events_of, rows_of

EVIL = "</script><script>alert(1)</script>&amp;\"'"


@pytest.fixture(scope="module")
def reported(shared_server):
    shared_server.good("POST", "/models/wine/reference", [{**row, "note": EVIL} for row in rows_of(100)])
    shared_server.good(
        "POST",
        "/models/wine/capture/batch",
        [{**event, "features": {**event["features"], "note": EVIL}} for event in events_of(50, shift=1.0)],
    )
    return shared_server.good("POST", "/models/wine/analyze", {})


def test_the_list_for_programs(shared, reported):
    entries = shared.good("GET", "/reports?model_name=wine")["reports"]
    entry = next(entry for entry in entries if entry["analysis_id"] == reported["analysis_id"])
    assert entry["url"] == reported["report"] == "/reports/" + entry["name"]
    assert entry["model_name"] == "wine" and entry["drifted"] == reported["dataset_drift"]["drifted"]
    assert shared.good("GET", "/reports?model_name=nobody")["reports"] == []


def test_the_list_for_people(shared, reported):
    answer = shared.get("/reports", Accept="text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/html")
    assert f'href="{reported["report"]}"' in answer.text and "wine" in answer.text


def test_the_page_holds_the_document_and_runs_no_foreign_script(shared, reported):
    answer = shared.get(reported["report"])
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/html")
    page = answer.text
    assert "<script>alert(1)" not in page, "a value of the data became a script of the page"
    # The document is embedded as JSON, in which '<' is written \\u003c.
    found = [json.loads(text) for text in re.findall(r"<script[^>]*application/json[^>]*>(.*?)</script>", page, re.S)]
    documents = [document for document in found if isinstance(document, dict) and "dataset_drift" in document]
    assert len(documents) == 1
    want = {key: value for key, value in reported.items() if key not in ("analysis_id", "report")}
    assert documents[0] == want
    assert shared.get(reported["report"] + ".html").body == answer.body
    assert shared.good("GET", reported["report"] + ".json") == want


def test_the_page_is_small_and_needs_no_network(shared, reported):
    page = shared.get(reported["report"]).text
    assert len(page) < 1_000_000
    for mark in ('src="http', 'href="http', "@import", "url(http"):
        assert mark not in page


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "wine-1",
        "wine-20200101T000000Z-1",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "wine-99999999999999999999",
        "wine--1",
        "a" * 3000,
        "x.json",
        ".html",
        ".json",
    ],
)
def test_a_report_that_is_not_there(shared, reported, name):
    answer = shared.get(f"/reports/{name}")
    assert answer.status == 404 and answer.error[0] == "not_found", answer


def test_a_name_must_be_the_whole_name(shared, reported):
    wrong = reported["report"].replace("wine", "beer")
    assert shared.get(wrong).status == 404


def test_reports_survive_kill(server):
    server.good("POST", "/models/m/reference", rows_of(50))
    server.good("POST", "/models/m/capture/batch", events_of(40))
    link = server.good("POST", "/models/m/analyze", {})["report"]
    page = server.get(link).body
    server.kill()
    server.start()
    assert server.get(link).body == page
