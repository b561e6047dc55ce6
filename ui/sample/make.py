"""Makes documents in the shape of docs/report.md for the pages' tests and for looking at the pages.

    python sample/make.py FOLDER        (needs numpy, scipy and scikit-learn)

Test fixtures only: the numbers are plausible, and computed from drawn data where that is easy, but no golden values.
"""
import json
import pathlib
import sys

import numpy as np
from scipy import stats
from sklearn import metrics
from sklearn.datasets import load_wine

CREATED = "2026-11-21T10:31:32Z"
QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]


def finite(value):
    value = float(value)
    return value if np.isfinite(value) else None


def size_word(value, limits):
    words = ["negligible", "small", "medium", "large"]
    return words[int(np.searchsorted(limits, abs(value), side="right"))]


def numeric_quality(values, missing=0):
    present = values[np.isfinite(values)]
    names, counts = np.unique(present, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:5]
    return {
        "count": len(present), "missing": missing, "missing_share": missing / (len(present) + missing), "infinite": 0,
        "unique": len(names), "unique_share": len(names) / len(present),
        "most_frequent": [{"value": repr(float(names[i])), "count": int(counts[i])} for i in order],
        "constant": len(names) == 1, "almost_constant": bool(counts.max() / len(present) > 0.95),
        "mean": present.mean(), "std": finite(present.std(ddof=1)), "min": present.min(), "max": present.max(),
        "sum": present.sum(), "zeros": int((present == 0).sum()), "negative": int((present < 0).sum()),
        "skewness": finite(stats.skew(present)), "kurtosis": finite(stats.kurtosis(present)),
        "quantiles": {str(q): float(np.quantile(present, q)) for q in QUANTILES},
    }


def category_quality(values, missing=0):
    names, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:5]
    return {
        "count": len(values), "missing": missing, "missing_share": missing / (len(values) + missing), "infinite": 0,
        "unique": len(names), "unique_share": len(names) / len(values),
        "most_frequent": [{"value": str(names[i]), "count": int(counts[i])} for i in order],
        "constant": len(names) == 1, "almost_constant": bool(counts.max() / len(values) > 0.95),
    }


def drift(method, kind, score, threshold, p, effect, detectable=None, statistic=None, note=None):
    drifted = None if score is None else (score < threshold if kind == "p_value" else score >= threshold)
    return {"method": method, "score": score, "score_kind": kind, "threshold": threshold, "drifted": drifted,
            "statistic": statistic, "p_value": p, "effect": effect, "detectable": detectable, "note": note}


def numeric_drift(reference, current):
    ks = stats.ks_2samp(reference, current)
    pooled = np.sqrt((reference.var(ddof=1) + current.var(ddof=1)) / 2)
    d = (current.mean() - reference.mean()) / pooled if pooled > 0 else 0.0
    effect = {"name": "cohens_d", "value": d, "size": size_word(d, [0.2, 0.5, 0.8])}
    shift = {"shift": 2.8 * np.sqrt(1 / len(reference) + 1 / len(current)), "unit": "reference_std"}
    wasserstein = stats.wasserstein_distance(reference, current) / max(reference.std(), 0.001)
    cvm = stats.cramervonmises_2samp(reference, current)
    t = stats.ttest_ind(reference, current)
    return [
        drift("ks", "p_value", ks.pvalue, 0.05, ks.pvalue, effect, shift, ks.statistic),
        drift("wasserstein", "distance", wasserstein, 0.1, ks.pvalue, effect, shift),
        drift("cramer_von_mises", "p_value", cvm.pvalue, 0.1, cvm.pvalue, effect, shift, cvm.statistic),
        drift("t_test", "p_value", t.pvalue, 0.05, t.pvalue, effect, shift, t.statistic),
        drift("fisher_exact", "p_value", None, 0.1, None, None, None, None, "not applicable: more than 2 distinct values"),
    ]


