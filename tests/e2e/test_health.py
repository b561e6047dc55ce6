"""Is it well, and what is it: what a person, a balancer and a dashboard ask first."""

import signal

from kedge_server import events_of


def test_root_names_the_service_and_its_doors(shared):
    root = shared.good("GET", "/")
    assert root["service"] == "kedge"
    for door in ("/docs", "/health", "/metrics", "/capture", "/analyze", "/reports", "/reference"):
        assert door in root["endpoints"]
        # A door that is named must lead somewhere: with GET, or with the method that it tells.
        answer = shared.get(door)
        assert answer.status == 200 or answer.status == 405 and "POST" in answer.headers["allow"], answer


def test_health_has_the_fields_that_existing_checks_read(shared):
    health = shared.good("GET", "/health")
    assert health["status"] == "healthy"
    assert isinstance(health["model_loaded"], bool) and isinstance(health["uptime_seconds"], float)
    assert {"model_name", "model_version"} <= set(health)
    assert health["store"]["status"] == "ok"


def test_health_knows_what_was_captured_and_whether_there_is_a_reference(server):
    before = server.good("GET", "/health")
    assert (before["production_data_count"], before["reference_loaded"], before["models"]) == (0, False, 0)
    server.good("POST", "/capture/batch", events_of(7))
    assert server.good("GET", "/health")["production_data_count"] == 7
    server.good("POST", "/reference", [event["features"] for event in events_of(9)])
    after = server.good("GET", "/health")
    assert (after["reference_loaded"], after["model_loaded"], after["models"]) == (True, True, 1)


def test_uptime_only_grows(shared):
    first = shared.good("GET", "/health")["uptime_seconds"]
    assert 0 <= first <= shared.good("GET", "/health")["uptime_seconds"]


def test_probes_of_balancers(shared):
    for path in ("/-/healthy", "/-/ready"):
        answer = shared.get(path)
        assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain"), answer


def test_head_is_get_without_a_body(shared):
    head, get = shared.ask("HEAD", "/-/healthy"), shared.get("/-/healthy")
    assert head.status == 200 and head.body == b""
    assert head.headers["content-length"] == get.headers["content-length"]


def test_pages_are_there_and_are_compressed_for_those_who_take_it(shared):
    for path in ("/docs", "/ui/"):
        plain, packed = shared.get(path), shared.get(path, Accept_Encoding="gzip")
        assert plain.status == 200 and plain.headers["content-type"].startswith("text/html"), plain
        assert b"<html" in plain.body[:4096]
        assert packed.headers.get("content-encoding") == "gzip" and len(packed.body) < len(plain.body)
        again = shared.get(path, If_None_Match=plain.headers["etag"])
        assert (again.status, again.body) == (304, b"")


def test_a_page_needs_nothing_from_another_host(shared):
    for path in ("/docs", "/ui/"):
        page = shared.get(path).text
        for mark in ('src="http', "src='http", 'href="http', "@import", "url(http"):
            assert mark not in page, f"{path} loads {page[page.index(mark):][:80]}"


def test_the_log_is_structured_and_tells_the_request(server):
    server.get("/health")
    server.stop(signal.SIGTERM)
    lines = [line for line in server.log().splitlines() if "path=/health" in line]
    assert lines and "status_code=200" in lines[0] and "took_ms=" in lines[0] and "level=info" in lines[0], server.log()
