#!/usr/bin/env python3
"""Writes src/stats/golden_binned.h: what Evidently, SciPy and scikit-learn answer on small fixed data.

    PYTHONHASHSEED=0 python3 tools/golden_stats_binned.py > src/stats/golden_binned.h

The hash seed fixes the order in which Evidently sums over its sets of text, hence the last digit.

Needs evidently, scipy, scikit-learn, pandas. The data are fixed by seeds here; no number comes from Kedge.
"""

import textwrap
import warnings

import evidently
import numpy as np
import pandas as pd
import scipy
import sklearn
from evidently.legacy.calculations import stattests
from evidently.legacy.core import ColumnType
from scipy import stats
from sklearn import metrics

CATEGORIES = [
    ("equal shares, other sizes", [50, 30, 20], [5, 3, 2]),
    ("a small shift", [400, 350, 250], [210, 160, 130]),
    ("a vanished category", [90, 8, 2], [60, 40, 0]),
    ("a new category", [120, 80, 0], [70, 50, 9]),
    ("no category in common", [40, 60, 0, 0], [0, 0, 30, 20]),
    ("one category", [70], [30]),
    ("two categories, same sizes", [33, 67], [45, 55]),
    ("one row against many", [0, 1], [5000, 2500]),
    ("a share below 1e-4 sets the stand-in for empty bins", [20000, 1, 0], [20000, 0, 3]),
    ("ten categories", [12, 7, 30, 1, 0, 44, 9, 17, 3, 21], [8, 9, 22, 0, 2, 61, 4, 13, 6, 18]),
]


def number(value):
    if np.isnan(value):
        return "NAN"
    if np.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    return repr(float(value))


def row(values):
    return "{ " + ", ".join(values) + " }"


def counts(values):
    return row([str(v) for v in values])


