"""libkedge_stats against SciPy on random data of many shapes, 1e-9 relative.

    KEDGE_BUILD=build/release pytest tests/differential/test_stats_scipy.py

Every test is a differential one: the reference is SciPy as installed (1.17 when this was written), never a stored
number. Where two tolerances are needed the reason stands beside the second.
"""

import ctypes
import warnings

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed: the differential tests need it")
scipy = pytest.importorskip("scipy", reason="SciPy is not installed: nothing to compare with")
import built  # noqa: E402
import scipy.special as special  # noqa: E402
import scipy.stats as st  # noqa: E402

REL = 1e-9

lib = built.stats_library()

f64, size = ctypes.c_double, ctypes.c_size_t
pointer = ctypes.POINTER(f64)


class Sample(ctypes.Structure):
    _fields_ = [("values", pointer), ("count", size)]


def struct(*fields):
    return type("Outcome", (ctypes.Structure,), {"_fields_": list(fields)})


TestOutcome = struct(("statistic", f64), ("p", f64))
Ks = struct(("statistic", f64), ("location", f64), ("sign", ctypes.c_int))
TTest = struct(("statistic", f64), ("df", f64), ("p", f64))
Anderson = struct(("a2", f64), ("statistic", f64), ("p", f64))
MannWhitney = struct(("u", f64), ("p_two_sided", f64), ("p_less", f64), ("is_exact", ctypes.c_bool))
Mmd = struct(("statistic", f64), ("p", f64), ("p_valid", f64), ("is_thinned", ctypes.c_bool))
Moments = struct(("count", size), *[(n, f64) for n in ("mean", "std", "std_sample", "min", "max", "sum", "mean_rest")])
Finite = struct(("count", size), ("nan", size), ("infinite", size))


def call(name, result, *args):
    function = getattr(lib, "stats_" + name)
    function.restype = result
    return function(*args)


def scratch(count):
    return (f64 * max(int(count), 1))()


def raw(values):
    return np.ascontiguousarray(values, dtype=np.float64)


def as_pointer(array):
    return array.ctypes.data_as(pointer)


def sample(values):
    array = np.sort(raw(values))
    result = Sample(as_pointer(array), len(array))
    result.keep = array
    return result


def moments(values):
    array = raw(values)
    return call("moments", Moments, as_pointer(array), size(len(array)))


def close(ours, theirs, rel=REL, tiny=0.0):
    ours, theirs = float(ours), float(theirs)
    if np.isnan(theirs) or np.isnan(ours):
        return np.isnan(theirs) and np.isnan(ours)
    return ours == theirs or abs(ours - theirs) <= max(rel * max(abs(ours), abs(theirs)), tiny)


def shapes():
    """(name, reference, current) of about 200 pairs."""
    rng = np.random.default_rng(20240607)
    makers = {
        "normal": lambda n: rng.normal(size=n),
        "shifted": lambda n: rng.normal(0.3, 1.2, size=n),
        "uniform": lambda n: rng.uniform(-5, 5, size=n),
        "ties": lambda n: rng.integers(0, 7, size=n).astype(float),
        "some ties": lambda n: np.round(rng.normal(size=n), 1),
        "cauchy": lambda n: rng.standard_cauchy(size=n),
        "lognormal": lambda n: rng.lognormal(0, 3, size=n),
        "offset": lambda n: 1e9 + rng.normal(size=n),
        "huge": lambda n: 1e150 * rng.normal(size=n),
        "small": lambda n: 1e-150 * rng.normal(size=n),
        "with infinities": lambda n: with_infinities(rng, n),
    }
    sizes = [(5, 5), (6, 9), (8, 30), (12, 20), (20, 20), (50, 50), (50, 73), (100, 1000), (640, 480), (3000, 2000)]
    for name, make in makers.items():
        for n1, n2 in sizes:
            yield f"{name} {n1}x{n2}", make(n1), make(n2)
            yield f"normal/{name} {n1}x{n2}", rng.normal(size=n1), make(n2)


def with_infinities(rng, n):
    values = rng.normal(size=n + 3)
    values[[0, 1, 2]] = np.inf, -np.inf, np.nan
    array = raw(values)
    kept = call("compact_finite", Finite, as_pointer(array), size(len(array)), as_pointer(array))
    assert (kept.count, kept.nan, kept.infinite) == (n, 1, 2)
    return array[: kept.count].copy()


SHAPES = list(shapes())


def without_offset(r, c):
    """Takes the common 1e9 of the "offset" shapes away, which is exact: SciPy's plain sums lose seven digits to it,
    ours do not, and the tests compared here do not depend on it."""
    has_offset = all(1e8 < np.min(x) and np.max(x) < 1e10 for x in (r, c))
    return (r - 1e9, c - 1e9) if has_offset else (r, c)


