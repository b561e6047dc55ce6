"""Small XGBoost models of wine measurements, and what xgboost 3.2.0 itself says of five rows.

python make.py    writes wine_1.json, wine_2.json, golden.json beside it, and document.json: a model of the two columns
that the examples in /openapi.json have
"""

import json
import pathlib

import numpy
import xgboost
from sklearn.datasets import load_wine

HERE = pathlib.Path(__file__).resolve().parent
FEATURES = ["alcohol", "flavanoids", "proline"]
table, target = load_wine(return_X_y=True, as_frame=True)
table = table[FEATURES]
golden = {"features": FEATURES, "rows": table.iloc[[0, 60, 100, 140, 177]].values.tolist()}
for version, seed in ((1, 3), (2, 5)):
    model = xgboost.XGBClassifier(n_estimators=3, max_depth=2, random_state=seed, subsample=0.7, learning_rate=0.7)
    model.fit(table, target)
    model.save_model(HERE / f"wine_{version}.json")
    rows = numpy.array(golden["rows"])
    matrix = xgboost.DMatrix(rows, feature_names=FEATURES)
    golden[str(version)] = {
        "classes": model.predict(rows).tolist(),
        "probabilities": model.predict_proba(rows).tolist(),
        "contributions": model.get_booster().predict(matrix, pred_contribs=True).tolist(),
    }
pair = xgboost.XGBClassifier(n_estimators=1, max_depth=2, random_state=1)
pair.fit(load_wine(as_frame=True).data[["alcohol", "malic_acid"]], target)
pair.save_model(HERE / "document.json")
(HERE / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