def numeric_column(name, reference, current, missing=(0, 0), role="feature"):
    low, high = min(reference.min(), current.min()), max(reference.max(), current.max())
    bins = int(min(40, np.ceil(np.log2(len(reference) + len(current)) + 1) * 2))
    edges = np.linspace(low, high, bins + 1)
    slices = 12
    bounds = np.linspace(0, len(current), slices + 1).astype(int)
    parts = [current[a:b] for a, b in zip(bounds, bounds[1:])]
    findings = []
    if missing[1] > missing[0]:
        findings.append({"kind": "missing_increased", "severity": "warning", "values": [],
                         "text": f"Missing values rose from {missing[0]} to {missing[1]}."})
    return {
        "name": name, "type": "num", "role": role, "inferred": True, "in_reference": True, "in_current": True, "note": None,
        "drift": numeric_drift(reference, current),
        "quality": {"reference": numeric_quality(reference, missing[0]), "current": numeric_quality(current, missing[1]),
                    "findings": findings},
        "distribution": {"kind": "histogram", "edges": edges.tolist(), "reference": np.histogram(reference, edges)[0].tolist(),
                         "current": np.histogram(current, edges)[0].tolist()},
        "over_time": {
            "unit": "row", "from": bounds[:-1].tolist(), "to": bounds[1:].tolist(), "method": "ks",
            "score": [stats.ks_2samp(reference, part).pvalue for part in parts],
            "mean": [part.mean() for part in parts], "missing_share": [missing[1] / max(1, len(current))] * slices},
    }


def category_column(name, reference, current, role="feature", kind="cat"):
    names, counts = np.unique(np.concatenate([reference, current]), return_counts=True)
    names = names[np.argsort(-counts, kind="stable")]
    sides = [[int((side == label).sum()) for label in names] for side in (reference, current)]
    expected = np.array(sides[0]) * len(current) / len(reference)
    fresh = [str(n) for n, r in zip(names, sides[0]) if r == 0]
    p = 0.0 if fresh else stats.chisquare(sides[1], expected).pvalue
    table = np.array(sides)
    v = np.sqrt(stats.chi2_contingency(table)[0] / table.sum())
    effect = {"name": "cramers_v", "value": v, "size": size_word(v, [0.1, 0.3, 0.5])}
    top = 20
    folded = [side[:top] + ([sum(side[top:])] if len(side) > top else []) for side in sides]
    findings = []
    if fresh:
        findings.append({"kind": "new_category", "severity": "warning", "values": fresh,
                         "text": f"{len(fresh)} new categories: {', '.join(fresh)}"})
    js = float(np.sqrt(max(0.0, 0.5 * sum(
        stats.entropy(np.array(side) / sum(side), table.sum(0) / table.sum()) for side in sides))))
    return {
        "name": name, "type": kind, "role": role, "inferred": kind != "bool", "in_reference": True, "in_current": True, "note": None,
        "drift": [drift("chisquare", "p_value", p, 0.05, p, effect),
                  drift("jensenshannon", "distance", js, 0.1, p, effect)],
        "quality": {"reference": category_quality(reference), "current": category_quality(current), "findings": findings},
        "distribution": {"kind": "categories", "categories": [str(n) for n in names[:top]] + (["(other)"] if len(names) > top else []),
                         "reference": folded[0], "current": folded[1]},
        "over_time": None,
    }


def side_quality(rows, columns, missing=0, duplicates=0):
    return {"rows": rows, "columns": columns, "missing_cells": missing, "missing_share": missing / (rows * columns),
            "infinite_cells": 0, "empty_rows": 0, "empty_columns": 0, "duplicated_rows": duplicates, "duplicated_columns": 0,
            "constant_columns": 0, "almost_constant_columns": 0}


def correlations(names, reference, current):
    found = []
    for method, matrix in (("pearson", np.corrcoef), ("spearman", lambda m: np.asarray(stats.spearmanr(m.T)[0]))):
        found.append((method, matrix(reference.T), matrix(current.T)))
    changed = []
    for method, a, b in found:
        for i in range(len(names)):
            for j in range(i + 1, len(names)):
                if abs(a[i, j] - b[i, j]) > 0.25:
                    changed.append({"method": method, "a": names[i], "b": names[j], "reference": a[i, j], "current": b[i, j],
                                    "difference": b[i, j] - a[i, j]})
    changed.sort(key=lambda pair: -abs(pair["difference"]))
    return {"columns": names, "changed": changed[:20], "note": "kendall was left out; ask with --correlations all",
            "methods": [{"method": m, "reference": a.tolist(), "current": b.tolist()} for m, a, b in found]}