def scaled(r, c):
    """Both divided by one power of two: SciPy's Welch df overflows at 1e150 and vanishes at 1e-150."""
    unit = 2.0 ** np.floor(np.log2(max(np.max(np.abs(r)), np.max(np.abs(c)))))
    return r / unit, c / unit


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def check_all(compare):
    """Runs compare(r, c) -> [(what, ours, theirs, rel, tiny)] over every shape and reports all that differ."""
    wrong = []
    for name, r, c in SHAPES:
        for what, ours, theirs, rel, tiny in compare(r, c):
            if not close(ours, theirs, rel, tiny):
                wrong.append(f"{name}: {what} {ours!r} != {theirs!r}")
    assert not wrong, f"{len(wrong)} differ:\n" + "\n".join(wrong[:20])


def test_ks():
    space = scratch(2 * 120 * 120 + 240)

    def compare(r, c):
        ours = call("ks", Ks, sample(r), sample(c))
        theirs = st.ks_2samp(r, c)
        yield "D", ours.statistic, theirs.statistic, 1e-13, 0
        # SciPy's exact p for equal sizes is a float product as well; both are good to about 1e-13.
        yield "p", call("ks_p", f64, f64(ours.statistic), size(len(r)), size(len(c)), space), theirs.pvalue, REL, 1e-290
        asymptotic = call("ks_p_asymptotic", f64, f64(ours.statistic), size(len(r)), size(len(c)), space)
        # 1 - cdf on both sides: an absolute 1e-12 is what SciPy's own digits allow.
        yield "asymptotic p", asymptotic, st.ks_2samp(r, c, method="asymp").pvalue, REL, 1e-12
        loose = [np.ascontiguousarray(np.random.default_rng(1).permutation(x)) for x in (r, c)]
        space2 = scratch(len(r) + len(c) + max(len(r), len(c)))
        quick = call("ks_unsorted", Ks, as_pointer(loose[0]), size(len(r)), as_pointer(loose[1]), size(len(c)), space2)
        yield "unsorted D", quick.statistic, ours.statistic, 0, 0
        yield "unsorted location", quick.location, ours.location, 0, 0

    check_all(compare)


def test_ks_of_large_samples():
    rng = np.random.default_rng(3)
    space = scratch(2 * 120 * 120 + 240)
    for n1, n2, shift in [(10001, 10001, 0), (20000, 15000, 0.01), (200000, 30000, 0.02), (300000, 300000, 0.003)]:
        r, c = rng.normal(size=n1), rng.normal(shift, 1, size=n2)
        ours, theirs = call("ks", Ks, sample(r), sample(c)), st.ks_2samp(r, c)
        assert close(ours.statistic, theirs.statistic, 1e-13)
        assert close(call("ks_p", f64, f64(ours.statistic), size(n1), size(n2), space), theirs.pvalue, REL, 1e-12)
        space2 = scratch(2 * n1 + n2)
        quick = call("ks_unsorted", Ks, as_pointer(r), size(n1), as_pointer(c), size(n2), space2)
        assert (quick.statistic, quick.location, quick.sign) == (ours.statistic, ours.location, ours.sign)


def test_wasserstein_and_energy():
    def compare(r, c):
        spread = max(np.ptp(r), np.ptp(c), abs(np.median(r) - np.median(c)))
        yield "W1", call("wasserstein", f64, sample(r), sample(c)), st.wasserstein_distance(r, c), REL, 1e-13 * spread
        energy = call("energy", f64, sample(r), sample(c))
        yield "energy", energy, st.energy_distance(r, c), REL, 0

    check_all(compare)


def test_mann_whitney():
    def compare(r, c):
        need = call("mann_whitney_scratch", size, size(len(r)), size(len(c)))
        ours = call("mann_whitney", MannWhitney, sample(r), sample(c), scratch(need))
        theirs = st.mannwhitneyu(r, c)
        yield "U", ours.u, theirs.statistic, 0, 0
        yield "two-sided p", ours.p_two_sided, theirs.pvalue, REL, 0
        yield "p less", ours.p_less, st.mannwhitneyu(r, c, alternative="less").pvalue, REL, 0

    check_all(compare)
    assert call("mann_whitney", MannWhitney, sample([2, 2]), sample([2]), scratch(8)).p_two_sided == 1


def test_cramer_von_mises():
    def compare(r, c):
        need = call("cramer_von_mises_scratch", size, size(len(r)), size(len(c)))
        ours = call("cramer_von_mises", TestOutcome, sample(r), sample(c), scratch(need))
        theirs = st.cramervonmises_2samp(r, c)
        # SciPy subtracts sums of squared ranks in floating point: T keeps about 1e-16 N^3 of absolute truth there.
        yield "T", ours.statistic, theirs.statistic, REL, 1e-15 * (len(r) + len(c)) ** 1.5
        yield "p", ours.p, theirs.pvalue, REL, 1e-10

    check_all(compare)


