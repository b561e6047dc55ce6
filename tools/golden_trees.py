#!/usr/bin/env python3
"""Writes src/serve/trees/golden_trees.h: small models of XGBoost and LightGBM, and what these answer.

    python3 tools/golden_trees.py > src/serve/trees/golden_trees.h

Made with XGBoost 3.2.0 and LightGBM 4.7.0. Answers are float32 of XGBoost, so that tests compare at 1e-6.
"""

import os
import tempfile

import lightgbm as lgb
import numpy as np
import xgboost as xgb

rng = np.random.default_rng(1)
X = rng.normal(size=(200, 3)).astype("f4")
X[:, 2] = rng.integers(0, 5, 200)
X[::9, 0] = np.nan
z = np.nan_to_num(X[:, 0]) + X[:, 1] * (X[:, 2] > 2)
T = np.array([[0.25, -0.5, 3], [np.nan, 1.5, 0], [-2, np.nan, 4], [0, 0, np.nan], [1e30, -1e30, 1]], dtype="f4")


def c(value):
    return "NAN" if np.isnan(value) else repr(float(value))


def array(values):
    return "{ " + ", ".join(c(v) for v in np.ravel(values)) + " }"


def spell(data):
    """The bytes as a C string, in lines that fit."""
    out, line = [], ""
    for i, byte in enumerate(data):
        char = chr(byte)
        if char in "\"\\":
            piece = "\\" + char
        elif char == "\n":
            piece = "\\n"
        elif 32 <= byte < 127 and not (char == "?" and line.endswith("?")):
            piece = char
        else:
            piece = f"\\{byte:03o}"
        line += piece
        if len(line) > 108:
            out.append(line)
            line = ""
    return "\n".join(f'    "{part}"' for part in out + [line])


models = []


def add(name, suffix, save, predictions, contributions):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m" + suffix)
        save(path)
        with open(path, "rb") as file:
            data = file.read()
    symbol = f"golden_{name}"
    print(f"static const char {symbol}_bytes[] =\n{spell(data)};")
    print(f"static const double {symbol}_answers[] = {array(predictions)};")
    contributions = np.empty(0) if contributions is None else contributions
    print(f"static const double {symbol}_contributions[] = {array(contributions) if contributions.size else '{ 0 }'};\n")
    models.append((name, "m" + suffix, len(data), np.size(predictions) // len(T), contributions.size > 0))


def add_xgb(name, suffix, params, y, rounds=3, **data):
    booster = xgb.train(params | {"nthread": 1}, xgb.DMatrix(X, y, **data), rounds)
    test = xgb.DMatrix(T, **data)
    add(name, suffix, booster.save_model, booster.predict(test), booster.predict(test, pred_contribs=True))


def add_lgb(name, params, y, rounds=3, contributions=True, **data):
    params = {"verbose": -1, "num_threads": 1, "num_leaves": 5, "min_data_in_leaf": 5, "min_data_per_group": 5} | params
    booster = lgb.train(params, lgb.Dataset(X.astype("f8"), y, **data), rounds)

    def save(path):
        booster.save_model(path)
        with open(path) as file:
            lines = file.read().split("\n")
        kept = [line for line in lines if not line.startswith("[") or line.startswith("[categorical_feature")]
        with open(path, "w") as file:  # parameters are for people
            file.write("\n".join(kept))

    add(name, ".txt", save, booster.predict(T), booster.predict(T, pred_contrib=True) if contributions else None)


print("/* Written by tools/golden_trees.py; do not edit. */")
print("#ifndef SERVE_GOLDEN_TREES_H\n#define SERVE_GOLDEN_TREES_H\n\n#include <math.h>\n#include <stddef.h>\n")
print(f"#define GOLDEN_ROWS {len(T)}\n#define GOLDEN_FEATURES {T.shape[1]}")
print(f"static const double golden_rows[] = {array(T)};\n")
kinds = ["q", "q", "c"]
add_xgb("xgb_regression_json", ".json", {"max_depth": 2}, z)
add_xgb("xgb_logistic_ubj", ".ubj", {"max_depth": 3, "objective": "binary:logistic"}, z > 0)
add_xgb("xgb_softprob_ubj", ".ubj", {"max_depth": 2, "objective": "multi:softprob", "num_class": 3}, (z > 0) * 1 + (z > 1), 2)
add_xgb("xgb_poisson_json", ".json", {"max_depth": 1, "objective": "count:poisson"}, np.floor(np.exp(z)))
add_xgb("xgb_dart_ubj", ".ubj", {"max_depth": 2, "booster": "dart", "rate_drop": 0.9}, z, 4)
add_xgb("xgb_linear_json", ".json", {"booster": "gblinear"}, z)
add_xgb("xgb_categories_ubj", ".ubj", {"max_depth": 3, "max_cat_to_onehot": 1}, z, 2, feature_types=kinds, enable_categorical=True)
add_lgb("lgb_regression", {}, z)
add_lgb("lgb_binary_categories", {"objective": "binary"}, z > 0, categorical_feature=[2])
add_lgb("lgb_multiclass_zero_missing", {"objective": "multiclass", "num_class": 3, "zero_as_missing": True}, (z > 0) * 1 + (z > 1), 2)
add_lgb("lgb_linear_trees", {"linear_tree": True}, z, 2, contributions=False)
print("static const struct golden_model {\n    const char *name, *file, *bytes;\n    size_t size;")
print("    const double *answers; /* [GOLDEN_ROWS][outputs], as the library's predict gives them */")
print("    size_t outputs;\n    const double *contributions; /* [GOLDEN_ROWS][outputs][GOLDEN_FEATURES + 1] or NULL */\n} golden_models[] = {")
for name, file, size, outputs, is_explained in models:
    print(f"    {{ \"{name}\", \"{file}\", golden_{name}_bytes, {size}, golden_{name}_answers, {outputs},")
    print(f"      {f'golden_{name}_contributions' if is_explained else 'NULL'} }},")
print("};\n\n#endif")
