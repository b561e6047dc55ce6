"""Random scikit-learn models through skl2onnx: Kedge's ONNX runtime beside onnxruntime from PyPI and scikit-learn."""

import ctypes
import os
import pathlib

import numpy as np
import pytest

skl2onnx = pytest.importorskip("skl2onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import (ExtraTreesClassifier, GradientBoostingClassifier, GradientBoostingRegressor,
                              RandomForestClassifier, RandomForestRegressor)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from built import path_of

TEXT_BYTES = 1024
OPSET = 17  # any runtime from 2022 on knows it
ROWS = 60

# The program that runs is Python, so the library of the source tree is not found from its place.
bundled = pathlib.Path(__file__).resolve().parents[2] / ".deps/onnxruntime/libonnxruntime.so.1"
if bundled.exists():
    os.environ.setdefault("KEDGE_ONNXRUNTIME", str(bundled))

library = ctypes.CDLL(path_of("src/serve/onnx/libkedge_onnx_door.so"))
library.onnx_door_open.restype = ctypes.c_void_p
library.onnx_door_classes.restype = ctypes.c_size_t
library.onnx_door_class.restype = ctypes.c_char_p


class Model:
    def __init__(self, folder):
        text = ctypes.create_string_buffer(TEXT_BYTES)
        self.handle = library.onnx_door_open(str(folder).encode(), text, TEXT_BYTES)
        if not self.handle and b"need ONNX Runtime" in text.value:
            pytest.skip(text.value.decode())
        assert self.handle, text.value
        self.handle = ctypes.c_void_p(self.handle)
        count = library.onnx_door_classes(self.handle)
        self.classes = [library.onnx_door_class(self.handle, ctypes.c_size_t(i)).decode() for i in range(count)]

    def predict(self, rows):
        rows = np.ascontiguousarray(rows, dtype=np.float64)
        values, shares = np.empty(len(rows)), np.empty((len(rows), len(self.classes)))
        pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (rows, values, shares)]
        text = ctypes.create_string_buffer(TEXT_BYTES)
        failed = library.onnx_door_predict(self.handle, ctypes.c_size_t(len(rows)), *pointers, text, ctypes.c_size_t(TEXT_BYTES))
        assert failed == 0, text.value
        return values, shares

    def __del__(self):
        if self.handle:
            library.onnx_door_close(self.handle)


def converted(model, rows, options, folder):
    graph = skl2onnx.to_onnx(model, rows[:1], options=options, target_opset=OPSET)
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return Model(folder), session.run(None, {session.get_inputs()[0].name: rows})


CLASSIFIERS = {
    "logistic": LogisticRegression(max_iter=1000),
    "scaled logistic": make_pipeline(StandardScaler(), LogisticRegression()),
    "tree": DecisionTreeClassifier(max_depth=5, random_state=1),
    "forest": RandomForestClassifier(20, max_depth=6, random_state=1),
    "extra trees": ExtraTreesClassifier(10, max_depth=6, random_state=1),
    "boosting": GradientBoostingClassifier(n_estimators=15, random_state=1),
    "network": MLPClassifier((8,), max_iter=200, random_state=1),
    "neighbours": KNeighborsClassifier(5),
    "naive Bayes": GaussianNB(),
    "support vectors": SVC(probability=True, random_state=1),
    "log loss by gradient": SGDClassifier(loss="log_loss", random_state=1),
}
LABELS = {
    "0, 1, ...": lambda y: y,
    "odd numbers": lambda y: np.array([7, 3, 1000, -2])[y],
    "texts": lambda y: np.array(["no", "yes", "à la fin", "x"])[y],
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("zipmap", [True, False], ids=["maps", "tensor"])
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers(tmp_path, name, classes, labels, zipmap):
    seed = len(name) * 31 + classes
    X, y = make_classification(300, 8, n_informative=6, n_classes=classes, random_state=seed)
    X, y = X.astype(np.float32), LABELS[labels](y)
    model = CLASSIFIERS[name].fit(X, y)
    rows = np.random.default_rng(seed).normal(0, 2, (ROWS, 8)).astype(np.float32)
    ours, (their_labels, their_shares) = converted(model, rows, {"zipmap": zipmap}, tmp_path)
    values, shares = ours.predict(rows)
    assert sorted(ours.classes) == sorted(str(c) for c in model.classes_)
    assert [ours.classes[int(v)] for v in values] == [str(label) for label in their_labels]
    if zipmap:
        their_shares = np.array([[row[next(key for key in row if str(key) == c)] for c in ours.classes] for row in their_shares])
    np.testing.assert_allclose(shares, their_shares, rtol=1e-6, atol=1e-7)  # two releases of one library
    order = [list(map(str, model.classes_)).index(c) for c in ours.classes]
    sklearns = model.predict_proba(rows.astype(np.float64))[:, order]
    np.testing.assert_allclose(shares, sklearns, rtol=1e-3, atol=2e-4)  # float32 against float64


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", [LinearRegression(), Ridge(), DecisionTreeRegressor(max_depth=5, random_state=1),
                                   RandomForestRegressor(15, max_depth=6, random_state=1), GradientBoostingRegressor(n_estimators=20, random_state=1),
                                   MLPRegressor(hidden_layer_sizes=(8,), max_iter=300, random_state=1)], ids=lambda model: type(model).__name__)
def test_regressors(tmp_path, model):
    X, y = make_regression(300, 6, noise=3, random_state=11)
    model.fit(X.astype(np.float32), y / 100)
    rows = np.random.default_rng(5).normal(0, 2, (ROWS, 6)).astype(np.float32)
    ours, (theirs,) = converted(model, rows, None, tmp_path)
    values, _ = ours.predict(rows)
    assert ours.classes == []
    np.testing.assert_allclose(values, theirs.reshape(-1), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(values, model.predict(rows.astype(np.float64)), rtol=1e-3, atol=1e-4)
