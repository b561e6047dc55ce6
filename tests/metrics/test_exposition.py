"""What Kedge exposes, read by the parsers that will read it: prometheus_client's two, and promtool.

The program that prints it comes from the build: EXPOSITION_SAMPLE names it, else the newest under build/ is taken.
"""
import math
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def sample_program():
    """That of the build folder in KEDGE_BUILD, else of build/release."""
    program = pathlib.Path(os.environ.get("KEDGE_BUILD", ROOT / "build/release")) / "src/metrics/exposition_sample"
    if not program.exists():
        pytest.skip(f"{program} is not built: make")
    return str(program)


def exposed(kind):
    return subprocess.run([sample_program(), kind], check=True, capture_output=True).stdout.decode("utf-8")


def check(families):
    samples = {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples}
    names = ["plain", 'quote"', "back\\slash", "new\nline", "ä€"]
    for i, name in enumerate(names):
        labels = (("endpoint", name), ("method", "GET"))
        assert samples[("api_requests_total", labels)] == i * 1234567.5
    drift = [samples[("drift_score", (("model_name", name),))] for name in names]
    assert drift[:4] == [0.30000000000000004, -1e300, 5e-324, math.inf] and math.isnan(drift[4])
    buckets = {dict(labels)["le"]: value for (name, labels), value in samples.items()
               if name == "api_request_latency_seconds_bucket"}
    assert float(buckets["0.0001"]) == 1 and float(buckets["+Inf"]) == 5
    assert samples[("api_request_latency_seconds_count", ())] == 5
    assert samples[("process_resident_memory_bytes", ())] > 0
    assert next(f for f in families if f.name == "drift_score").documentation == "Drift."
    assert next(f for f in families if f.name == "api_requests").documentation == 'Requests \\ "answered"\nso far.'


def test_text_format_is_read_by_prometheus_client():
    parser = pytest.importorskip("prometheus_client.parser")
    check(list(parser.text_string_to_metric_families(exposed("text"))))


def test_openmetrics_is_read_by_prometheus_client():
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    families = list(parser.text_string_to_metric_families(exposed("openmetrics")))
    check(families)
    assert next(f for f in families if f.name == "api_request_latency_seconds").unit == "seconds"


def test_promtool_finds_no_fault():
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    result = subprocess.run([promtool, "check", "metrics"], input=exposed("text").encode(), capture_output=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
