"""`kedge check --methods all --json --compat evidently` against Evidently's ValueDrift, method by method.

Each case is one column of both sides: ties, constants, gaps, infinities, 1e300, few rows, few values, new categories,
integers, booleans. All cases of a kind of type go through one run of kedge (as columns of one table where their sizes
allow, else a table each). Where Evidently raises or gives NaN, kedge must give no score and a note, and still report.

The binary is that of the build folder in KEDGE_BUILD, else of build/release. Without it, or without evidently, the
tests are skipped.
"""

import json
import math
import subprocess
import warnings

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed")
pd = pytest.importorskip("pandas", reason="pandas is not installed")
pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pytest.importorskip("evidently", reason="evidently is not installed")

import built  # noqa: E402
from evidently import DataDefinition, Dataset, Report  # noqa: E402
from evidently.metrics import ValueDrift  # noqa: E402

NUM_METHODS = ["ks", "wasserstein", "jensenshannon", "kl_div", "psi", "hellinger", "ed", "anderson",
               "cramer_von_mises", "mannw", "t_test", "es"]  # empirical_mmd draws without a seed: see its own test
CAT_METHODS = ["jensenshannon", "kl_div", "psi", "hellinger", "chisquare", "z", "g_test", "fisher_exact"]

# Relative; where theirs is a series cut off, a table, or 1 - cdf, an absolute bound beside it.
RELATIVE = {"cramer_von_mises": 1e-6, "es": 1e-6, "anderson": 1e-6}
ABSOLUTE = {"z": 1e-15, "cramer_von_mises": 1e-6, "hellinger": 3e-8, "ks": 1e-14, "t_test": 1e-300}

# Where their number is an accident of floating point: overflow of a sum, the mean of 1e9 + noise to 1e-7, a singular
# covariance matrix whose pseudo-inverse is rounding.
THEIR_ROUNDING = {("1e300", "hellinger"), ("1e300", "t_test"), ("large offset", "t_test"), ("different constants", "es")}


def kedge_check(tmp_path, reference, current, *options):
    paths = [tmp_path / "reference.parquet", tmp_path / "current.parquet"]
    for frame, path in zip((reference, current), paths):
        frame.to_parquet(path, index=False)
    run = subprocess.run([built.kedge_binary(), "check", *map(str, paths), "--json", *options], capture_output=True, text=True)
    assert run.returncode in (0, 1), run.stderr
    return {column["name"]: column for column in json.loads(run.stdout)["columns"]}


def evidently_score(reference, current, kind, method=None):
    """Their score and drift verdict; None where they raise."""
    key = "numerical_columns" if kind == "num" else "categorical_columns"
    definition = DataDefinition(**{key: ["x"]})
    sides = [Dataset.from_pandas(pd.DataFrame({"x": side}), data_definition=definition) for side in (reference, current)]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            run = Report([ValueDrift(column="x", method=method)]).run(sides[1], sides[0])
            return float(run.dict()["metrics"][0]["value"])
        except Exception:
            return None


