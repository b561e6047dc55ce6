"""Hides pandas, where it is installed: this model is to start at once and in the same way everywhere."""

raise ImportError("pandas is hidden from this model")