def test_anderson():
    # The samples must outlive the array of their pointers.
    def compare(r, c):
        a, b = sample(r), sample(c)
        pair = (Sample * 2)(a, b)
        ours = call("anderson", Anderson, pair, size(2))
        theirs = st.anderson_ksamp([r, c], variant="midrank")
        yield "statistic", ours.statistic, theirs.statistic, REL, 1e-12
        yield "p", ours.p, theirs.pvalue, REL, 0

    check_all(compare)


def test_epps_singleton():
    def compare(r, c):
        ours, given = call("epps_singleton", TestOutcome, sample(r), sample(c)), r
        r, c = without_offset(r, c)
        pooled = np.concatenate([r, c])
        if len(np.unique(pooled)) < 5 or min(np.ptp(r), np.ptp(c)) < 1e-6 * np.ptp(pooled):
            return  # S is singular: both answers are rounding noise
        theirs = st.epps_singleton_2samp(r, c)
        # The inverse of S multiplies rounding by its condition number, up to 1e4 for these shapes; and quartiles near
        # 1e9 are whole multiples of 1e-7.
        rel = 1e-8 if np.max(np.abs(given)) < 1e8 else 1e-6
        yield "W", ours.statistic, theirs.statistic, rel, 0
        yield "p", ours.p, theirs.pvalue, 10 * rel, 0

    check_all(compare)


def test_t_tests():
    def compare(r, c):
        ms = [moments(x) for x in (r, c)]
        for name, equal in (("t_test", True), ("t_test_welch", False)):
            ours = call(name, TTest, *[ctypes.byref(m) for m in ms])
            theirs = st.ttest_ind(*scaled(*without_offset(r, c)), equal_var=equal)
            yield name, ours.statistic, theirs.statistic, REL, 1e-13
            yield name + " p", ours.p, theirs.pvalue, REL, 1e-290

    check_all(compare)


def test_moments_and_quantiles():
    def compare(r, c):
        for x in (r, c):
            m = moments(x)
            unit = 2.0 ** np.floor(np.log2(np.max(np.abs(x))))
            scaled = x.astype(np.longdouble) / unit
            yield "mean", m.mean / unit, scaled.mean(), 1e-14, 1e-15
            yield "std", m.std / unit, scaled.std(), 1e-12, 0
            yield "sample std", m.std_sample / unit, scaled.std(ddof=1), 1e-12, 0
            for q in (0, 0.1, 0.25, 1 / 3, 0.5, 0.9, 1):
                yield "quantile", call("quantile", f64, sample(x), f64(q)), np.quantile(x, q), 1e-15, 0
        pooled = call("pooled_quantile", f64, sample(r), sample(c), f64(0.25))
        yield "pooled quantile", pooled, np.quantile(np.concatenate([r, c]), 0.25), 1e-15, 0

    check_all(compare)


def test_sort_and_ranks():
    rng = np.random.default_rng(5)
    for n in (0, 1, 2, 39, 41, 1000, 100000):
        kinds = [rng.normal(size=n), rng.standard_cauchy(size=n), rng.integers(0, 5, size=n).astype(float), np.zeros(n),
                 1e9 + 1e-6 * rng.normal(size=n), np.where(rng.random(n) < 0.5, 1e300, -1e-300) * (1 + 1e-12 * rng.random(n)),
                 np.where(np.arange(n) == 0, 1e308, 5e-324 * np.arange(n)), np.arange(n)[::-1].astype(float),
                 np.where(np.arange(n) == n - 1, -1e308, 1e308), np.where(rng.random(n) < 0.5, -0.0, 0.0)]
        for values in kinds:
            values = raw(values)
            ours = values.copy()
            call("sort", None, as_pointer(ours), size(n), scratch(n))
            assert np.array_equal(ours, np.sort(values))
            ranks, order = np.empty(n), np.empty(n, dtype=np.uint32)
            call("midranks", f64, as_pointer(values), size(n), as_pointer(ranks), ctypes.c_void_p(order.ctypes.data),
                 scratch(2 * n))
            assert np.array_equal(ranks, st.rankdata(values))
            assert np.array_equal(order, np.argsort(values, kind="stable"))


SIZES = [0.3, 0.5, 1, 1.5, 2, 5, 10, 49.5, 100, 1000.5, 1e4, 1e5]
RATIOS = [1e-3, 0.1, 0.5, 0.9, 0.99, 1, 1.01, 1.1, 1.5, 2, 5, 50]


