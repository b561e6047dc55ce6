"""The trees runtime against XGBoost and LightGBM on random models and data: answers 1e-6, contributions 1e-5.

    KEDGE_BUILD=build/release pytest tests/differential/test_trees.py

Every model is trained here, saved by its library, read by libkedge_trees_door.so and asked for the same rows. XGBoost's
margins are also compared bit by bit where its own sums are in a known order.
"""

import ctypes
import json
import os

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed: the differential tests need it")
pd = pytest.importorskip("pandas", reason="pandas is not installed: the differential tests need it")
xgb = pytest.importorskip("xgboost", reason="XGBoost is not installed: nothing to compare with")
lgb = pytest.importorskip("lightgbm", reason="LightGBM is not installed: nothing to compare with")
import built  # noqa: E402

lib = ctypes.CDLL(built.path_of("src/serve/trees/libkedge_trees_door.so"))
lib.trees_door_open.restype = ctypes.c_void_p
lib.trees_door_count.restype = ctypes.c_size_t

ROWS = 300  # two full blocks of 128 and a part of one
numbers = ctypes.POINTER(ctypes.c_double)


class Trees:
    """A model file, read by ours."""

    def __init__(self, path, model_class=""):
        text = ctypes.create_string_buffer(800)
        folder, file = os.path.split(str(path))
        self.handle = lib.trees_door_open(folder.encode(), file.encode(), model_class.encode(), text, 800)
        if self.handle is None:
            raise ValueError(text.value.decode(errors="replace"))
        self.handle = ctypes.c_void_p(self.handle)
        self.inputs, self.classes, self.outputs, self.task, self.gives_scores = (
            lib.trees_door_count(self.handle, what) for what in range(5))

    def _rows(self, X, texts):
        X = np.ascontiguousarray(X, dtype="f8")
        assert X.shape[1] == self.inputs
        if texts is not None:
            texts = (ctypes.c_char_p * X.size)(*[None if t is None else t.encode() for t in np.ravel(texts)])
        return X, texts

    def predict(self, X, texts=None):
        X, texts = self._rows(X, texts)
        values, probabilities = np.empty(len(X)), np.full((len(X), max(self.classes, 1)), np.nan)
        assert lib.trees_door_predict(self.handle, X.ctypes.data_as(numbers), texts, ctypes.c_size_t(len(X)),
                                      values.ctypes.data_as(numbers), probabilities.ctypes.data_as(numbers)) == 0
        return values, probabilities

    def explain(self, X, texts=None):
        X, texts = self._rows(X, texts)
        found = np.empty((len(X), self.outputs, self.inputs + 1))
        assert lib.trees_door_explain(self.handle, X.ctypes.data_as(numbers), texts, ctypes.c_size_t(len(X)),
                                      found.ctypes.data_as(numbers)) == 0
        return found


def near(ours, theirs, tolerance, why=""):
    """Relative to the larger of 1 and the magnitude of the whole column: float32 sums lose digits by the largest term."""
    theirs = np.asarray(theirs, dtype="f8")
    assert ours.shape == theirs.shape, why
    scale = max(1.0, np.nanmax(np.abs(theirs)))
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * scale, err_msg=why)


def by_one_row(trees, X, texts=None):
    """Single rows take another way through the evaluator than blocks; both must say the same."""
    many = trees.predict(X, texts)
    for i in range(0, len(X), 37):
        one = trees.predict(X[i:i + 1], None if texts is None else texts[i:i + 1])
        np.testing.assert_array_equal(one[0], many[0][i:i + 1])
        np.testing.assert_array_equal(one[1], many[1][i:i + 1])
    return many


def features(rng, rows=ROWS, columns=6, missing=0.1):
    X = rng.normal(size=(rows, columns)).astype("f4")
    X[:, 1] = rng.integers(0, 4, rows)  # ties, and values that equal thresholds
    X[:, 2] *= 1000
    X[:, 3] = np.where(rng.random(rows) < 0.5, 0, X[:, 3])  # zeros: LightGBM may call them missing
    X[rng.random(X.shape) < missing] = np.nan
    return X