def cases():
    rng = np.random.default_rng(20240229)
    normal = rng.normal
    with_gaps = normal(size=300)
    with_gaps[::7] = np.nan
    with_inf = normal(size=300)
    with_inf[[5, 9]] = np.inf
    with_inf[17] = -np.inf
    with_inf[20] = np.nan
    words = np.array(["red", "green", "blue", "ochre"])
    num = {
        "normal": (normal(size=300), normal(0.3, 1, 250)),
        "same law": (normal(size=200), normal(size=200)),
        "power of two": (normal(size=128), normal(size=128)),
        "heavy tails": (rng.standard_cauchy(400), rng.standard_cauchy(300)),
        "ties": (rng.integers(0, 40, 300).astype(float), rng.integers(3, 45, 200).astype(float)),
        "integers": (rng.integers(0, 1000, 300), rng.integers(0, 1100, 300)),
        "integers, few": (rng.integers(0, 4, 300), rng.integers(0, 4, 200)),
        "two values": (rng.integers(0, 2, 100).astype(float), rng.integers(0, 2, 100).astype(float)),
        "few against many": (rng.integers(0, 5, 300).astype(float), normal(size=300)),
        "twenty values": (np.arange(200) % 20 * 1.5, np.arange(150) % 19 * 1.5),
        "twenty-one values": (np.arange(210) % 21 * 1.5, np.arange(150) % 19 * 1.5),
        "gaps": (with_gaps, normal(size=200)),
        "infinities": (with_inf, np.where(np.arange(300) % 50 == 3, np.nan, with_inf[::-1])),
        "constant reference": (np.full(100, 3.5), normal(3.5, 1, 100)),
        "both constant": (np.full(50, 2.0), np.full(40, 2.0)),
        "different constants": (np.full(50, 2.0), np.full(40, 3.0)),
        "1e300": (normal(size=200) * 1e300, normal(size=200) * 1e300),
        "1e150": (normal(size=200) * 1e150, normal(0.5, 1, size=200) * 1e150),
        "tiny scale": (normal(size=200) * 1e-7, normal(0.5, 1, 200) * 1e-7),
        "large offset": (normal(size=300) + 1e9, normal(0.2, 1, 300) + 1e9),
        "tiny sample": (normal(size=6), normal(size=5)),
        "one against many": (normal(size=1), normal(size=30)),
        "apart": (normal(size=300), normal(size=300) + 50),
        "over a thousand": (normal(size=1500), normal(0.1, 1, 1200)),
        "asymptotic": (normal(size=12000), normal(0.02, 1, 11000)),
    }
    cat = {
        "four words": (rng.choice(words, 300, p=[0.4, 0.3, 0.2, 0.1]), rng.choice(words, 300)),
        "unequal sides": (rng.choice(words, 300), rng.choice(words, 180)),
        "two words": (rng.choice(words[:2], 200), rng.choice(words[:2], 200, p=[0.3, 0.7])),
        "two words, unequal": (rng.choice(words[:2], 200), rng.choice(words[:2], 90, p=[0.3, 0.7])),
        "new category": (rng.choice(words[:3], 200), rng.choice(words, 200, p=[0.4, 0.3, 0.25, 0.05])),
        "vanished category": (rng.choice(words, 200), rng.choice(words[:3], 200)),
        "one word": (np.full(60, "red"), np.full(60, "red")),
        "one word each": (np.full(60, "red"), np.full(50, "blue")),
        "integers": (rng.integers(0, 6, 300), rng.integers(0, 6, 300)),
        "many": (rng.integers(0, 60, 2000).astype(str), rng.integers(0, 60, 1500).astype(str)),
        "rare": (np.array(["a"] * 12000 + ["b"] * 1), np.array(["a"] * 9000 + ["b"] * 900)),
        "booleans": (rng.random(150) < 0.5, rng.random(150) < 0.6),
        "gaps": (np.where(rng.random(200) < 0.1, None, rng.choice(words, 200)), rng.choice(words, 200)),
    }
    return [("num", name, *sides) for name, sides in num.items()] + [("cat", name, *sides) for name, sides in cat.items()]


CASES = cases()


def same(method, ours, theirs):
    if theirs == ours:
        return True
    return math.isclose(ours, theirs, rel_tol=RELATIVE.get(method, 1e-9), abs_tol=ABSOLUTE.get(method, 1e-14))


@pytest.mark.parametrize("kind,name,reference,current", CASES, ids=[f"{kind}: {name}" for kind, name, *_ in CASES])
def test_scores_are_evidentlys(tmp_path, kind, name, reference, current):
    sides = pd.DataFrame({"x": reference}), pd.DataFrame({"x": current})
    column = kedge_check(tmp_path, *sides, "--methods", "all", "--compat", "evidently", "--type", f"x={kind}")["x"]
    ours = {drift["method"]: drift for drift in column["drift"]}
    wrong = []
    for method in NUM_METHODS if kind == "num" else CAT_METHODS:
        if (name, method) in THEIR_ROUNDING:
            continue
        theirs, drift = evidently_score(reference, current, kind, method), ours[method]
        if theirs is None or math.isnan(theirs):
            # An answer where they have none is fine only if it comes without pretending to be theirs.
            if drift["score"] is not None and not answers_where_they_fail(method, name):
                wrong.append(f"{method}: {drift['score']}, Evidently has no answer")
            elif drift["score"] is None and not drift["note"]:
                wrong.append(f"{method}: no score and no note")
        elif drift["score"] is None or not same(method, drift["score"], theirs):
            wrong.append(f"{method}: {drift['score']}, Evidently says {theirs!r} ({drift['note']})")
    assert not wrong, "\n".join(wrong)