def document(name, columns, rows, **more):
    evaluated = [c for c in columns if c["drift"] and c["drift"][0]["drifted"] is not None]
    drifted = [c for c in evaluated if c["drift"][0]["drifted"]]
    share = len(drifted) / len(evaluated) if evaluated else None
    is_drifted = share is not None and share >= 0.5
    base = {
        "kedge": "0.1.0", "created": CREATED, "name": name, "compat": "none", "model": None, "window": None,
        "reference": {"rows": rows[0], "columns": len(columns), "origin": "data/reference.parquet", "version": None},
        "current": {"rows": rows[1], "columns": len(columns), "origin": "data/current.parquet"},
        "verdict": "drift" if is_drifted else "ok",
        "summary": [f"Data drift: {len(drifted)} of {len(evaluated)} columns drifted (the limit is 50 %)."],
        "dataset_drift": {"drifted": is_drifted, "drifted_columns": len(drifted), "evaluated_columns": len(evaluated),
                          "share": share, "threshold": 0.5, "skipped_columns": len(columns) - len(evaluated)},
        "columns": columns,
        "data_quality": {"reference": side_quality(rows[0], max(1, len(columns))),
                         "current": side_quality(rows[1], max(1, len(columns)), 23, 2), "correlations": None},
        "classification": None, "regression": None, "fairness": None, "tests": [], "timing":
            {"read_ms": 12.04, "analysis_ms": 3.13, "threads": 2},
    }
    base.update(more)
    return base


def drift_tests(doc):
    state = doc["dataset_drift"]
    return [
        {"name": "share of drifted columns", "column": None, "status": "fail" if state["drifted"] else "pass",
         "severity": "critical", "value": state["share"], "condition": "< 0.5", "reference_value": None, "note": None},
        {"name": "share of missing values", "column": "ash", "status": "warn", "severity": "warning", "value": 0.129,
         "condition": "<= 0.05", "reference_value": 0.0, "note": None},
        {"name": "minimum", "column": "alcohol", "status": "pass", "severity": "warning", "value": 11.41,
         "condition": ">= reference - 10 %", "reference_value": 11.03, "note": None},
        {"name": "accuracy", "column": None, "status": "skip", "severity": "critical", "value": None, "condition": ">= 0.8",
         "reference_value": None, "note": "no target column in the current data"},
    ]


def wine(rng):
    data = load_wine()
    names = [name.replace("/", "_") for name in data.feature_names]
    reference = data.data
    pick = rng.choice(len(reference), len(reference), p=np.where(data.target == 0, 0.5, 1) / np.where(data.target == 0, 0.5, 1).sum())
    current = reference[pick] * (1 + rng.normal(0, 0.01, reference.shape))
    current[:, 0] += 0.55 * reference[:, 0].std()
    current[:, 9] *= 1.35
    columns = []
    for i, name in enumerate(names):
        values = current[:, i] if name != "ash" else current[23:, i]
        columns.append(numeric_column(name, reference[:, i], values, (0, 23 if name == "ash" else 0)))
    doc = document("Wine: production against training", columns, (178, 178), model={"name": "wine", "version": "3"},
                   window={"from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z", "last": 178, "segment": {"region": "EU"}})
    doc["data_quality"]["correlations"] = correlations(names, reference, current)
    doc["tests"] = drift_tests(doc)
    return doc


def curve(x_name, y_name, x, y, most=200):
    keep = np.unique(np.linspace(0, len(x) - 1, min(most, len(x))).astype(int))
    return {x_name: np.asarray(x)[keep].tolist(), y_name: np.asarray(y)[keep].tolist()}


def scores(target, prediction, labels, average):
    values = metrics.precision_recall_fscore_support(target, prediction, labels=labels, average=average, zero_division=0)
    return {"precision": float(values[0]), "recall": float(values[1]), "f1": float(values[2])}