def signal(X, rng):
    Z = np.nan_to_num(X)
    return Z[:, 0] + 0.3 * Z[:, 1] * (Z[:, 2] > 0) - 0.5 * Z[:, 3] + 0.2 * rng.normal(size=len(X))


OBJECTIVES = {
    "reg:squarederror": lambda z: z, "reg:squaredlogerror": lambda z: np.exp(z / 2), "reg:absoluteerror": lambda z: z,
    "reg:pseudohubererror": lambda z: z, "reg:logistic": lambda z: 1 / (1 + np.exp(-z)), "reg:gamma": lambda z: np.exp(z / 3),
    "reg:tweedie": lambda z: np.exp(z / 3) * (z > -1), "reg:quantileerror": lambda z: z,
    "count:poisson": lambda z: np.floor(np.exp(z / 2)), "binary:logistic": lambda z: z > 0.5,
    "binary:logitraw": lambda z: z > 0.5, "binary:hinge": lambda z: z > 0.5, "multi:softmax": lambda z: (z > 0) * 1 + (z > 1),
    "multi:softprob": lambda z: (z > 0) * 1 + (z > 1), "rank:pairwise": lambda z: np.clip(np.floor(z), 0, 4),
    "rank:ndcg": lambda z: np.clip(np.floor(z), 0, 4), "rank:map": lambda z: z > 0, "survival:cox": lambda z: np.exp(z / 3),
    "survival:aft": lambda z: np.exp(z / 3),
}


