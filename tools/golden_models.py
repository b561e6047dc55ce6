#!/usr/bin/env python3
"""Writes the small models below tests/models/ (onnx_*, sklearn_*) and src/serve/golden_models.h: what the libraries
that made them answer on a few rows.

    python3 tools/golden_models.py

Needs mlflow, scikit-learn, skl2onnx, onnx, pandas. Expected values are those of scikit-learn itself where it made the
model, hand work where the graph was made here; none comes from Kedge or ONNX Runtime. Data are fixed by seeds.
"""

import os
import shutil
import tempfile
import warnings

import mlflow
import mlflow.onnx
import mlflow.sklearn
import numpy as np
import onnx
import pandas as pd
import skl2onnx
import sklearn
from onnx import TensorProto, helper, numpy_helper
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.simplefilter("ignore")
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
MODELS = os.path.join(ROOT, "tests", "models")
KEPT = ("MLmodel", "model.onnx", "model.pkl", "input_example.json", "serving_input_example.json")
OPSET = 17
entries = []


def keep(name, save):
    """Saves with MLflow, keeps the few files that a server reads."""
    target = os.path.join(MODELS, name)
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        save(os.path.join(folder, "model"))
        os.makedirs(target)
        for file in os.listdir(os.path.join(folder, "model")):
            if file in KEPT or file.endswith(".data") or file.startswith("weights"):
                shutil.copy(os.path.join(folder, "model", file), target)


def expect(name, why, rows, values, labels, probabilities, classes):
    entries.append((name, why, rows, values, labels, probabilities, classes))


def iris():
    X, y = load_iris(return_X_y=True)
    return X.astype(np.float32), y


def save_classifier(name, why, model, rows, options, signature=None):
    graph = skl2onnx.to_onnx(model, rows[:1], options=options, target_opset=OPSET)
    keep(name, lambda path: mlflow.onnx.save_model(graph, path, signature=signature, save_as_external_data=False))
    labels = model.predict(rows)
    expect(name, why, rows, None, [str(v) for v in labels], model.predict_proba(rows.astype(np.float64)), [str(c) for c in model.classes_])


def classifiers():
    X, y = iris()
    rows = X[[0, 50, 77, 120, 149]]
    names = ["sepal length", "sepal width", "petal length", "petal width"]
    logistic = LogisticRegression(max_iter=500).fit(X, y)
    signature = mlflow.models.infer_signature(pd.DataFrame(X.astype(np.float64), columns=names), y)
    save_classifier("onnx_logistic_zipmap", "probabilities as a list of maps, skl2onnx's default; a signature of columns",
                    logistic, rows, None, signature)
    save_classifier("onnx_logistic", "probabilities as a tensor, no signature", logistic, rows, {"zipmap": False})
    words = np.array(["setosa", "versicolor", "virginica"])[y]
    forest = RandomForestClassifier(n_estimators=5, max_depth=3, random_state=7).fit(X, words)
    save_classifier("onnx_forest_text", "labels are texts, named in the graph only", forest, rows, {"zipmap": False})
    save_classifier("onnx_forest_text_zipmap", "text labels are a map's keys", forest, rows, None)
    odd = RandomForestClassifier(n_estimators=3, max_depth=2, random_state=7).fit(X, np.array([3, 7, 40])[y])
    save_classifier("onnx_forest_odd", "whole-number labels that are no indexes", odd, rows, {"zipmap": False})
    signature = mlflow.models.infer_signature(pd.DataFrame(X.astype(np.float64), columns=names), y)
    keep("sklearn_logistic", lambda path: mlflow.sklearn.save_model(
        logistic, path, signature=signature, serialization_format="cloudpickle",
        input_example=pd.DataFrame(X[:2].astype(np.float64), columns=names)))
    expect("sklearn_logistic", "a pickle", rows, None, [str(v) for v in logistic.predict(rows)],
           logistic.predict_proba(rows.astype(np.float64)), [str(c) for c in logistic.classes_])


def regressors():
    X, _ = iris()
    y = X[:, 3]
    rows = X[[0, 50, 77, 120, 149]][:, :3]
    for name, why, model in (
        ("onnx_linear", "one number a row", LinearRegression()),
        ("onnx_forest_regressor", "a forest's mean", RandomForestRegressor(n_estimators=5, max_depth=4, random_state=7)),
    ):
        model.fit(X[:, :3], y)
        graph = skl2onnx.to_onnx(model, rows[:1], target_opset=OPSET)
        keep(name, lambda path: mlflow.onnx.save_model(graph, path, save_as_external_data=False))
        expect(name, why, rows, model.predict(rows), None, None, [])


def text_columns():
    rng = np.random.default_rng(7)
    data = pd.DataFrame({
        "contract": rng.choice(["month", "year", "two years"], 300),
        "tenure": rng.integers(1, 72, 300),
        "charge": rng.uniform(20, 110, 300).astype(np.float32),
    })
    score = (data.contract == "month") * 2.0 - data.tenure / 24 + data.charge / 60
    model = make_pipeline(ColumnTransformer([("text", OneHotEncoder(handle_unknown="ignore"), ["contract"]),
                                             ("number", StandardScaler(), ["tenure", "charge"])]),
                          LogisticRegression()).fit(data, (score > 0.7).map({True: "yes", False: "no"}))
    graph = skl2onnx.to_onnx(model, initial_types=[("contract", StringTensorType([None, 1])), ("tenure", Int64TensorType([None, 1])),
                                                   ("charge", FloatTensorType([None, 1]))],
                             options={"zipmap": False}, target_opset=OPSET)
    keep("onnx_text_columns", lambda path: mlflow.onnx.save_model(graph, path, save_as_external_data=False))
    rows = data.iloc[:5]
    expect("onnx_text_columns", "an input a column: text, whole numbers, floats", rows, None, list(model.predict(rows)),
           model.predict_proba(rows), list(model.classes_))


