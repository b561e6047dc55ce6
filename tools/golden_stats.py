#!/usr/bin/env python3
"""Writes src/stats/golden_numeric.h: what SciPy answers on small fixed data and at chosen arguments.

    python3 tools/golden_stats.py > src/stats/golden_numeric.h
"""

import warnings

import numpy as np
import scipy
import scipy.special as special
import scipy.stats as st

warnings.simplefilter("ignore")


def c(value):
    value = float(value)
    return "NAN" if np.isnan(value) else "INFINITY" if value == np.inf else repr(value)


def table(name, fields, rows):
    print(f"static const struct {{ {fields} }} {name}[] = {{")
    for row in rows:
        cells = ", ".join(f'"{v}"' if isinstance(v, str) else c(v) if isinstance(v, float) else str(v) for v in row)
        print(f"    {{ {cells} }},")
    print("};\n")


def array(values):
    return np.array(values, dtype=float)


SAMPLES = {
    "overlapping": (array([0.1, 0.4, 0.7, 1.1, 1.9, 2.3, 2.9, 3.1, 3.3, 4.0]), array([0.5, 0.9, 1.5, 2.0, 2.2, 3.6, 4.4, 5.0])),
    "tied": (array([1, 1, 2, 2, 2, 3, 4, 4, 5, 5, 5, 5]), array([1, 2, 3, 3, 3, 4, 5, 6, 6, 6])),
    "far apart": (array([0, 1, 2, 3, 4, 5]), array([100, 101, 102, 104, 107, 109])),
    "heavy tail": (array([-1e6, -3, -1, 0, 0.5, 1, 2, 8, 40, 1e4]), array([-50, -2, -0.5, 0, 0.25, 3, 9, 77, 5e5])),
    "one level moved": (np.repeat([0.0, 1, 2, 3, 4], 6), np.repeat([0.0, 1, 2, 3, 9], 5)),
}

print("/* stats/golden_numeric.h - written by tools/golden_stats.py with SciPy " + scipy.__version__ + ", numpy " +
      np.__version__ + "; do not edit. */")
print("#ifndef STATS_GOLDEN_NUMERIC_H\n#define STATS_GOLDEN_NUMERIC_H\n\n#include <math.h>\n#include <stddef.h>\n")

rows = []
for name, (r, q) in SAMPLES.items():
    ks, cvm = st.ks_2samp(r, q), st.cramervonmises_2samp(r, q)
    mw, mwl = st.mannwhitneyu(r, q), st.mannwhitneyu(r, q, alternative="less")
    ad, es = st.anderson_ksamp([r, q], variant="midrank"), st.epps_singleton_2samp(r, q)
    t, w = st.ttest_ind(r, q), st.ttest_ind(r, q, equal_var=False)
    pad = lambda x: "{ " + ", ".join(c(v) for v in x) + " }"
    rows.append((name, pad(r), len(r), pad(q), len(q), ks.statistic, ks.pvalue, st.wasserstein_distance(r, q),
                 st.energy_distance(r, q), cvm.statistic, cvm.pvalue, ad.statistic, ad.pvalue, mw.statistic, mw.pvalue,
                 mwl.pvalue, t.statistic, t.pvalue, w.statistic, w.pvalue, es.statistic, es.pvalue))
print("struct golden_samples {\n    const char *why;\n    double r[32];\n    size_t n1;\n    double c[32];\n    size_t n2;")
print("    double ks, ks_p, wasserstein, energy, cvm, cvm_p, anderson, anderson_p, u, u_p, u_p_less, t, t_p, welch, welch_p;")
print("    double es, es_p;\n};\n")
print("static const struct golden_samples golden_samples[] = {")
for row in rows:
    cells = [f'"{row[0]}"', row[1], str(row[2]), row[3], str(row[4])] + [c(v) for v in row[5:]]
    print("    { " + ",\n      ".join(cells[:5]) + ",\n      " + ", ".join(cells[5:]) + " },")
print("};\n")

ONE = [("normal_cdf", special.ndtr, [-37.5, -8, -1, 0.3, 5]), ("normal_sf", st.norm.sf, [-3, 1.96, 20, 37.5]),
       ("normal_quantile", special.ndtri, [1e-300, 1e-10, 0.025, 0.5000001, 0.8, 0.999]),
       ("lgamma", special.gammaln, [1e-5, 0.5, 3.3, 100.5, 1e7]), ("kolmogorov_sf", special.kolmogorov, [0.1, 0.5, 1, 1.36, 5, 18]),
       ("bessel_k_quarter_scaled", lambda x: special.kve(0.25, x), [1e-6, 0.1, 1.9999, 2, 10, 1e4])]
TWO = [("gamma_p", special.gammainc, [(0.5, 1e-9), (2, 1), (100, 90), (1e5, 99000)]),
       ("gamma_q", special.gammaincc, [(0.5, 300), (2, 1), (100, 150), (1e5, 101000)]),
       ("chi2_sf", st.chi2.sf, [(3.84, 1), (1400, 3), (0.1, 10), (1e4, 9000)]),
       ("chi2_isf", st.chi2.isf, [(0.05, 1), (1e-100, 7), (0.9, 200)]),
       ("t_sf", st.t.sf, [(1.0, 1), (2, 2e6), (-3, 4.5), (60, 9), (1e5, 3)]),
       ("t_two_sided", lambda t, df: 2 * st.t.sf(abs(t), df), [(-1.860813, 17.77647), (0.5, 10), (40, 100)]),
       ("smirnov_sf", lambda n, d: special.smirnov(int(n), d), [(1, 0.3), (10, 0.25), (500, 0.1), (9000, 0.02), (500000, 0.0025), (500000, 0.018)]),
       ("kolmogorov_n_sf", lambda n, d: st.kstwo.sf(d, int(n)), [(5, 0.15), (10, 0.3), (50, 0.1), (140, 0.9), (200, 0.05), (200, 0.2), (20000, 0.002), (500000, 0.0011)])]
THREE = [("beta_inc", special.betainc, [(0.5, 0.5, 0.1), (3, 7, 0.9), (1000, 10, 0.5), (1e4, 1e4, 0.51)]),
         ("beta_inc_upper", special.betaincc, [(2, 1e4, 0.001), (5, 5, 0.5), (300, 20, 0.99)]),
         ("f_sf", st.f.sf, [(5, 1, 1e5), (2.5, 3, 17), (0.1, 10, 10)]),
         ("binomial_pmf", st.binom.pmf, [(0, 10, 0.1), (3, 10, 0.3), (5200, 10000, 0.5)]),
         ("binomial_cdf", st.binom.cdf, [(3, 10, 0.3), (4000, 10000, 0.5), (10, 10, 0.3)]),
         ("binomial_at_least", lambda k, n, p: st.binom.sf(k - 1, n, p), [(3, 10, 0.3), (6500, 10000, 0.5), (0, 10, 0.3)])]
for label, count, groups in (("one", 1, ONE), ("two", 2, TWO), ("three", 3, THREE)):
    rows = []
    for name, function, arguments in groups:
        for args in arguments:
            args = args if isinstance(args, tuple) else (args,)
            rows.append((name, *map(float, args), float(function(*args))))
    table(f"golden_{label}", "const char *function; double " + ", ".join("abc"[:count]) + ", value;", rows)
print("#endif")