def label_metrics(target, prediction, labels):
    precision, recall, f1, support = metrics.precision_recall_fscore_support(target, prediction, labels=labels, zero_division=0)
    confusion = metrics.confusion_matrix(target, prediction, labels=labels)
    return {
        "rows": len(target), "accuracy": metrics.accuracy_score(target, prediction),
        "balanced_accuracy": metrics.balanced_accuracy_score(target, prediction), **scores(target, prediction, labels, "macro"),
        "mcc": metrics.matthews_corrcoef(target, prediction),
        "averages": {kind: scores(target, prediction, labels, kind) for kind in ("macro", "micro", "weighted")},
        "by_label": [{"label": label, "precision": float(precision[i]), "recall": float(recall[i]), "f1": float(f1[i]),
                      "support": int(support[i]), "roc_auc": None} for i, label in enumerate(labels)],
        "confusion": confusion.tolist(),
        "dummy": {"accuracy": 0.51, "precision": 0.33, "recall": 0.33, "f1": 0.33, "log_loss": 1.0986, "roc_auc": 0.5},
    }


def probability_metrics(target, probability, positive):
    truth = (target == positive).astype(int)
    fpr, tpr, _ = metrics.roc_curve(truth, probability)
    precision, recall, _ = metrics.precision_recall_curve(truth, probability)
    edges = np.linspace(0, 1, 11)
    calibration = []
    for low, high in zip(edges, edges[1:]):
        inside = (probability >= low) & ((probability < high) | (high == 1))
        count = int(inside.sum())
        calibration.append({"from": low, "to": high, "count": count,
                            "mean_predicted": finite(probability[inside].mean()) if count else None,
                            "observed": finite(truth[inside].mean()) if count else None})
    order = np.argsort(-probability)
    lift = []
    for share in np.linspace(0.05, 1, 20):
        top = truth[order[:max(1, int(share * len(truth)))]]
        lift.append({"share": share, "lift": top.mean() / truth.mean(), "captured": top.sum() / truth.sum()})
    return {
        "log_loss": metrics.log_loss(truth, probability), "roc_auc": metrics.roc_auc_score(truth, probability),
        "average_precision": metrics.average_precision_score(truth, probability),
        "brier": metrics.brier_score_loss(truth, probability), "ece": 0.043,
        "roc": curve("fpr", "tpr", fpr, tpr), "pr": curve("precision", "recall", precision, recall),
        "calibration": calibration, "lift": lift}


def binary_side(rng, rows, quality):
    truth = rng.random(rows) < 0.27
    probability = 1 / (1 + np.exp(-(quality * (truth - 0.5) * 2 + rng.normal(0, 1.2, rows) - 0.6)))
    target = np.where(truth, "yes", "no")
    prediction = np.where(probability >= 0.5, "yes", "no")
    found = label_metrics(target, prediction, ["no", "yes"])
    (tn, fp), (fn, tp) = found["confusion"]
    found.update({"precision": tp / (tp + fp), "recall": tp / (tp + fn), "f1": 2 * tp / (2 * tp + fp + fn), "tpr": tp / (tp + fn),
                  "tnr": tn / (tn + fp), "fpr": fp / (fp + tn), "fnr": fn / (fn + tp)})
    found.update(probability_metrics(target, probability, "yes"))
    return found, target, prediction


