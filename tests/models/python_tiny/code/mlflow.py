"""Hides mlflow, where it is installed: this model is to start at once and in the same way everywhere."""

raise ImportError("mlflow is hidden from this model")
