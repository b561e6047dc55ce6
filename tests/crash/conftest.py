"""The servers of the end-to-end tests, for tests that end them the hard way."""

import importlib.util
import pathlib
import sys

E2E = pathlib.Path(__file__).resolve().parents[1] / "e2e"
sys.path.insert(0, str(E2E))

spec = importlib.util.spec_from_file_location("e2e_conftest", E2E / "conftest.py")
e2e_conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(e2e_conftest)

make_server, server = e2e_conftest.make_server, e2e_conftest.server
pytest_runtest_makereport = e2e_conftest.pytest_runtest_makereport
pytest_collection_modifyitems = e2e_conftest.pytest_collection_modifyitems