def churn(rng):
    reference, target, prediction = binary_side(rng, 3500, 1.4)
    current, target2, prediction2 = binary_side(rng, 3543, 0.9)
    contracts = np.array(["Month-to-month", "One year", "Two year"])
    columns = [
        numeric_column("tenure", rng.gamma(2, 16, 3500).round(), rng.gamma(2, 14, 3543).round()),
        numeric_column("monthly_charges", rng.normal(64, 30, 3500).clip(18, 118), rng.normal(70, 30, 3543).clip(18, 118)),
        category_column("contract", rng.choice(contracts, 3500, p=[.55, .21, .24]), rng.choice(contracts, 3543, p=[.66, .18, .16])),
        category_column("payment_method", rng.choice(["card", "check"], 3500), rng.choice(["card", "check", "wallet"], 3543, p=[.46, .46, .08])),
        category_column("churn", target, target2, role="target"),
        category_column("prediction", prediction, prediction2, role="prediction"),
    ]
    doc = document("Churn: November against training", columns, (3500, 3543), model={"name": "churn", "version": "12"})
    segments = [{"column": "contract", "value": value, "rows": 900, "metrics": binary_side(rng, 900, quality)[0]}
                for value, quality in zip(contracts, (0.8, 1.2, 1.6))]
    doc["classification"] = {"task": "binary", "target": "churn", "prediction": "prediction", "labels": ["no", "yes"],
                             "positive": "yes", "reference": reference, "current": current, "segments": segments}
    doc["fairness"] = {"column": "gender", "reference_group": "female", "groups": [
        {"group": "female", "rows": 1760, "selection_rate": 0.31, "tpr": 0.66, "fpr": 0.2},
        {"group": "male", "rows": 1783, "selection_rate": 0.29, "tpr": 0.61, "fpr": 0.19}],
        "demographic_parity_ratio": 0.9355, "equal_opportunity_difference": -0.05, "note": None}
    doc["verdict"] = "drift_and_failed_tests"
    doc["tests"] = drift_tests(doc) + [{"name": "accuracy", "column": None, "status": "fail", "severity": "critical",
                                        "value": current["accuracy"], "condition": ">= reference - 2 %",
                                        "reference_value": reference["accuracy"], "note": None}]
    return doc


def multiclass(rng):
    labels = ["blues", "classical", "jazz", "metal", "pop"]

    def side(rows, right):
        target = rng.choice(labels, rows)
        prediction = np.where(rng.random(rows) < right, target, rng.choice(labels, rows))
        return label_metrics(target, prediction, labels), target, prediction
    reference, target, prediction = side(800, 0.85)
    current, target2, prediction2 = side(640, 0.62)
    columns = [numeric_column(f"mfcc_{i}", rng.normal(0, 10, 800), rng.normal(3 if i in (2, 5) else 0, 10, 640)) for i in range(1, 14)]
    columns += [category_column("genre", target, target2, role="target"), category_column("predicted_genre", prediction, prediction2, role="prediction")]
    doc = document("Music genres: this week", columns, (800, 640))
    doc["classification"] = {"task": "multiclass", "target": "genre", "prediction": "predicted_genre", "labels": labels,
                             "positive": None, "reference": reference, "current": current, "segments": []}
    return doc


def regression_side(rng, rows, bias):
    actual = rng.gamma(6, 700, rows)
    predicted = actual * rng.normal(1 + bias, 0.12, rows) + rng.normal(0, 200, rows)
    error = predicted - actual
    counts, edges = np.histogram(error, 30)
    theoretical, observed = stats.probplot(error, fit=False)
    keep = np.linspace(0, rows - 1, min(rows, 300)).astype(int)
    w = stats.shapiro(error[:5000])
    return {
        "rows": rows, "me": error.mean(), "me_std": error.std(ddof=1), "mae": abs(error).mean(), "mae_std": abs(error).std(ddof=1),
        "rmse": np.sqrt((error ** 2).mean()), "r2": metrics.r2_score(actual, predicted), "mape": 100 * (abs(error) / actual).mean(),
        "mape_std": 100 * (abs(error) / actual).std(ddof=1), "mape_skipped": 0, "max_abs_error": abs(error).max(),
        "normality": {"method": "shapiro_wilk", "statistic": w.statistic, "p_value": w.pvalue},
        "dummy": {"mae": 1350.2, "rmse": 1711.0, "mape": 44.1},
        "residuals": {"edges": edges.tolist(), "counts": counts.tolist()},
        "qq": {"theoretical": theoretical[keep].tolist(), "observed": (observed[keep] / error.std(ddof=1)).tolist()},
        "predicted_vs_actual": {"actual": actual[keep].tolist(), "predicted": predicted[keep].tolist()}}


