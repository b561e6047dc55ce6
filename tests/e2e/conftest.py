"""Fixtures: servers that end with their test and show their log when it fails."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import kedge_server  # noqa: E402


def pytest_collection_modifyitems(config, items):
    if not os.access(kedge_server.KEDGE, os.X_OK):
        skip = pytest.mark.skip(reason=f"{kedge_server.KEDGE} is not built: make")
        for item in items:
            item.add_marker(skip)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for server in getattr(item, "kedge_servers", []):
            report.sections.append((f"the log of {server.folder.name}", server.log()[-6000:]))


def end(server):
    if server.is_running():
        server.process.kill()  # graceful ends have their own tests
        server.process.wait()


@pytest.fixture
def make_server(request, tmp_path):
    """make_server(config=..., arguments=[...], environment={...}): a server, not started yet."""
    servers = request.node.kedge_servers = []

    def make(**options):
        server = kedge_server.Server(tmp_path / f"server{len(servers)}", **options)
        servers.append(server)
        return server

    yield make
    for server in servers:
        end(server)


@pytest.fixture
def server(make_server):
    """One with defaults, running, all its own."""
    return make_server().start()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """One for all tests of a file that only look, or that use models of their own."""
    server = kedge_server.Server(tmp_path_factory.mktemp("shared")).start()
    yield server
    end(server)


@pytest.fixture
def shared(request, shared_server):
    request.node.kedge_servers = [shared_server]
    assert shared_server.is_running(), f"an earlier test ended the server:\n{shared_server.log()[-4000:]}"
    return shared_server
