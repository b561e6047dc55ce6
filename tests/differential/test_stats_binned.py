"""Binned and categorical statistics, correlations and model quality against SciPy, scikit-learn, pandas and Evidently.

Calls libkedge_stats through ctypes on random data of many shapes: ties, constants, few categories, new and vanished
ones, 1e300, denormals, sides of very different size. The seed of each case is its number, so a failure repeats.

The library is that of the build folder in KEDGE_BUILD, else of build/release. Where a package or the library is missing
the tests are skipped and say so.
"""

import ctypes
import math
import warnings

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed")
pd = pytest.importorskip("pandas", reason="pandas is not installed")
scipy_stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
sklearn_metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")

import built  # noqa: E402

BINS_MAX = 128
TOLERANCE = 1e-9

f64, u64, u32, u8, size = ctypes.c_double, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_uint8, ctypes.c_size_t
f64s, u64s, u32s, u8s = map(ctypes.POINTER, (f64, u64, u32, u8))


def struct(name, **fields):
    return type(name, (ctypes.Structure,), {"_fields_": list(fields.items())})


Bins = struct("Bins", edges=f64 * (BINS_MAX + 1), count=size)
Sample = struct("Sample", values=f64s, count=size)
ChiSquare = struct("ChiSquare", statistic=f64, df=f64, p=f64)
ProportionZ = struct("ProportionZ", z=f64, p=f64)
CodePair = struct("CodePair", reference=u32s, current=u32s, reference_count=size, current_count=size, categories=size)
Average = struct("Average", precision=f64, recall=f64, f1=f64)
Classification = struct(
    "Classification",
    rows=u64,
    accuracy=f64,
    balanced_accuracy=f64,
    matthews_correlation=f64,
    macro=Average,
    micro=Average,
    weighted=Average,
)
ClassQuality = struct(
    "ClassQuality",
    true_positives=u64,
    false_positives=u64,
    false_negatives=u64,
    true_negatives=u64,
    precision=f64,
    recall=f64,
    f1=f64,
)
Scores = struct("Scores", positives=f64s, negatives=f64s, positive_count=size, negative_count=size)
CurvePoint = struct("CurvePoint", x=f64, y=f64, threshold=f64)
CalibrationBin = struct("CalibrationBin", count=u64, positives=u64, mean_probability=f64, positive_share=f64)
Regression = struct(
    "Regression",
    rows=size,
    mean_error=f64,
    error_std=f64,
    mean_abs_error=f64,
    abs_error_std=f64,
    rmse=f64,
    r2=f64,
    max_abs_error=f64,
    mape_percent=f64,
    abs_percent_error_std=f64,
    zero_targets=size,
)
Dummy = struct("Dummy", mean_abs_error=f64, rmse=f64, mape_percent=f64)
Normality = struct("Normality", skewness=f64, excess_kurtosis=f64, statistic=f64, p=f64)
QqPoint = struct("QqPoint", theoretical=f64, observed=f64)
ErrorBias = struct("ErrorBias", under=f64, over=f64, majority=f64, overall=f64, range_percent=f64)