def answers_where_they_fail(method, name):
    """Cases that Evidently or SciPy refuse although the statistic has a value."""
    return name in ("1e300", "1e150", "one against many", "both constant", "different constants", "constant reference",
                    "infinities", "tiny sample", "one word", "one word each") or method == "es"


@pytest.mark.parametrize("kind,name,reference,current", CASES, ids=[f"{kind}: {name}" for kind, name, *_ in CASES])
def test_the_default_method_is_evidentlys(tmp_path, kind, name, reference, current):
    sides = pd.DataFrame({"x": reference}), pd.DataFrame({"x": current})
    drift = kedge_check(tmp_path, *sides, "--compat", "evidently", "--type", f"x={kind}")["x"]["drift"][0]
    theirs = evidently_score(reference, current, kind)
    if theirs is None or math.isnan(theirs):
        pytest.skip("Evidently has no default answer here")
    assert same(drift["method"], drift["score"], theirs), f"{drift['method']} {drift['score']} against {theirs}"


def test_tvd_is_drawn_as_they_draw_it(tmp_path):
    # Integer categories: their order does not depend on the hash seed of strings.
    rng = np.random.default_rng(3)
    reference, current = rng.integers(0, 3, 60), rng.integers(0, 4, 50)
    sides = pd.DataFrame({"x": reference}), pd.DataFrame({"x": current})
    column = kedge_check(tmp_path, *sides, "--methods", "all", "--compat", "evidently", "--type", "x=cat")["x"]
    ours = {drift["method"]: drift for drift in column["drift"]}["TVD"]["score"]
    assert ours == pytest.approx(evidently_score(reference, current, "cat", "TVD"), abs=0.02)


def test_mmd_agrees_within_the_noise_of_their_permutations(tmp_path):
    rng = np.random.default_rng(4)
    reference, current = rng.normal(size=120), rng.normal(0.25, 1, 100)
    sides = pd.DataFrame({"x": reference}), pd.DataFrame({"x": current})
    column = kedge_check(tmp_path, *sides, "--methods", "all", "--type", "x=num")["x"]
    ours = {drift["method"]: drift for drift in column["drift"]}["empirical_mmd"]["score"]
    theirs = np.mean([evidently_score(reference, current, "num", "empirical_mmd") for _ in range(5)])
    assert ours == pytest.approx(theirs, abs=0.12)


def test_types_are_inferred_as_theirs(tmp_path):
    rng = np.random.default_rng(5)
    table = pd.DataFrame({
        "float": rng.normal(size=200),
        "ten": np.arange(200) % 10,
        "eleven": np.arange(200) % 11,
        "word": rng.choice(list("abc"), 200),
        "sentence": [f"text number {i}" for i in range(200)],
        "flag": rng.random(200) < 0.5,
        "when": pd.date_range("2026-01-01", periods=200, freq="h"),
        "gappy": np.where(np.arange(200) % 9 == 0, np.nan, np.arange(200) % 4),
    })
    columns = kedge_check(tmp_path, table, table, "--compat", "evidently")
    dataset = Dataset.from_pandas(table)
    kinds = {"num": "Numerical", "cat": "Categorical", "bool": "Categorical", "text": "Text", "datetime": "Date"}
    for name in table:
        assert kinds[columns[name]["type"]].lower() in str(dataset.data_definition.get_column_type(name)).lower(), name


def test_dataset_drift_counts_as_theirs(tmp_path):
    from evidently.presets import DataDriftPreset

    rng = np.random.default_rng(6)
    reference = pd.DataFrame({f"c{i}": rng.normal(size=400) for i in range(6)} | {"w": rng.choice(list("abcd"), 400)})
    current = pd.DataFrame({f"c{i}": rng.normal(i * 0.1, 1, 350) for i in range(6)} | {"w": rng.choice(list("abcd"), 350)})
    counted = Report([DataDriftPreset()]).run(current, reference).dict()["metrics"][0]["value"]
    columns = kedge_check(tmp_path, reference, current)
    drifted = [column["drift"][0]["drifted"] for column in columns.values()]
    assert (sum(drifted), sum(drifted) / len(drifted)) == (counted["count"], pytest.approx(counted["share"]))