def bikes(rng):
    columns = [numeric_column(name, rng.normal(0.5, 0.18, 365), rng.normal(mean, 0.18, 366))
               for name, mean in (("temp", 0.52), ("hum", 0.5), ("windspeed", 0.42))]
    columns.append(category_column("holiday", rng.choice(["False", "True"], 365, p=[.97, .03]), rng.choice(["False", "True"], 366, p=[.97, .03]), kind="bool"))
    doc = document("Bike rentals: 2012 against 2011", columns, (365, 366))
    doc["regression"] = {
        "target": "cnt", "prediction": "prediction", "reference": regression_side(rng, 365, 0.0), "current": regression_side(rng, 366, -0.14),
        "segments": [{"column": "season", "value": value, "rows": 90, "metrics": regression_side(rng, 90, -0.1)} for value in ("spring", "summer")],
        "error_bias": [{"column": "temp", "type": "num", "under_mean": 0.61, "majority_mean": 0.52, "over_mean": 0.4, "range_share": 0.31},
                       {"column": "hum", "type": "num", "under_mean": 0.5, "majority_mean": 0.51, "over_mean": None, "range_share": None}]}
    return doc


def edge():
    """Everything that may be null is null, and names are hostile."""
    nothing = {"count": 0, "missing": 5, "missing_share": 1.0, "infinite": 0, "unique": 0, "unique_share": None, "most_frequent": [],
               "constant": False, "almost_constant": False, "mean": None, "std": None, "min": None, "max": None, "sum": None, "zeros": 0,
               "negative": 0, "skewness": None, "kurtosis": None, "quantiles": {str(q): None for q in QUANTILES}}
    why = "not applicable: all values are missing in the current data"
    columns = [
        {"name": "<!--<script>alert(1)</script>", "type": "num", "role": "feature", "inferred": True, "in_reference": True,
         "in_current": True, "note": "all values are missing in the current data",
         "drift": [drift("ks", "p_value", None, 0.05, None, None, None, None, why)],
         "quality": {"reference": nothing, "current": nothing, "findings": [
             {"kind": "all_missing", "severity": "warning", "text": "All 5 values are missing.", "values": []}]},
         "distribution": {"kind": "histogram", "edges": [], "reference": [], "current": []}, "over_time": None},
        {"name": "a_name_without_any_place_to_break_" * 6, "type": "text", "role": "feature", "inferred": False, "in_reference": False,
         "in_current": True, "note": "only in the current data", "drift": [],
         "quality": {"reference": None, "current": {**category_quality(np.array(["x", "y"])), "mean_length": None, "min_length": None,
                                                    "max_length": None}, "findings": []}},
        {"name": "", "type": "datetime", "role": "timestamp", "inferred": True, "in_reference": True, "in_current": True, "note": None,
         "drift": [], "quality": {"reference": None, "current": None, "findings": []}, "over_time": None},
    ]
    doc = document("", columns, (5, 5), verdict="ok", summary=[], timing=None)
    doc["dataset_drift"]["share"] = None
    doc["data_quality"] = {"reference": None, "current": side_quality(5, 3), "correlations": {
        "columns": ["a", "b"], "changed": [], "note": "too few rows",
        "methods": [{"method": "pearson", "reference": [[None, None], [None, None]], "current": None}]}}
    metrics_of_nothing = {"rows": 0, "accuracy": None, "precision": None, "recall": None, "f1": None, "mcc": None, "averages": {},
                          "by_label": [], "confusion": []}
    doc["classification"] = {"task": "binary", "target": "t", "prediction": "p", "labels": [], "positive": None, "reference": None,
                             "current": metrics_of_nothing, "segments": []}
    doc["regression"] = {"target": "t", "prediction": "p", "reference": None, "segments": [], "error_bias": [],
                         "current": {"rows": 0, "me": None, "mae": None, "rmse": None, "r2": None, "mape": None, "normality": None,
                                     "residuals": {"edges": [], "counts": []}, "qq": {"theoretical": [], "observed": []},
                                     "predicted_vs_actual": {"actual": [], "predicted": []}, "dummy": None}}
    doc["tests"] = [{"name": "accuracy", "column": None, "status": "skip", "severity": "critical", "value": None, "condition": None,
                     "reference_value": None, "note": "not applicable: no rows"}]
    return doc


def plain(value):
    """NumPy's scalars as Python's, and no NaN in JSON."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    folder.mkdir(parents=True, exist_ok=True)
    for make in (wine, churn, multiclass, bikes, edge):
        doc = make() if make is edge else make(np.random.default_rng(7))
        (folder / f"{make.__name__}.json").write_text(json.dumps(plain(doc), allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