PROTOTYPES = {
    "stats_bins_sturges": (Bins, f64, f64, size, ctypes.c_bool),
    "stats_bins_sturges_sorted": (Bins, Sample, Sample, ctypes.c_bool),
    "stats_bins_count_sorted": (None, ctypes.POINTER(Bins), Sample, u64s),
    "stats_bins_count": (None, ctypes.POINTER(Bins), f64s, size, u64s),
    "stats_distinct_up_to": (size, Sample, size),
    "stats_distinct_union": (size, Sample, Sample),
    "stats_bins_distinct": (size, Sample, Sample, size, f64s, u64s, u64s),
    "stats_psi": (f64, u64s, u64s, size),
    "stats_kl_divergence": (f64, u64s, u64s, size),
    "stats_jensen_shannon": (f64, u64s, u64s, size),
    "stats_hellinger": (f64, u64s, u64s, size),
    "stats_hellinger_density": (f64, ctypes.POINTER(Bins), u64s, u64s),
    "stats_total_variation": (f64, u64s, u64s, size),
    "stats_total_variation_p": (f64, u64s, u64s, size, u32, u64),
    "stats_total_variation_p_numpy": (f64, ctypes.POINTER(CodePair), u32, u32s, f64s),
    "stats_chi_square_fit": (ChiSquare, u64s, u64s, size),
    "stats_chi_square_homogeneity": (ChiSquare, u64s, u64s, size),
    "stats_chi_square_table": (ChiSquare, u64s, size, size),
    "stats_g_test_fit": (ChiSquare, u64s, u64s, size),
    "stats_g_test_fit_unscaled": (ChiSquare, u64s, u64s, size),
    "stats_g_test_homogeneity": (ChiSquare, u64s, u64s, size),
    "stats_proportion_z_test": (ProportionZ, u64, u64, u64, u64),
    "stats_fisher_exact_2x2": (f64, u64, u64, u64, u64),
    "stats_fisher_exact": (f64, u64s, size, size, u64),
    "stats_cramers_v": (f64, u64s, size, size),
    "stats_noncentral_chi_square_sf": (f64, f64, f64, f64),
    "stats_pearson": (f64, f64s, f64s, size),
    "stats_pearson_matrix_scratch": (size, size),
    "stats_pearson_matrix": (None, ctypes.POINTER(f64s), size, size, f64s, f64s),
    "stats_spearman": (f64, f64s, u32s, f64s, u32s, size, f64s),
    "stats_kendall_tau": (f64, f64s, u32s, f64s, size, f64s),
    "stats_confusion": (size, u32s, u32s, size, size, u64s),
    "stats_classification_of": (Classification, u64s, size),
    "stats_class_quality_of": (ClassQuality, u64s, size, size),
    "stats_scores_sort": (Scores, f64s, u8s, size, f64s),
    "stats_roc_auc": (f64, ctypes.POINTER(Scores)),
    "stats_roc_auc_macro": (f64, ctypes.POINTER(f64s), u32s, size, size, f64s),
    "stats_average_precision": (f64, ctypes.POINTER(Scores)),
    "stats_roc_curve": (size, ctypes.POINTER(Scores), size, ctypes.POINTER(CurvePoint)),
    "stats_pr_curve": (size, ctypes.POINTER(Scores), size, ctypes.POINTER(CurvePoint)),
    "stats_log_loss": (f64, ctypes.POINTER(f64s), u32s, size, size),
    "stats_log_loss_binary": (f64, f64s, u8s, size),
    "stats_brier_score": (f64, f64s, u8s, size),
    "stats_calibration_bins": (None, f64s, u8s, size, size, ctypes.POINTER(CalibrationBin)),
    "stats_regression_of": (Regression, f64s, f64s, size),
    "stats_mape_evidently": (f64, f64s, f64s, size, ctypes.c_int),
    "stats_regression_dummy_of": (Dummy, Sample),
    "stats_error_bias_of": (ErrorBias, f64s, f64s, size, f64, f64),
    "stats_jarque_bera": (Normality, f64s, size),
    "stats_qq_normal": (size, Sample, size, ctypes.POINTER(QqPoint)),
    "stats_adjust_p": (None, ctypes.c_int, f64s, size, u32s, f64s),
}


def load_library():
    library = built.stats_library()
    for name, (result, *arguments) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


LIB = load_library()


def pointer(array):
    return array.ctypes.data_as(ctypes.POINTER(np.ctypeslib.as_ctypes_type(array.dtype)))


def doubles(values):
    return np.ascontiguousarray(values, dtype=np.float64)


def sorted_sample(values):
    """A sample and the array that keeps its memory alive."""
    array = np.sort(doubles(values))
    return Sample(pointer(array), len(array)), array


def near(got, want, relative=TOLERANCE, absolute=0.0):
    if math.isnan(want):
        return math.isnan(got)
    return got == want or abs(got - want) <= max(relative * max(abs(got), abs(want)), absolute)


def check(got, want, why, relative=TOLERANCE, absolute=0.0):
    assert near(got, want, relative, absolute), f"{why}: got {got!r}, want {want!r}"


def evidently():
    module = pytest.importorskip("evidently.legacy.calculations.stattests", reason="evidently is not installed")
    from evidently.legacy.core import ColumnType

    return module, ColumnType


# Columns of numbers

NUMERIC_SHAPES = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy tail": lambda rng, n: rng.standard_cauchy(size=n),
    "ties": lambda rng, n: np.round(rng.normal(size=n) * 10) / 4,
    "integers": lambda rng, n: rng.integers(-50, 50, size=n),
    "few values": lambda rng, n: rng.integers(0, 7, size=n).astype(float),
    "1e300": lambda rng, n: rng.normal(size=n) * 1e300,
    "tiny": lambda rng, n: rng.normal(size=n) * 1e-300,
    "large offset": lambda rng, n: 1e15 + rng.integers(0, 400, size=n).astype(float),
    "constant": lambda rng, n: np.full(n, 3.25),
    "powers of two": lambda rng, n: np.ldexp(1.0, rng.integers(-8, 9, size=n)),
}


def numeric_case(case):
    rng = np.random.default_rng(case)
    name = list(NUMERIC_SHAPES)[case % len(NUMERIC_SHAPES)]
    sizes = rng.choice([2, 5, 21, 64, 100, 256, 777, 2048], size=2)
    draw = NUMERIC_SHAPES[name]
    reference, current = draw(rng, sizes[0]), draw(rng, sizes[1])
    if case % 3 == 0 and name in ("normal", "ties"):
        current = current + 0.7
    return name, reference, current