def wrapped(text, indent):
    return textwrap.fill(
        text,
        118,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def categories_line(why, reference, current):
    names = [f"c{i:02}" for i in range(len(reference))]
    sides = lambda: [pd.Series(np.repeat(names, side)) for side in (reference, current)]
    call = lambda test: test.func(*sides(), ColumnType.Categorical, 0.1)[0]
    expected = np.array(reference) * (sum(current) / sum(reference))
    shares = [np.array(side) / sum(side) for side in (reference, current)]
    table = np.array([reference, current])
    fit, likelihood = (
        stats.power_divergence(np.array(current, float), expected, lambda_=kind)
        for kind in ("pearson", "log-likelihood")
    )
    same, same_likelihood = (
        stats.chi2_contingency(table, correction=False, lambda_=kind) for kind in ("pearson", "log-likelihood")
    )
    values = [
        call(stattests.psi_stat_test),
        call(stattests.kl_div_stat_test),
        call(stattests.jensenshannon_stat_test),
        call(stattests.hellinger_stat_test),
        0.5 * np.abs(shares[0] - shares[1]).sum(),
        fit[0],
        call(stattests.chi_stat_test),
        likelihood[0],
        likelihood[1],
        same[0],
        same[1] if same[2] else np.nan,
        same_likelihood[0],
        same_likelihood[1] if same_likelihood[2] else np.nan,
        call(stattests.z_stat_test),
    ]
    head = [f'"{why}"', str(len(reference)), counts(reference), counts(current)]
    return wrapped("{ " + ", ".join(head) + ",", 4) + "\n" + wrapped(", ".join(map(number, values)) + " },", 6)


def numeric_columns():
    rng = np.random.default_rng(20)
    return [
        ("normal, shifted", rng.normal(size=60), rng.normal(size=45) + 0.4, False),
        ("a power of two pooled", rng.normal(size=40), rng.normal(size=24), False),
        ("integers", rng.integers(0, 90, size=50).astype(float), rng.integers(10, 99, size=40).astype(float), True),
        ("heavy tail", rng.standard_cauchy(size=48), rng.standard_cauchy(size=33), False),
    ]


def numeric_lines(why, reference, current, is_integer):
    kind = np.int64 if is_integer else np.float64
    sides = lambda: [pd.Series(side.astype(kind)) for side in (reference, current)]
    call = lambda test: test.func(*sides(), ColumnType.Numerical, 0.1)[0]
    edges = np.histogram_bin_edges(np.concatenate([side.astype(kind) for side in (reference, current)]), "sturges")
    binned = [np.histogram(side, edges)[0] for side in (reference, current)]
    padding = lambda side: row([number(v) for v in sorted(side)])
    lines = [
        f'    {{ "{why}", {str(is_integer).lower()}, {len(reference)}, {len(current)},',
        f"      {padding(reference)},",
        f"      {padding(current)},",
        f"      {len(edges) - 1},",
        f"      {row([number(e) for e in edges])},",
        f"      {counts(binned[0])}, {counts(binned[1])},",
    ]
    results = [
        call(test)
        for test in (
            stattests.psi_stat_test,
            stattests.kl_div_stat_test,
            stattests.jensenshannon_stat_test,
            stattests.hellinger_stat_test,
        )
    ]
    return [wrapped(line.strip(), 4) for line in lines + [", ".join(map(number, results)) + " },"]]


def model_quality():
    rng = np.random.default_rng(21)
    target = rng.integers(0, 3, size=40)
    predicted = np.where(rng.random(40) < 0.6, target, rng.integers(0, 3, size=40))
    positive = rng.integers(0, 2, size=40)
    scores = np.round(np.clip(0.3 + 0.3 * positive + rng.normal(size=40) / 4, 0, 1), 1)
    truth, guess = rng.normal(size=40) * 10 + 3, np.zeros(40)
    guess = truth + rng.normal(size=40) * 4
    macro = metrics.precision_recall_fscore_support(target, predicted, average="macro")[:3]
    weighted = metrics.precision_recall_fscore_support(target, predicted, average="weighted")[:3]
    error = guess - truth
    quality = {
        "accuracy": metrics.accuracy_score(target, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(target, predicted),
        "matthews": metrics.matthews_corrcoef(target, predicted),
        **{f"macro_{n}": v for n, v in zip(("precision", "recall", "f1"), macro)},
        **{f"weighted_{n}": v for n, v in zip(("precision", "recall", "f1"), weighted)},
        "roc_auc": metrics.roc_auc_score(positive, scores),
        "average_precision": metrics.average_precision_score(positive, scores),
        "log_loss": metrics.log_loss(positive, scores),
        "brier": metrics.brier_score_loss(positive, scores),
        "mean_error": error.mean(),
        "error_std": error.std(ddof=1),
        "mae": metrics.mean_absolute_error(truth, guess),
        "rmse": metrics.root_mean_squared_error(truth, guess),
        "r2": metrics.r2_score(truth, guess),
        "mape": 100 * metrics.mean_absolute_percentage_error(truth, guess),
        "max_error": metrics.max_error(truth, guess),
        "pearson": stats.pearsonr(truth, guess)[0],
        "spearman": stats.spearmanr(truth, guess)[0],
        "kendall": stats.kendalltau(truth, guess)[0],
        "kendall_of_ties": stats.kendalltau(scores, positive)[0],
        "jarque_bera": stats.jarque_bera(error)[0],
        "jarque_bera_p": stats.jarque_bera(error)[1],
    }
    arrays = [("uint32_t", "target", target), ("uint32_t", "predicted", predicted), ("uint8_t", "positive", positive)]
    reals = [("scores", scores), ("truth", truth), ("guess", guess)]
    lines = [f"static const {kind} golden_{name}[40] = {counts(values)};" for kind, name, values in arrays]
    lines += [f"static const double golden_{name}[40] = {row([number(v) for v in values])};" for name, values in reals]
    lines += ["static const struct {", wrapped(f"double {', '.join(quality)};", 4), "} golden_quality = {"]
    return lines + [f"    .{name} = {number(value)}," for name, value in quality.items()] + ["};"]


def main():
    versions = (
        f"Evidently {evidently.__version__}, SciPy {scipy.__version__}, scikit-learn {sklearn.__version__}, "
        f"pandas {pd.__version__}, NumPy {np.__version__}"
    )
    print(
        f"/* Made by tools/golden_stats_binned.py with\n * {versions}. Do not edit.\n *\n"
        " * psi to hellinger and the p of chi-square fit and z are Evidently's, the rest of the tests SciPy's, model\n"
        " * quality scikit-learn's. Tests hold ours to 1e-9: sums in another order differ by 1e-15, and Hellinger near 0\n"
        " * by 1e-8, because Evidently takes the root of a difference. clang-format off */"
    )
    print("#ifndef STATS_GOLDEN_BINNED_H\n#define STATS_GOLDEN_BINNED_H\n")
    print("#include <math.h>\n#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n")
    print(
        "static const struct golden_categories {\n    const char *why;\n    size_t categories;\n"
        "    uint64_t reference[10], current[10];\n    double psi, kl, js, hellinger, total_variation;\n"
        "    double fit, fit_p, g_fit, g_fit_p, homogeneity, homogeneity_p, g_homogeneity, g_homogeneity_p, z_p;\n"
        "} golden_categories[] = {"
    )
    print("\n".join(categories_line(*case) for case in CATEGORIES) + "\n};\n")
    print(
        "static const struct golden_numbers {\n    const char *why;\n    bool is_integer;\n"
        "    size_t reference_count, current_count;\n    double reference[60], current[60];\n    size_t bins;\n"
        "    double edges[16];\n    uint64_t reference_bins[16], current_bins[16];\n    double psi, kl, js, hellinger;\n"
        "} golden_numbers[] = {"
    )
    print("\n".join(line for case in numeric_columns() for line in numeric_lines(*case)) + "\n};\n")
    print("\n".join(wrapped(line, 0) if line.endswith(" };") or "[40]" in line else line for line in model_quality()))
    print("\n#endif")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
