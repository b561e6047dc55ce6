"""One forest, logged twice with MLflow's own client: as scikit-learn's pickle and as an ONNX graph.

    python log_models.py http://127.0.0.1:8000
"""

import sys

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
wine = pd.read_csv("data/wine.csv")
x, y = wine.drop(columns="cultivar"), wine["cultivar"].str.removeprefix("class_").astype(int)
forest = RandomForestClassifier(100, random_state=7).fit(x, y)
signature = infer_signature(x, forest.predict(x))

mlflow.set_tracking_uri(url)
mlflow.set_experiment("wine-sklearn")
client = mlflow.MlflowClient()
# From MLflow 3.17 on a forest is only loaded where its type was declared safe when it was logged.
trusted = {"skops_trusted_types": ["sklearn.tree._tree.Tree"]} if int(mlflow.__version__.split(".")[0]) >= 3 else {}

with mlflow.start_run(run_name="forest"):
    mlflow.log_param("n_estimators", 100)
    mlflow.log_metric("training_accuracy", forest.score(x, y))
    mlflow.sklearn.log_model(forest, "model", signature=signature, registered_model_name="wine-pyfunc", **trusted)

with mlflow.start_run(run_name="forest as ONNX"):
    graph = to_onnx(forest, x[:1].to_numpy(np.float32), options={"zipmap": False})
    mlflow.onnx.log_model(graph, "model", signature=signature, registered_model_name="wine-onnx")

for name in ("wine-pyfunc", "wine-onnx"):
    version = max(int(v.version) for v in client.search_model_versions(f"name = '{name}'"))
    client.transition_model_version_stage(name, str(version), "Production", archive_existing_versions=True)
    print(f"{name} version {version} is in Production: {url}/models/{name}/predict")