def numeric_counts(reference, current):
    """Counts as Evidently bins them, by our kernels; equal-width bins are counted both ways."""
    r, r_array = sorted_sample(reference)
    c, c_array = sorted_sample(current)
    if LIB.stats_distinct_up_to(r, 21) <= 20:
        capacity = len(r_array) + len(c_array)
        counts = np.zeros((2, capacity), np.uint64)
        used = LIB.stats_bins_distinct(r, c, capacity, None, pointer(counts[0]), pointer(counts[1]))
        return np.ascontiguousarray(counts[:, :used]), None
    bins = LIB.stats_bins_sturges_sorted(r, c, bool(np.issubdtype(reference.dtype, np.integer)))
    counts, unsorted = np.zeros((2, bins.count), np.uint64), np.zeros((2, bins.count), np.uint64)
    for side, (sample, raw) in enumerate(((r, doubles(reference)), (c, doubles(current)))):
        LIB.stats_bins_count_sorted(bins, sample, pointer(counts[side]))
        LIB.stats_bins_count(bins, pointer(raw), len(raw), pointer(unsorted[side]))
    assert (counts == unsorted).all(), "counting sorted and unsorted columns must agree"
    return counts, bins


@pytest.mark.parametrize("case", range(200))
def test_edges_and_counts_equal_numpy(case):
    name, reference, current = numeric_case(case)
    pooled = np.concatenate([reference, current])
    edges = np.histogram_bin_edges(pooled, bins="sturges")
    r, keep_r = sorted_sample(reference)
    c, keep_c = sorted_sample(current)
    bins = LIB.stats_bins_sturges_sorted(r, c, bool(np.issubdtype(pooled.dtype, np.integer)))
    assert bins.count == len(edges) - 1, name
    assert list(bins.edges[: bins.count + 1]) == list(edges), name
    counts = np.zeros(bins.count, np.uint64)
    for values, sample in ((reference, r), (current, c)):
        LIB.stats_bins_count_sorted(bins, sample, pointer(counts))
        assert (counts == np.histogram(values, edges)[0]).all(), name
    assert LIB.stats_distinct_union(r, c) == len(np.unique(pooled)), name


@pytest.mark.parametrize("case", range(200))
def test_divergences_of_numbers_equal_evidently(case):
    stattests, ColumnType = evidently()
    name, reference, current = numeric_case(case)
    counts, _ = numeric_counts(reference, current)
    arguments = (pointer(counts[0]), pointer(counts[1]), counts.shape[1])
    series = lambda: (pd.Series(reference), pd.Series(current), ColumnType.Numerical, 0.1)
    check(LIB.stats_psi(*arguments), stattests.psi_stat_test.func(*series())[0], name, absolute=1e-15)
    check(LIB.stats_kl_divergence(*arguments), stattests.kl_div_stat_test.func(*series())[0], name, absolute=1e-15)
    # The square root turns rounding of 1e-16 into 1e-8 near 0, so squares are compared; the same for Hellinger.
    want = stattests.jensenshannon_stat_test.func(*series())[0]
    check(LIB.stats_jensen_shannon(*arguments) ** 2, want**2, name, absolute=1e-15)