def xgb_train(params, X, y, rounds, **more):
    data = xgb.DMatrix(X, np.asarray(y, dtype="f4"), **more)
    objective = params.get("objective", "")
    if objective.startswith("rank"):
        data.set_group([len(y) // 10] * 10)
    if objective == "survival:aft":
        data.set_float_info("label_lower_bound", y)
        data.set_float_info("label_upper_bound", y)
    if objective.startswith("multi"):
        params = params | {"num_class": 3}
    if objective == "reg:quantileerror":
        params = params | {"quantile_alpha": 0.7}
    return xgb.train(params | {"verbosity": 0, "nthread": 1}, data, rounds)


def check_xgb(booster, X, path, contributions=True, trees=None, iterations=(0, 0), data=None, texts=None):
    """A Booster as ours answers it, against what the library reads from the same file."""
    booster.save_model(path)
    booster = xgb.Booster({"nthread": 1}, model_file=path)
    ours = trees or Trees(path)
    data = xgb.DMatrix(X) if data is None else data
    values, probabilities = by_one_row(ours, X, texts)
    theirs = booster.predict(data, iteration_range=iterations)
    if ours.classes == 0:
        near(values, theirs, 1e-6)
    elif theirs.ndim == 2:
        near(probabilities, theirs, 1e-6)
        np.testing.assert_array_equal(values, theirs.argmax(1))
    elif ours.gives_scores or ours.task == 2 and not np.isin(theirs, [0, 1]).all():
        near(probabilities[:, 1], theirs, 1e-6)
    else:
        np.testing.assert_array_equal(values, theirs)
    if contributions:
        wanted = booster.predict(data, pred_contribs=True, iteration_range=iterations)
        near(ours.explain(X, texts), wanted.reshape(len(X), -1, X.shape[1] + 1), 1e-5)
    return ours


@pytest.mark.parametrize("suffix", ["json", "ubj"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_xgboost_objectives(objective, suffix, tmp_path):
    rng = np.random.default_rng(len(objective))
    X = features(rng)
    y = OBJECTIVES[objective](signal(X, rng))
    booster = xgb_train({"objective": objective, "max_depth": 4}, X, y, 20)
    check_xgb(booster, features(rng), tmp_path / f"m.{suffix}")


SHAPES = [
    ("stumps", {"max_depth": 1}, 30), ("depth 3", {"max_depth": 3}, 13), ("depth 6", {"max_depth": 6}, 50),
    ("depth 9, pruned", {"max_depth": 9, "gamma": 0.05}, 10), ("deep", {"max_depth": 0, "grow_policy": "lossguide", "max_leaves": 60}, 9),
    ("a single leaf each", {"max_depth": 3, "gamma": 1e9}, 5), ("exact", {"max_depth": 6, "tree_method": "exact"}, 40),
    ("no trees", {}, 0), ("deeper than a program", {"max_depth": 14, "min_child_weight": 0, "eta": 0.01}, 9),
    ("forest", {"num_parallel_tree": 7, "subsample": 0.6, "colsample_bynode": 0.6, "eta": 1}, 2),
    ("dart", {"booster": "dart", "rate_drop": 0.4, "max_depth": 4}, 20), ("linear", {"booster": "gblinear"}, 10),
    ("dart forest", {"booster": "dart", "rate_drop": 0.4, "num_parallel_tree": 3, "subsample": 0.5}, 6),
    ("base score", {"base_score": 0.3}, 5), ("monotone", {"monotone_constraints": "(1,0,0,-1,0,0)"}, 20),
]


@pytest.mark.parametrize("objective", ["reg:squarederror", "binary:logistic", "multi:softprob"])
@pytest.mark.parametrize("why, params, rounds", SHAPES, ids=[s[0] for s in SHAPES])
def test_xgboost_shapes(why, params, rounds, objective, tmp_path):
    if rounds == 0 and objective == "binary:logistic":
        pytest.skip("without rounds XGBoost forgets to bring the base score into margin space")
    rng = np.random.default_rng(rounds)
    X = features(rng, rows=2000 if "deeper" in why else ROWS, missing=0 if "linear" in why else 0.1)
    y = OBJECTIVES[objective](signal(X, rng))
    booster = xgb_train(params | {"objective": objective}, X, y, rounds)
    check_xgb(booster, features(rng), tmp_path / "m.json")


def test_xgboost_margins_are_equal_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(5)
    X = features(rng, rows=1000, columns=20)
    booster = xgb_train({"max_depth": 6}, X, signal(X, rng), 300)
    booster.save_model(tmp_path / "m.ubj")
    T = features(rng, rows=1000, columns=20)
    np.testing.assert_array_equal(Trees(tmp_path / "m.ubj").predict(T)[0].astype("f4"), booster.predict(xgb.DMatrix(T)))


def test_xgboost_values_at_the_thresholds(tmp_path):
    """Rows made of the thresholds themselves, of their neighbours as float32, and as doubles between them."""
    rng = np.random.default_rng(6)
    X = features(rng)
    booster = xgb_train({"max_depth": 5, "tree_method": "exact"}, X, signal(X, rng), 20)
    table = booster.trees_to_dataframe()
    T = np.tile(np.float32(table.Split.dropna().sample(ROWS, replace=True, random_state=1))[:, None], (1, 6))
    T[::3] = np.nextafter(T[::3], np.float32(np.inf))
    T[1::3] = np.nextafter(T[1::3], np.float32(-np.inf))
    ours = check_xgb(booster, T, tmp_path / "m.json")
    doubles = T.astype("f8") * (1 + 1e-9)  # the same float32
    np.testing.assert_array_equal(ours.predict(doubles)[0], ours.predict(doubles.astype("f4"))[0])


def test_xgboost_infinite_values(tmp_path):
    rng = np.random.default_rng(7)
    X = features(rng)
    booster = xgb_train({"max_depth": 4}, X, signal(X, rng), 20)
    booster.save_model(tmp_path / "m.json")
    far = np.where(rng.random(X.shape) < 0.2, rng.choice([-3e38, 3e38], X.shape), X).astype("f4")
    infinite = np.where(np.abs(far) > 1e38, np.sign(far) * np.inf, far)
    near(Trees(tmp_path / "m.json").predict(infinite)[0], booster.predict(xgb.DMatrix(far)), 1e-6)


@pytest.mark.parametrize("one_hot", [1, 100], ids=["sets", "one hot"])
def test_xgboost_categories_as_numbers(one_hot, tmp_path):
    rng = np.random.default_rng(8)
    X = features(rng)
    X[:, 4] = rng.integers(0, 40, len(X))
    X[::17, 4] = np.nan
    types = ["q", "q", "q", "q", "c", "q"]
    y = signal(X, rng) + np.isin(X[:, 4], [1, 5, 7, 33, 39])
    booster = xgb_train({"max_depth": 6, "max_cat_to_onehot": one_hot}, X, y, 20, feature_types=types, enable_categorical=True)
    T = features(rng)
    T[:, 4] = rng.integers(0, 60, len(T))  # 40 and above were never seen
    data = xgb.DMatrix(T, feature_types=types, enable_categorical=True)
    check_xgb(booster, T, tmp_path / "m.ubj", data=data)


def test_xgboost_categories_as_texts(tmp_path):
    rng = np.random.default_rng(9)
    words = np.array(["red", "blue", "", "\"quoted\" [x] <1>", "back\\slash"])

    def frame(order):
        drawn = words[rng.integers(0, len(words), ROWS)]
        return pd.DataFrame({"n": rng.normal(size=ROWS), "word": pd.Categorical(drawn, categories=words[order]),
                             "year": pd.Categorical(rng.choice([1990, 2000, 2010], ROWS))})

    train, test = frame([0, 1, 2, 3, 4]), frame([4, 2, 0, 1, 3])  # the same words under other codes
    y = train.n + (train.word == "red") * 2 + (train.year == 2000) + (train.word == "back\\slash")
    model = xgb.XGBRegressor(n_estimators=20, max_depth=3, enable_categorical=True, n_jobs=1).fit(train, y)
    model.save_model(tmp_path / "m.json")
    X = np.column_stack([test.n, np.zeros(ROWS), test.year.astype(int)])
    texts = np.column_stack([[None] * ROWS, test.word.astype(object), [None] * ROWS])
    ours = Trees(tmp_path / "m.json")
    near(ours.predict(X, texts)[0], model.predict(test), 1e-6)
    wanted = model.get_booster().predict(xgb.DMatrix(test, enable_categorical=True), pred_contribs=True)
    near(ours.explain(X, texts)[:, 0], wanted, 1e-5)


def test_xgboost_categories_that_it_saved_cut_off_are_refused(tmp_path):
    rng = np.random.default_rng(15)
    train = pd.DataFrame({"word": pd.Categorical(rng.choice(["x", "gr\u00fcn"], ROWS))})
    xgb.XGBRegressor(n_estimators=2, enable_categorical=True).fit(train, train.word == "x").save_model(tmp_path / "m.json")
    with pytest.raises(ValueError, match="cut off"):
        Trees(tmp_path / "m.json")


def test_xgboost_feature_names_with_odd_characters(tmp_path):
    rng = np.random.default_rng(10)
    X = features(rng)
    names = ["a b", "\"q\"", "\u00fc\u65e5", "x=y", "back\\slash", "{}"]
    booster = xgb_train({}, X, signal(X, rng), 3, feature_names=names)
    booster.save_model(tmp_path / "m.json")
    near(Trees(tmp_path / "m.json").predict(X)[0], booster.predict(xgb.DMatrix(X, feature_names=names)), 1e-6)


@pytest.mark.parametrize("classes", [2, 3])
def test_xgboost_wrapper_stops_at_the_best_iteration(classes, tmp_path):
    rng = np.random.default_rng(11)
    X, V, T = features(rng), features(rng), features(rng)
    def label(A): return (signal(A, rng) > 0) * 1 + (classes == 3) * (signal(A, rng) > 1)
    model = xgb.XGBClassifier(n_estimators=80, max_depth=5, early_stopping_rounds=5, n_jobs=1, num_parallel_tree=2,
                              subsample=0.7, learning_rate=0.9)
    model.fit(X, label(X), eval_set=[(V, label(V))], verbose=False)
    assert model.best_iteration < 70
    model.save_model(tmp_path / "m.json")
    ours = Trees(tmp_path / "m.json", "xgboost.sklearn.XGBClassifier")
    values, probabilities = by_one_row(ours, T)
    assert not ours.gives_scores
    near(probabilities, model.predict_proba(T), 1e-6)
    np.testing.assert_array_equal(values, model.predict(T))
    np.testing.assert_array_equal(Trees(tmp_path / "m.json").predict(T)[1], probabilities)
    booster = Trees(tmp_path / "m.json", "xgboost.core.Booster")
    assert booster.gives_scores
    theirs = model.get_booster().predict(xgb.DMatrix(T), iteration_range=(0, 0))
    theirs = theirs if classes == 3 else np.column_stack([1 - theirs, theirs])
    near(booster.predict(T)[1], theirs, 1e-6)


def test_xgboost_random_forest_wrapper(tmp_path):
    rng = np.random.default_rng(12)
    X = features(rng)
    model = xgb.XGBRFClassifier(n_estimators=30, n_jobs=1).fit(X, signal(X, rng) > 0)
    model.save_model(tmp_path / "m.json")
    near(Trees(tmp_path / "m.json").predict(X)[1], model.predict_proba(X), 1e-6)


@pytest.mark.parametrize("strategy", ["one_output_per_tree", "multi_output_tree"])
def test_xgboost_of_several_targets_is_refused(strategy, tmp_path):
    rng = np.random.default_rng(13)
    X = features(rng)
    booster = xgb.train({"multi_strategy": strategy}, xgb.DMatrix(X, np.column_stack([signal(X, rng)] * 2)), 2)
    booster.save_model(tmp_path / "m.json")
    with pytest.raises(ValueError, match="2 numbers a row"):
        Trees(tmp_path / "m.json")


def test_xgboost_vector_leaves_of_classes(tmp_path):
    rng = np.random.default_rng(14)
    X = features(rng)
    params = {"multi_strategy": "multi_output_tree", "objective": "multi:softprob", "max_depth": 4}
    booster = xgb_train(params, X, OBJECTIVES["multi:softprob"](signal(X, rng)), 12)
    check_xgb(booster, features(rng), tmp_path / "m.ubj", contributions=False)


LGB_OBJECTIVES = {
    "regression": lambda z: z, "regression_l1": lambda z: z, "huber": lambda z: z, "fair": lambda z: z,
    "poisson": lambda z: np.floor(np.exp(z / 2)), "quantile": lambda z: z, "mape": lambda z: 2 + z, "gamma": lambda z: np.exp(z / 3),
    "tweedie": lambda z: np.exp(z / 3), "binary": lambda z: z > 0.5, "multiclass": lambda z: (z > 0) * 1 + (z > 1),
    "multiclassova": lambda z: (z > 0) * 1 + (z > 1), "cross_entropy": lambda z: 1 / (1 + np.exp(-z)),
    "cross_entropy_lambda": lambda z: 1 / (1 + np.exp(-z)), "lambdarank": lambda z: np.clip(np.floor(z), 0, 4),
    "rank_xendcg": lambda z: np.clip(np.floor(z), 0, 4),
}


def lgb_train(params, X, y, rounds, **more):
    if params.get("objective", "").startswith("multiclass"):
        params = params | {"num_class": 3}
    group = [len(y) // 10] * 10 if "rank" in params.get("objective", "") else None
    data = lgb.Dataset(X, np.asarray(y, dtype="f8"), group=group, **more)
    return lgb.train({"verbose": -1, "num_threads": 1, "min_data_in_leaf": 5} | params, data, rounds)


def check_lgb(booster, X, path, contributions=True, frame=None, texts=None):
    booster.save_model(path)
    ours = Trees(path)
    values, probabilities = by_one_row(ours, X, texts)
    frame = X if frame is None else frame
    theirs = booster.predict(frame)
    if ours.classes == 0:
        near(values, theirs, 1e-6)
    elif theirs.ndim == 2:
        near(probabilities, theirs, 1e-6)
        np.testing.assert_array_equal(values, theirs.argmax(1))
    else:
        near(probabilities[:, 1], theirs, 1e-6)
        np.testing.assert_array_equal(values, theirs > 0.5)
    if contributions:
        wanted = booster.predict(frame, pred_contrib=True).reshape(len(X), -1, X.shape[1] + 1)
        if "[boosting: rf]" in booster.model_to_string():
            wanted /= booster.num_trees() / ours.outputs  # LightGBM adds these up where its predict takes the mean
        near(ours.explain(X, texts), wanted, 1e-5)
    return ours


@pytest.mark.parametrize("objective", LGB_OBJECTIVES)
def test_lightgbm_objectives(objective, tmp_path):
    rng = np.random.default_rng(len(objective))
    X = features(rng)
    booster = lgb_train({"objective": objective}, X, LGB_OBJECTIVES[objective](signal(X, rng)), 20)
    check_lgb(booster, features(rng), tmp_path / "m.txt")


LGB_SHAPES = [
    ("31 leaves", {}, 40, 1), ("255 leaves", {"num_leaves": 255, "min_data_in_leaf": 1}, 5, 1), ("stumps", {"num_leaves": 2}, 30, 1),
    ("more leaves than a program", {"num_leaves": 700, "min_data_in_leaf": 1}, 4, 10), ("no splits", {"min_data_in_leaf": 10**6}, 5, 1),
    ("random forest", {"boosting": "rf", "bagging_fraction": 0.6, "bagging_freq": 1, "feature_fraction": 0.7}, 12, 1),
    ("dart", {"boosting": "dart"}, 20, 1), ("zero is missing", {"zero_as_missing": True}, 20, 1),
    ("nothing is missing", {"use_missing": False}, 20, 1), ("many bins", {"max_bin": 4000, "min_data_in_bin": 1}, 60, 10),
]


@pytest.mark.parametrize("objective", ["regression", "binary", "multiclass"])
@pytest.mark.parametrize("why, params, rounds, times", LGB_SHAPES, ids=[s[0] for s in LGB_SHAPES])
def test_lightgbm_shapes(why, params, rounds, times, objective, tmp_path):
    rng = np.random.default_rng(rounds)
    X = features(rng, rows=ROWS * times).astype("f8")
    booster = lgb_train(params | {"objective": objective}, X, LGB_OBJECTIVES[objective](signal(X, rng)), rounds)
    T = features(rng).astype("f8")
    T[::11, 0], T[1::11, 0] = np.inf, -np.inf
    T[::7, 3] = 1e-36
    check_lgb(booster, T, tmp_path / "m.txt")


def test_lightgbm_square_root_and_sigmoid(tmp_path):
    rng = np.random.default_rng(20)
    X = features(rng)
    check_lgb(lgb_train({"reg_sqrt": True, "objective": "regression"}, X, signal(X, rng), 10), X, tmp_path / "s.txt")
    check_lgb(lgb_train({"sigmoid": 2.5, "objective": "binary"}, X, signal(X, rng) > 0, 10), X, tmp_path / "b.txt")


def test_lightgbm_values_at_the_thresholds(tmp_path):
    rng = np.random.default_rng(21)
    X = features(rng).astype("f8")
    booster = lgb_train({}, X, signal(X, rng), 20)
    T = np.tile(booster.trees_to_dataframe().threshold.dropna().sample(ROWS, replace=True, random_state=1).values[:, None], (1, 6))
    T[::3], T[1::3] = np.nextafter(T[::3], np.inf), np.nextafter(T[1::3], -np.inf)
    check_lgb(booster, T, tmp_path / "m.txt")


def test_lightgbm_linear_trees(tmp_path):
    rng = np.random.default_rng(22)
    X = features(rng).astype("f8")
    booster = lgb_train({"linear_tree": True, "linear_lambda": 0.1}, X, signal(X, rng), 20)
    check_lgb(booster, features(rng).astype("f8"), tmp_path / "m.txt", contributions=False)


def test_lightgbm_categories_as_numbers(tmp_path):
    rng = np.random.default_rng(23)
    X = features(rng, rows=1000).astype("f8")
    X[:, 4] = rng.integers(0, 70, len(X))
    y = signal(X, rng) + np.isin(X[:, 4], [1, 5, 33, 64, 69])
    booster = lgb_train({"min_data_per_group": 5, "cat_smooth": 1}, X, y, 20, categorical_feature=[4])
    T = features(rng).astype("f8")
    T[:, 4] = rng.choice([-1, 0, 1, 5, 33, 64, 69, 90, 2.7, np.nan], len(T))
    check_lgb(booster, T, tmp_path / "m.txt")


def test_lightgbm_categories_of_pandas(tmp_path):
    rng = np.random.default_rng(24)

    def frame():
        return pd.DataFrame({"a b": rng.normal(size=ROWS), "word": pd.Categorical(rng.choice(["x", "y y", "\u00fc"], ROWS)),
                             "year": pd.Categorical(rng.choice([1990, 2000, 2010], ROWS))})

    train, test = frame(), frame()
    y = train["a b"] + (train.word == "x") * 2 + (train.year == 2000)
    booster = lgb_train({"min_data_per_group": 5}, train, y, 20)
    X = np.column_stack([test["a b"], np.zeros(ROWS), test.year.astype(int)])
    texts = np.column_stack([[None] * ROWS, test.word.astype(object), [None] * ROWS])
    check_lgb(booster, X, tmp_path / "m.txt", frame=test, texts=texts)


def test_lightgbm_early_stopping(tmp_path):
    rng = np.random.default_rng(25)
    X, V = features(rng), features(rng)
    train = lgb.Dataset(X, signal(X, rng))
    booster = lgb.train({"verbose": -1, "learning_rate": 0.9}, train, 200, valid_sets=[lgb.Dataset(V, signal(V, rng), reference=train)],
                        callbacks=[lgb.early_stopping(3, verbose=False)])
    assert booster.best_iteration < 150
    check_lgb(booster, features(rng), tmp_path / "m.txt")


def test_random_models_by_the_dozen(tmp_path):
    """Shapes that nobody chose."""
    rng = np.random.default_rng(26)
    for i in range(25):
        X = features(rng, columns=int(rng.integers(5, 40)), missing=rng.random() * 0.5)
        objective = str(rng.choice(["reg:squarederror", "binary:logistic", "multi:softprob", "count:poisson"]))
        params = {"objective": objective, "max_depth": int(rng.integers(1, 10)), "eta": float(rng.random()), "gamma": float(rng.random() / 9),
                  "tree_method": str(rng.choice(["hist", "exact", "approx"])), "subsample": 0.5 + float(rng.random()) / 2}
        booster = xgb_train(params, X, OBJECTIVES[objective](signal(X, rng)), int(rng.integers(1, 40)))
        check_xgb(booster, features(rng, columns=X.shape[1]), tmp_path / f"{i}.ubj")
        params = {"objective": "regression", "num_leaves": int(rng.integers(2, 300)), "min_data_in_leaf": int(rng.integers(1, 20)),
                  "max_bin": int(rng.integers(3, 600))}
        booster = lgb_train(params, X, signal(X, rng), int(rng.integers(1, 40)))
        check_lgb(booster, features(rng, columns=X.shape[1]), tmp_path / f"{i}.txt")


@pytest.mark.parametrize("suffix", ["json", "ubj", "txt"])
def test_a_damaged_file_is_refused_or_read_never_worse(suffix, tmp_path):
    rng = np.random.default_rng(27)
    X = features(rng)
    path = tmp_path / f"m.{suffix}"
    (lgb_train({}, X, signal(X, rng), 2) if suffix == "txt" else xgb_train({}, X, signal(X, rng), 2)).save_model(path)
    whole = path.read_bytes()
    for i in range(300):
        damaged = bytearray(whole[:rng.integers(1, len(whole))] if i % 3 == 0 else whole)
        for _ in range(3):
            damaged[rng.integers(0, len(damaged))] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            Trees(path).predict(X)
        except ValueError as refused:
            assert f"m.{suffix}" in str(refused)