@pytest.mark.parametrize("name, reference, arguments", [
    ("gamma_p", special.gammainc, [(a, a * r) for a in SIZES for r in RATIOS]),
    ("gamma_q", special.gammaincc, [(a, a * r) for a in SIZES for r in RATIOS]),
    ("beta_inc", special.betainc, [(a, b, x) for a in SIZES for b in SIZES for x in (1e-8, 0.01, 0.3, 0.5, 0.8, 0.999)]),
    ("beta_inc_upper", special.betaincc, [(a, b, x) for a in SIZES for b in SIZES for x in (1e-8, 0.01, 0.3, 0.8)]),
    ("bessel_k_quarter_scaled", lambda x: special.kve(0.25, x), [(x,) for x in np.geomspace(1e-8, 1e4, 200)]),
    ("lgamma", special.gammaln, [(x,) for x in np.geomspace(1e-8, 1e8, 200)]),
    ("normal_cdf", special.ndtr, [(x,) for x in np.linspace(-37, 9, 200)]),
    ("normal_sf", st.norm.sf, [(x,) for x in np.linspace(-9, 37, 200)]),
    ("normal_quantile", special.ndtri, [(p,) for p in [*np.geomspace(1e-300, 0.49, 200), *(0.5 + np.geomspace(1e-12, 0.4999, 60))]]),
    ("chi2_sf", st.chi2.sf, [(x, df) for df in (1, 2, 3, 10, 100, 1000, 1e5) for x in (*(df * np.array(RATIOS[1:-1])), 10, 1200)]),
    ("chi2_isf", st.chi2.isf, [(p, df) for df in (1, 2, 3, 10, 100, 1e4) for p in (1e-300, 1e-100, 1e-10, 0.05, 0.5, 0.9)]),
    ("t_sf", st.t.sf, [(t, df) for df in (1, 1.5, 2, 5, 30.3, 1e3, 1e5, 2e6) for t in (0.001, 0.1, 1, 2, 5, 20, 36, 1e5, -1)]),
    ("f_sf", st.f.sf, [(x, a, b) for a in (1, 2, 5, 100) for b in (1, 2, 30, 1000) for x in (0.001, 0.5, 1, 1.1, 2, 20)]),
    ("binomial_at_least", lambda k, n, p: st.binom.sf(k - 1, n, p),
     [(k, n, p) for n in (1, 5, 20, 1000, 100000) for p in (0.001, 0.1, 0.5) for k in {int(n * f) for f in (0, 0.01, 0.1, 0.11, 0.5, 1)}]),
    ("kolmogorov_sf", special.kolmogorov, [(x,) for x in np.linspace(0.05, 18, 200)]),
    ("smirnov_sf", lambda n, d: special.smirnov(int(n), d),
     [(n, d) for n in (1, 2, 3, 10, 140, 1000, 9000, 100000) for d in np.geomspace(0.3 / n, 0.99, 25)]),
])
def test_special_functions(name, reference, arguments):
    wrong = []
    for args in arguments:
        ours, theirs = call(name, f64, *map(f64, args)), float(reference(*args))
        if theirs > 1e-300 and not close(ours, theirs, 2e-12):
            wrong.append((args, ours, theirs))
    assert not wrong, f"{len(wrong)} of {len(arguments)}: {wrong[:5]}"


def test_kolmogorov_n():
    space = scratch(2 * 120 * 120 + 240)
    for n in (1, 2, 3, 5, 10, 50, 100, 140, 141, 1000, 5000, 20000, 100001, 500000):
        for d in np.geomspace(0.4 / n, 0.99, 40):
            ours, theirs = call("kolmogorov_n_sf", f64, f64(n), f64(d), space), st.kstwo.sf(d, n)
            # 1 - cdf on both sides: at (140, 0.16375...) ours is 1.7e-14 and SciPy 1.0e-14 from 30 digits of mpmath.
            assert close(ours, theirs, 1e-11, 5e-14 if n <= 140 else 1e-12), (n, d)


def test_mmd_statistic():
    rng = np.random.default_rng(9)
    for n1, n2 in ((20, 30), (25, 25), (301, 200)):
        r, c = rng.normal(size=n1), rng.normal(0.4, 1, size=n2)
        ours = call("mmd", Mmd, sample(r), sample(c), ctypes.c_uint64(1), scratch(2 * 1000 * 104))
        squared = (r[:, None] - r) ** 2
        gamma = 1 / np.percentile(squared, 50, method="nearest")
        kernel = [np.exp(-gamma * (a[:, None] - b) ** 2) for a, b in ((r, r), (c, c), (r, c))]
        theirs = (kernel[0].sum() - n1) / n1 / (n1 - 1) + (kernel[1].sum() - n2) / n2 / (n2 - 1) - 2 * kernel[2].mean()
        assert close(ours.statistic, theirs, 1e-9, 1e-13)
        assert 0 <= ours.p <= 1 and not ours.is_thinned