def graph_of(nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, "hand made", inputs, outputs, initializer=list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def hand_made():
    """Graphs small enough to work out by hand."""
    value = helper.make_tensor_value_info
    weights = np.array([[1, -1], [2, 0], [0, 3]], dtype=np.float64)
    rows = np.array([[1, 2, 3], [0, 0, 0], [-1, 0.5, 0.25]])
    logits = rows @ weights
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    softmax = graph_of([helper.make_node("MatMul", ["x", "w"], ["l"]), helper.make_node("Softmax", ["l"], ["p"], axis=1)],
                       [value("x", TensorProto.DOUBLE, [None, 3])], [value("p", TensorProto.DOUBLE, [None, 2])],
                       [numpy_helper.from_array(weights, "w")])
    keep("onnx_softmax", lambda path: mlflow.onnx.save_model(softmax, path, save_as_external_data=False))
    expect("onnx_softmax", "a network's shares without a label; doubles", rows, None,
           [str(i) for i in shares.argmax(axis=1)], shares, ["0", "1"])

    two = graph_of([helper.make_node("Mul", ["a", "b"], ["product"]), helper.make_node("Add", ["a", "b"], ["sum"])],
                   [value("a", TensorProto.FLOAT, [1]), value("b", TensorProto.FLOAT, [1])],
                   [value("product", TensorProto.FLOAT, [1]), value("sum", TensorProto.FLOAT, [1])])
    keep("onnx_one_row", lambda path: mlflow.onnx.save_model(two, path, save_as_external_data=False))
    pairs = np.array([[2, 3], [-1, 8], [0.5, 0.5]])
    expect("onnx_one_row", "a fixed batch of one row, two inputs without columns, two outputs", pairs, pairs[:, 0] * pairs[:, 1],
           None, None, [])

    wide = np.arange(600, dtype=np.float32).reshape(300, 2) / 300
    matrix = graph_of([helper.make_node("MatMul", ["x", "w"], ["y2"]), helper.make_node("ReduceSum", ["y2", "axes"], ["y"], keepdims=0)],
                      [value("x", TensorProto.FLOAT, [None, 300])], [value("y", TensorProto.FLOAT, [None])],
                      [numpy_helper.from_array(wide, "w"), numpy_helper.from_array(np.array([1]), "axes")])
    keep("onnx_external", lambda path: mlflow.onnx.save_model(matrix, path))  # tensors of 1 KB go to a file beside it
    expect("onnx_external", "weights in a file beside the model", np.ones((2, 300)), np.full(2, wide.astype(float).sum()), None, None, [])


def c_string(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def c_double(value):
    return repr(float(value))


def table_of(rows):
    """Numbers and texts of the rows, side by side: a text's number is 0, a number's text is NULL."""
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows)
    cells = [cell for row in frame.itertuples(index=False) for cell in row]
    numbers = ["0" if isinstance(cell, str) else c_double(cell) for cell in cells]
    texts = [c_string(cell) if isinstance(cell, str) else "NULL" for cell in cells]
    return numbers, texts, frame.shape


def main():
    classifiers()
    regressors()
    text_columns()
    hand_made()
    out = [f"/* serve/golden_models.h - written by tools/golden_models.py with scikit-learn {sklearn.__version__}, skl2onnx "
           f"{skl2onnx.__version__}, onnx {onnx.__version__},\n * mlflow {mlflow.__version__}; do not edit. */",
           "#ifndef SERVE_GOLDEN_MODELS_H", "#define SERVE_GOLDEN_MODELS_H", "", "#include <stddef.h>", "",
           "struct golden_model {", "    const char *name, *why;", "    size_t rows, columns, classes;",
           "    const double *numbers; /* [rows * columns] */", "    const char *const *texts; /* the same; NULL = a number */",
           "    const double *values;  /* [rows] or NULL */", "    const char *const *labels; /* [rows] or NULL */",
           "    const double *probabilities; /* [rows * classes] or NULL */", "    const char *const *class_names;", "};", "",
           "static const struct golden_model golden_models[] = {"]
    for name, why, rows, values, labels, probabilities, classes in entries:
        numbers, texts, shape = table_of(rows)
        if len(set(numbers)) == 1:  # the wide one: all cells alike
            numbers = [f"[0 ... {len(numbers) - 1}] = {numbers[0]}"]
        part = lambda kind, cells: "NULL" if cells is None else f"(const {kind}[]){{ {', '.join(cells)} }}"
        has_texts = any(text != "NULL" for text in texts)
        out.append(f"    {{ {c_string(name)}, {c_string(why)}, {shape[0]}, {shape[1]}, {len(classes)},")
        out.append(f"      {part('double', numbers)},")
        out.append(f"      {part('char *const', texts if has_texts else None)},")
        out.append(f"      {part('double', None if values is None else [c_double(v) for v in values])},")
        out.append(f"      {part('char *const', None if labels is None else [c_string(v) for v in labels])},")
        flat = None if probabilities is None else [c_double(v) for v in np.asarray(probabilities).ravel()]
        out.append(f"      {part('double', flat)},")
        out.append(f"      {part('char *const', [c_string(v) for v in classes] or None)} }},")
    out += ["};", "", "#endif", ""]
    with open(os.path.join(ROOT, "src", "serve", "golden_models.h"), "w") as file:
        file.write("\n".join(out))


if __name__ == "__main__":
    main()