@pytest.mark.parametrize("case", range(200))
def test_hellinger_of_numbers_equals_evidently(case):
    stattests, ColumnType = evidently()
    name, reference, current = numeric_case(case)
    r, keep_r = sorted_sample(reference)
    c, keep_c = sorted_sample(current)
    distinct = LIB.stats_distinct_union(r, c)
    low, high = min(keep_r[0], keep_c[0]), max(keep_r[-1], keep_c[-1])
    bins = LIB.stats_bins_sturges(low, high, distinct, bool(np.issubdtype(reference.dtype, np.integer)))
    counts = np.zeros((2, bins.count), np.uint64)
    LIB.stats_bins_count_sorted(bins, r, pointer(counts[0]))
    LIB.stats_bins_count_sorted(bins, c, pointer(counts[1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = stattests.hellinger_stat_test.func(pd.Series(reference), pd.Series(current), ColumnType.Numerical, 0.1)[
            0
        ]
    if name in ("1e300", "tiny"):
        return  # Evidently multiplies two densities, which under- or overflows there; ours is checked by scale below
    check(LIB.stats_hellinger_density(bins, pointer(counts[0]), pointer(counts[1])) ** 2, want**2, name, absolute=2e-15)


def test_hellinger_does_not_depend_on_scale():
    rng = np.random.default_rng(5)
    base = rng.normal(size=300), rng.normal(size=200) + 0.5
    distances = []
    for exponent in (0, 900, -900):
        reference, current = np.ldexp(base[0], exponent), np.ldexp(base[1], exponent)
        counts, bins = numeric_counts(reference, current)
        distances.append(LIB.stats_hellinger_density(bins, pointer(counts[0]), pointer(counts[1])))
    assert distances[0] > 0.1 and distances[1] == distances[0] and distances[2] == distances[0]


# Columns of categories


def category_case(case):
    rng = np.random.default_rng(1000 + case)
    categories = int(rng.choice([1, 2, 2, 3, 5, 12, 40]))
    shares = rng.dirichlet(np.full(categories, 2.0))
    other = shares if case % 2 else rng.dirichlet(np.full(categories, 2.0))
    sizes = rng.choice([1, 10, 60, 300, 1500], size=2)
    if case % 4 == 0:
        sizes[1] = sizes[0]
    reference = rng.choice(categories, p=shares, size=sizes[0])
    current = rng.choice(categories, p=other, size=sizes[1])
    if case % 5 == 0:
        current[0] = categories  # a new category
    return reference, current


def category_counts(reference, current):
    union = np.unique(np.concatenate([reference, current]))
    counts = np.array([[np.sum(side == value) for value in union] for side in (reference, current)], np.uint64)
    return counts, (pointer(counts[0]), pointer(counts[1]), len(union))


def as_text(codes):
    return pd.Series([f"c{code:03}" for code in codes])


@pytest.mark.parametrize("case", range(200))
def test_divergences_of_categories_equal_evidently(case):
    stattests, ColumnType = evidently()
    reference, current = category_case(case)
    counts, arguments = category_counts(reference, current)
    series = lambda: (as_text(reference), as_text(current), ColumnType.Categorical, 0.1)
    for ours, theirs in (
        (LIB.stats_psi, stattests.psi_stat_test),
        (LIB.stats_kl_divergence, stattests.kl_div_stat_test),
    ):
        check(ours(*arguments), theirs.func(*series())[0], theirs.name, absolute=1e-14)
    for ours, theirs in (
        (LIB.stats_jensen_shannon, stattests.jensenshannon_stat_test),
        (LIB.stats_hellinger, stattests.hellinger_stat_test),
    ):
        check(ours(*arguments) ** 2, theirs.func(*series())[0] ** 2, theirs.name, absolute=2e-15)


@pytest.mark.parametrize("case", range(200))
def test_tests_of_categories_equal_evidently(case):
    stattests, ColumnType = evidently()
    reference, current = category_case(case)
    counts, arguments = category_counts(reference, current)
    series = lambda: (as_text(reference), as_text(current), ColumnType.Categorical, 0.05)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(
            LIB.stats_chi_square_fit(*arguments).p,
            stattests.chi_stat_test.func(*series())[0],
            "chisquare",
            absolute=1e-300,
        )
        hits = [int(side[1:].sum()) for side in counts]
        ours = LIB.stats_proportion_z_test(hits[0], len(reference), hits[1], len(current))
        # 2 * (1 - cdf) keeps 1e-16 of absolute accuracy; ours is better, so that is all that can be compared.
        check(ours.p, float(stattests.z_stat_test.func(*series())[0]), "z", absolute=3e-16)
        if len(reference) == len(current):
            check(
                LIB.stats_g_test_fit_unscaled(*arguments).p,
                stattests.g_test.func(*series())[0],
                "g_test",
                absolute=1e-300,
            )
        else:
            assert math.isnan(LIB.stats_g_test_fit_unscaled(*arguments).p)
            with pytest.raises(ValueError):
                stattests.g_test.func(*series())


@pytest.mark.parametrize("case", range(200))
def test_chi_square_and_g_equal_scipy(case):
    reference, current = category_case(case)
    counts, arguments = category_counts(reference, current)
    expected = counts[0] * (counts[1].sum() / counts[0].sum())
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for ours, kind in ((LIB.stats_chi_square_fit, "pearson"), (LIB.stats_g_test_fit, "log-likelihood")):
            want = scipy_stats.power_divergence(counts[1].astype(float), expected, lambda_=kind)
            got = ours(*arguments)
            check(got.statistic, want.statistic, kind, absolute=1e-12)
            check(got.p, want.pvalue, kind, absolute=1e-300)
        for ours, kind in (
            (LIB.stats_chi_square_homogeneity, "pearson"),
            (LIB.stats_g_test_homogeneity, "log-likelihood"),
        ):
            got = ours(*arguments)
            want = scipy_stats.chi2_contingency(counts, correction=False, lambda_=kind)
            check(got.statistic, want.statistic, kind, absolute=1e-12)
            check(got.p, want.pvalue if want.dof else math.nan, kind, absolute=1e-300)


@pytest.mark.parametrize("case", range(300))
def test_fisher_2x2_equals_scipy(case):
    rng = np.random.default_rng(2000 + case)
    table = rng.integers(0, int(rng.choice([4, 20, 300, 20000])), size=4)
    if case % 3 == 0:
        table[3] = table[0] + table[1] - table[2] if table[0] + table[1] >= table[2] else table[3]  # equal sides
    want = scipy_stats.fisher_exact(table.reshape(2, 2))[1]
    # SciPy sums a cumulative distribution; its own error grows with the table (spec: the far tail does not reproduce).
    check(LIB.stats_fisher_exact_2x2(*map(int, table)), want, table.tolist(), relative=1e-9, absolute=1e-15)


@pytest.mark.parametrize("case", range(40))
def test_fisher_tables_equal_2x2_and_scipy(case):
    rng = np.random.default_rng(2500 + case)
    if case < 20:
        table = rng.integers(0, 40, size=(2, 2)).astype(np.uint64)
        want = LIB.stats_fisher_exact_2x2(*map(int, table.ravel()))
    else:
        table = rng.integers(0, 4, size=(2, 3)).astype(np.uint64)
        want = fisher_by_enumeration(table.astype(int))
    got = LIB.stats_fisher_exact(pointer(table), *table.shape, 10**8)
    check(got, want, table.tolist(), absolute=1e-15)


def fisher_by_enumeration(table):
    """All 2 x 3 tables with these margins, in exact rational arithmetic."""
    from fractions import Fraction

    columns, first = table.sum(axis=0), int(table[0].sum())
    weight = lambda row: math.prod(math.comb(int(c), int(x)) for c, x in zip(columns, row))
    rows = [
        (i, j, first - i - j)
        for i in range(columns[0] + 1)
        for j in range(columns[1] + 1)
        if 0 <= first - i - j <= columns[2]
    ]
    observed, total = weight(table[0]), sum(map(weight, rows))
    return float(Fraction(sum(w for w in map(weight, rows) if w <= observed), total))


@pytest.mark.parametrize("case", range(30))
def test_fisher_equals_evidently(case):
    stattests, ColumnType = evidently()
    rng = np.random.default_rng(3000 + case)
    n = int(rng.integers(2, 300))
    reference, current = rng.integers(0, 2, size=n), (rng.random(n) < 0.6).astype(int)
    want = stattests.fisher_exact_test.func(pd.Series(reference), pd.Series(current), ColumnType.Categorical, 0.1)[0]
    got = LIB.stats_fisher_exact_2x2(
        int(current.sum()), int(n - current.sum()), int(reference.sum()), int(n - reference.sum())
    )
    check(got, want, n)


@pytest.mark.parametrize("case", range(12))
def test_permutation_p_equals_evidently_number_for_number(case):
    stattests, ColumnType = evidently()
    rng = np.random.default_rng(4000 + case)
    categories = int(rng.choice([2, 3, 5, 9, 20]))
    # Small whole numbers come out of Python's set in ascending order, so the order of categories is known.
    reference = rng.integers(0, categories, size=int(rng.integers(20, 60)))
    current = np.minimum(rng.integers(0, categories + 1, size=int(rng.integers(20, 60))), categories - 1)
    codes = {value: code for code, value in enumerate(sorted(set(reference) | set(current)))}
    sides = [np.array([codes[value] for value in side], np.uint32) for side in (reference, current)]
    pair = CodePair(pointer(sides[0]), pointer(sides[1]), len(reference), len(current), len(codes))
    scratch_codes, scratch_counts = np.zeros(len(reference) + len(current), np.uint32), np.zeros(2 * len(codes))
    got = LIB.stats_total_variation_p_numpy(pair, 1000, pointer(scratch_codes), pointer(scratch_counts))
    want = stattests.tvd_test.func(pd.Series(reference), pd.Series(current), ColumnType.Categorical, 0.1)[0]
    assert got == want


@pytest.mark.parametrize("case", range(20))
def test_permutation_p_has_the_right_law(case):
    """Against the exact p by the hypergeometric law, for two categories: 20,000 draws stay within five deviations."""
    rng = np.random.default_rng(5000 + case)
    n, m = (int(v) for v in rng.integers(15, 3000, size=2))
    hits = rng.binomial(n, 0.3), rng.binomial(m, 0.33)
    counts = np.array([[hits[0], n - hits[0]], [hits[1], m - hits[1]]], np.uint64)
    support = np.arange(max(0, sum(hits) - m), min(n, sum(hits)) + 1)
    distances = np.abs(support / n - (sum(hits) - support) / m)
    law = scipy_stats.hypergeom(n + m, sum(hits), n).pmf(support)
    want = law[distances >= abs(hits[0] / n - hits[1] / m) - 1e-12].sum()
    got = LIB.stats_total_variation_p(pointer(counts[0]), pointer(counts[1]), 2, 20000, 7)
    assert abs(got - want) <= 5 * math.sqrt(want * (1 - want) / 20000) + 1e-4


@pytest.mark.parametrize("case", range(60))
def test_noncentral_chi_square_equals_scipy(case):
    rng = np.random.default_rng(6000 + case)
    df, noncentrality = float(rng.integers(1, 60)), float(10 ** rng.uniform(-3, 3.5))
    x = (df + noncentrality) * float(10 ** rng.uniform(-1, 0.5))
    want = scipy_stats.ncx2.sf(x, df, noncentrality)
    check(LIB.stats_noncentral_chi_square_sf(x, df, noncentrality), want, (x, df, noncentrality), absolute=1e-14)


# Correlations


def frame_case(case):
    rng = np.random.default_rng(7000 + case)
    rows, columns = int(rng.choice([1, 2, 7, 256, 300, 1030])), int(rng.choice([2, 4, 9]))
    data = rng.normal(size=(rows, columns)) @ rng.normal(size=(columns, columns))
    if case % 3 == 1:
        data = np.round(data)
    if case % 4 == 2:
        data = data * 1e-4 + 1e6
    data[:, 0] = 0.1 if case % 5 == 3 else data[:, 0]
    if case % 2:
        data[rng.random(size=data.shape) < 0.2] = np.nan
    return pd.DataFrame(data)


def column_pointers(frame):
    arrays = [doubles(frame[name]) for name in frame]
    return arrays, (f64s * len(arrays))(*map(pointer, arrays))


def extended_correlations(frame):
    values = frame.to_numpy().astype(np.longdouble)
    want = np.full((values.shape[1],) * 2, np.nan)
    for i in range(len(want)):
        for j in range(len(want)):
            common = values[~np.isnan(values[:, i]) & ~np.isnan(values[:, j])][:, [i, j]]
            if len(common) > 1 and (common != common[0]).any(axis=0).all():
                x, y = (common - common.mean(axis=0)).T
                want[i, j] = float((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()))
    return want


@pytest.mark.parametrize("case", range(120))
def test_pearson_matrix_equals_pandas(case):
    frame = frame_case(case)
    arrays, columns = column_pointers(frame)
    count = len(arrays)
    matrix = np.zeros((count, count))
    scratch = np.zeros(LIB.stats_pearson_matrix_scratch(count))
    LIB.stats_pearson_matrix(columns, count, len(frame), pointer(scratch), pointer(matrix))
    # pandas loses half of the digits in columns like 1e6 + 1e-4 x: there extended precision is the judge.
    want = extended_correlations(frame) if case % 4 == 2 else frame.corr().to_numpy()
    for i in range(count):
        for j in range(count):
            check(matrix[i, j], want[i, j], (i, j), absolute=1e-13)
            check(
                LIB.stats_pearson(pointer(arrays[i]), pointer(arrays[j]), len(frame)),
                want[i, j],
                (i, j),
                absolute=1e-13,
            )


@pytest.mark.parametrize("case", range(60))
def test_rank_correlations_equal_pandas(case):
    frame = frame_case(case)
    arrays, _ = column_pointers(frame)
    x, y, rows = arrays[0], arrays[1], len(frame)
    orders = [np.argsort(np.where(np.isnan(a), np.inf, a), kind="stable").astype(np.uint32) for a in (x, y)]
    scratch = np.zeros(3 * rows)
    spearman = LIB.stats_spearman(
        pointer(x), pointer(orders[0]), pointer(y), pointer(orders[1]), rows, pointer(scratch)
    )
    kendall = LIB.stats_kendall_tau(pointer(x), pointer(orders[0]), pointer(y), rows, pointer(scratch))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(spearman, frame[0].corr(frame[1], method="spearman"), "spearman", absolute=1e-13)
        check(kendall, frame[0].corr(frame[1], method="kendall"), "kendall", absolute=1e-13)


@pytest.mark.parametrize("case", range(60))
def test_cramers_v_equals_scipy(case):
    rng = np.random.default_rng(8000 + case)
    table = rng.integers(0, 30, size=rng.integers(1, 7, size=2)).astype(np.uint64) + np.uint64(1)
    want = scipy_stats.contingency.association(table.astype(int), method="cramer") if min(table.shape) > 1 else math.nan
    check(LIB.stats_cramers_v(pointer(table), *table.shape), want, table.shape, absolute=1e-12)


# Model quality


def class_case(case):
    rng = np.random.default_rng(9000 + case)
    classes, rows = int(rng.integers(2, 7)), int(rng.choice([3, 40, 800]))
    target = rng.integers(0, classes - (case % 3 == 0), size=rows).astype(np.uint32)  # perhaps one class never occurs
    logits = rng.normal(size=(rows, classes)) + 1.5 * (np.arange(classes) == target[:, None])
    if case % 4 == 0:
        logits = np.round(logits)  # ties
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return target, probabilities


@pytest.mark.parametrize("case", range(100))
def test_classification_equals_sklearn(case):
    target, probabilities = class_case(case)
    predicted = probabilities.argmax(axis=1).astype(np.uint32)
    classes = probabilities.shape[1]
    matrix = np.zeros((classes, classes), np.uint64)
    assert LIB.stats_confusion(pointer(target), pointer(predicted), len(target), classes, pointer(matrix)) == len(
        target
    )
    assert (matrix == sklearn_metrics.confusion_matrix(target, predicted, labels=range(classes))).all()
    got = LIB.stats_classification_of(pointer(matrix), classes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(got.accuracy, sklearn_metrics.accuracy_score(target, predicted), "accuracy")
        check(got.balanced_accuracy, sklearn_metrics.balanced_accuracy_score(target, predicted), "balanced accuracy")
        check(got.matthews_correlation, sklearn_metrics.matthews_corrcoef(target, predicted), "mcc", absolute=1e-12)
        for average in ("macro", "micro", "weighted"):
            precision, recall, f1, _ = sklearn_metrics.precision_recall_fscore_support(
                target, predicted, average=average, zero_division=0
            )
            check(getattr(got, average).precision, precision, average)
            check(getattr(got, average).recall, recall, average)
            check(getattr(got, average).f1, f1, average)
        by_class = sklearn_metrics.precision_recall_fscore_support(
            target, predicted, labels=range(classes), zero_division=0
        )
    for i in range(classes):
        quality = LIB.stats_class_quality_of(pointer(matrix), classes, i)
        for value, want in zip((quality.precision, quality.recall, quality.f1), by_class):
            check(value, want[i], f"class {i}")


@pytest.mark.parametrize("case", range(100))
def test_probabilities_equal_sklearn(case):
    target, probabilities = class_case(case)
    classes, rows = probabilities.shape[1], len(target)
    if case % 5 == 0:
        probabilities = np.where(probabilities > 0.5, 1.0, 0.0)  # certainty, also where wrong: clipping
    columns = [doubles(probabilities[:, i]) for i in range(classes)]
    pointers = (f64s * classes)(*map(pointer, columns))
    scratch = np.zeros(2 * rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = sklearn_metrics.log_loss(target, probabilities, labels=range(classes))
        check(LIB.stats_log_loss(pointers, pointer(target), rows, classes), want, "log loss")
        got = LIB.stats_roc_auc_macro(pointers, pointer(target), rows, classes, pointer(scratch))
        if len(np.unique(target)) == classes:
            one_hot = (target[:, None] == np.arange(classes)).astype(int)
            check(got, sklearn_metrics.roc_auc_score(one_hot, probabilities, average="macro"), "auc")
        else:
            assert math.isnan(got)


@pytest.mark.parametrize("case", range(100))
def test_binary_scores_equal_sklearn(case):
    rng = np.random.default_rng(9500 + case)
    rows = int(rng.choice([4, 50, 1000]))
    positive = (rng.random(rows) < rng.uniform(0.1, 0.9)).astype(np.uint8)
    positive[:2] = 0, 1
    scores = np.clip(rng.normal(size=rows) / 5 + 0.4 + 0.2 * positive, 0, 1)
    if case % 3 == 0:
        scores = np.round(scores, 1)  # ties, and probabilities on the edges of bins
    sorting = np.zeros(2 * rows)
    ours = LIB.stats_scores_sort(pointer(scores), pointer(positive), rows, pointer(sorting))
    check(LIB.stats_roc_auc(ours), sklearn_metrics.roc_auc_score(positive, scores), "auc")
    check(LIB.stats_average_precision(ours), sklearn_metrics.average_precision_score(positive, scores), "ap")
    check(
        LIB.stats_log_loss_binary(pointer(scores), pointer(positive), rows),
        sklearn_metrics.log_loss(positive, scores),
        "ll",
    )
    check(
        LIB.stats_brier_score(pointer(scores), pointer(positive), rows),
        sklearn_metrics.brier_score_loss(positive, scores),
        "brier",
    )

    points = (CurvePoint * (rows + 1))()
    count = LIB.stats_roc_curve(ours, max(rows + 1, 3), points)
    fpr, tpr, thresholds = sklearn_metrics.roc_curve(positive, scores, drop_intermediate=False)
    assert count == len(fpr)
    assert np.allclose(
        [(p.x, p.y, p.threshold) for p in points[:count]], np.c_[fpr, tpr, thresholds], rtol=1e-12, atol=1e-15
    )
    precision, recall, thresholds = sklearn_metrics.precision_recall_curve(positive, scores)
    first = int(np.flatnonzero(recall == 1)[-1])  # ours ends where all positives are found
    count = LIB.stats_pr_curve(ours, max(rows + 1, 3), points)
    assert np.allclose(
        [(p.x, p.y) for p in points[:count]], np.c_[recall, precision][first:][::-1], rtol=1e-12, atol=1e-15
    )

    from sklearn.calibration import calibration_curve

    bins = (CalibrationBin * 10)()
    LIB.stats_calibration_bins(pointer(scores), pointer(positive), rows, 10, bins)
    want_true, want_mean = calibration_curve(positive, scores, n_bins=10)
    used = [b for b in bins if b.count]
    assert np.allclose([b.positive_share for b in used], want_true, rtol=1e-12)
    assert np.allclose([b.mean_probability for b in used], want_mean, rtol=1e-12)


@pytest.mark.parametrize("case", range(100))
def test_regression_equals_sklearn_and_evidently(case):
    rng = np.random.default_rng(10000 + case)
    rows = int(rng.choice([2, 3, 100, 2000]))
    target = rng.normal(size=rows) * 10 ** rng.uniform(-3, 6) + rng.choice([0, 100])
    if case % 3 == 0:
        target = np.round(target)  # zeros among them
    prediction = target + rng.normal(size=rows) * np.std(target)
    got = LIB.stats_regression_of(pointer(target), pointer(prediction), rows)
    check(got.mean_error, np.mean(prediction - target), "me", absolute=1e-12 * got.mean_abs_error)
    check(got.mean_abs_error, sklearn_metrics.mean_absolute_error(target, prediction), "mae")
    check(got.rmse, sklearn_metrics.root_mean_squared_error(target, prediction), "rmse")
    check(got.r2, sklearn_metrics.r2_score(target, prediction), "r2", absolute=1e-12)
    check(got.max_abs_error, sklearn_metrics.max_error(target, prediction), "max error")
    check(got.error_std, np.std(prediction - target, ddof=1), "error std")
    check(got.abs_error_std, np.std(np.abs(prediction - target), ddof=1), "abs error std", absolute=1e-12 * got.rmse)
    some = target != 0
    assert got.zero_targets == rows - some.sum()
    if some.any():
        want = 100 * sklearn_metrics.mean_absolute_percentage_error(target[some], prediction[some])
        check(got.mape_percent, want, "mape")

    frame = pd.DataFrame({"target": target, "prediction": prediction})
    quality = pytest.importorskip(
        "evidently.legacy.calculations.regression_performance", reason="evidently is not installed"
    )
    for code, rule in enumerate(("none", "drop", "replace")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            want = quality._calculate_quality_metrics(frame.copy(), "prediction", "target", mape_zero_handling=rule)
        check(
            LIB.stats_mape_evidently(pointer(target), pointer(prediction), rows, code),
            want["mean_abs_perc_error"],
            rule,
        )

    feature = rng.normal(size=rows)
    errors = quality.error_with_quantiles(frame, "prediction", "target", 0.05)
    want = quality._error_num_feature_bias(frame.assign(f=feature), "f", errors)
    got = LIB.stats_error_bias_of(
        pointer(prediction - target), pointer(feature), rows, errors.quantile_top, errors.quantile_other
    )
    for value, wanted in (
        (got.under, want.under),
        (got.over, want.over),
        (got.overall, want.majority),
        (got.range_percent, want.range),
    ):
        check(value, wanted, "error bias", absolute=1e-14)


@pytest.mark.parametrize("case", range(40))
def test_regression_dummies_are_the_best_constants(case):
    rng = np.random.default_rng(11000 + case)
    target = np.sort(rng.lognormal(size=int(rng.integers(1, 60))) * rng.choice([-1, 1]))
    sample, keep = sorted_sample(target)
    got = LIB.stats_regression_dummy_of(sample)
    check(got.mean_abs_error, np.mean(np.abs(target - np.median(target))), "mae of the median", absolute=1e-16)
    check(got.rmse, np.std(target), "rmse of the mean", absolute=1e-15)
    best = min(100 * np.mean(np.abs(target - constant) / np.abs(target)) for constant in target)
    check(got.mape_percent, best, "no other value of the sample does better", absolute=1e-13)


@pytest.mark.parametrize("case", range(40))
def test_normality_equals_scipy(case):
    rng = np.random.default_rng(12000 + case)
    values = NUMERIC_SHAPES[("normal", "heavy tail", "ties")[case % 3]](rng, int(rng.choice([3, 30, 500])))
    got, want = LIB.stats_jarque_bera(pointer(values), len(values)), scipy_stats.jarque_bera(values)
    check(got.statistic, want.statistic, "jb")
    check(got.p, want.pvalue, "p", relative=1e-8, absolute=1e-300)  # exp(-x / 2) multiplies the error of x
    sample, keep = sorted_sample(values)
    points = (QqPoint * len(values))()
    assert LIB.stats_qq_normal(sample, len(values), points) == len(values)
    theoretical, observed = scipy_stats.probplot(values, fit=False)
    assert np.allclose([p.theoretical for p in points], theoretical, rtol=1e-12, atol=1e-14)
    assert [p.observed for p in points] == list(observed)


@pytest.mark.parametrize("case", range(40))
def test_adjusted_p_equals_scipy(case):
    rng = np.random.default_rng(13000 + case)
    p = rng.random(int(rng.integers(1, 50))) ** 3
    p = np.round(p, 2) if case % 2 else p
    for code, method in ((2, "bh"), (3, "by")):
        got, order = np.zeros(len(p)), np.zeros(len(p), np.uint32)
        LIB.stats_adjust_p(code, pointer(p), len(p), pointer(order), pointer(got))
        assert np.allclose(got, scipy_stats.false_discovery_control(p, method=method), rtol=1e-12, atol=0)
