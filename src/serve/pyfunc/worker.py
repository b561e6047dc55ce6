"""The Python worker of `kedge serve`: loads one model folder and answers frames on descriptor 3.

Started as python3 -u -c THIS JSON. Frames are described in pyfunc_frame.h. Uses MLflow where it can be imported; else
what the model folder itself tells: a loader module of its own, or scikit-learn's pickle.
"""

import json
import os
import signal
import socket
import struct
import sys

MISSING = 0xFFFFFFFF
FRAME_BYTES_MAX = 1 << 30
NUMBER_TYPES = {"double": "float64", "float": "float32", "integer": "int32", "long": "int64", "boolean": "bool"}


def end_with_parent(parent, memory_bytes):
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    except (ImportError, OSError, AttributeError):
        pass  # the closed socket ends us as well, if later
    if os.getppid() != parent:
        sys.exit(0)
    if memory_bytes:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def optional(name):
    try:
        return __import__(name, fromlist=["_"])
    except ImportError:
        return None


# ---- frames ----


def text(value):
    data = value.encode("utf-8", "replace")
    return struct.pack("<I", len(data)) + data


def send(connection, kind, body):
    connection.sendall(struct.pack("<IB", len(body) + 1, kind) + body)


def receive(connection, size):
    data = bytearray(size)
    view = memoryview(data)
    while view:
        got = connection.recv_into(view)
        if got == 0:
            os._exit(0)  # the server is gone, or done with us
        view = view[got:]
    return data


def next_request(connection):
    (size,) = struct.unpack("<I", receive(connection, 4))
    if size > FRAME_BYTES_MAX:
        os._exit(1)
    return receive(connection, size)


def columns_of(frame):
    """The request's columns: for each a list or array of floats, or a list of texts with None for missing ones."""
    numpy = optional("numpy")
    rows, count = struct.unpack_from("<II", frame, 1)
    at, columns = 9, []
    for _ in range(count):
        is_text = frame[at]
        at += 1
        if not is_text:
            if numpy:
                columns.append(numpy.frombuffer(frame, "<f8", rows, at).copy())
            else:
                columns.append(list(struct.unpack_from(f"<{rows}d", frame, at)))
            at += 8 * rows
            continue
        texts = []
        for _ in range(rows):
            (size,) = struct.unpack_from("<I", frame, at)
            at += 4
            if size == MISSING:
                texts.append(None)
                continue
            texts.append(bytes(frame[at : at + size]).decode("utf-8", "replace"))
            at += size
        columns.append(texts)
    return rows, columns


# ---- rows as the model wants them ----


def series(numpy, pandas, kind, values):
    if kind == "string":
        return pandas.Series(values, dtype=object)
    if kind == "datetime":
        stamps = numpy.where(numpy.isnan(values), numpy.iinfo("int64").min, numpy.nan_to_num(values)).astype("int64")
        return pandas.Series(stamps.view("datetime64[us]"))
    wanted = NUMBER_TYPES[kind]
    if numpy.isnan(values).any() and wanted not in ("float64", "float32"):
        return pandas.Series(values)  # whoever needs whole numbers complains, and names the column
    return pandas.Series(values.astype(wanted))


def is_left_out(column, values):
    if column["required"]:
        return False
    return all(value is None or value != value for value in values)


def table(rows, columns, setup):
    fields = setup["columns"]
    numpy, pandas = optional("numpy"), optional("pandas")
    if pandas and setup["has_names"]:
        return pandas.DataFrame({field["name"]: series(numpy, pandas, field["type"], values)
                                 for field, values in zip(fields, columns) if not is_left_out(field, values)},
                                index=range(rows))
    if numpy:
        has_text = any(field["type"] == "string" for field in fields)
        if not has_text:
            return numpy.column_stack(columns) if columns else numpy.empty((rows, 0))
        return numpy.array([list(row) for row in zip(*columns)], dtype=object)
    return [list(row) for row in zip(*columns)]


def tensors(rows, columns, setup):
    """A signature of one tensor: the columns side by side, as its type and shape say."""
    import numpy

    spec = setup["tensors"][0]
    data = numpy.column_stack(columns).astype(spec["dtype"])
    data = data.reshape([rows] + spec["shape"][1:])
    return {spec["name"]: data} if spec["name"] else data


# ---- models ----


class Model:
    """predict(table); raw: what has predict_proba and classes_, or None; how: a sentence for the log."""

    def __init__(self, predict, raw, how):
        self.predict, self.raw, self.how = predict, raw, how
        self.has_shares = hasattr(raw, "predict_proba") and getattr(raw, "classes_", None) is not None
        if self.has_shares and isinstance(raw.classes_, list):  # several outputs: no one list of classes
            self.has_shares = False


def load_mlflow(mlflow, setup):
    model = mlflow.pyfunc.load_model(setup["folder"])
    raw = None
    try:
        raw = model.get_raw_model()
    except Exception:  # not every flavor has one, and each says so in its own way
        raw = getattr(getattr(model, "_model_impl", None), "sklearn_model", None)
    return Model(model.predict, raw, f"mlflow {mlflow.__version__}")


def load_own_module(setup):
    module = __import__(setup["loader_module"], fromlist=["_"])
    model = module._load_pyfunc(os.path.join(setup["folder"], setup["data"]) if setup["data"] else setup["folder"])
    return Model(model.predict, model, f"its loader {setup['loader_module']}, without mlflow")


def unpickle(path):
    if path.endswith(".skops"):
        import skops.io

        return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path)), "skops"
    joblib = optional("joblib")
    if joblib:
        return joblib.load(path), "joblib"
    pickle = optional("cloudpickle") or __import__("pickle")
    with open(path, "rb") as file:
        return pickle.load(file), pickle.__name__


def load_pickle(setup):
    raw, how = unpickle(os.path.join(setup["folder"], setup["pickle"]))
    return Model(raw.predict, raw, f"{how}, without mlflow")


def load(setup):
    if setup["code"]:
        sys.path.insert(0, os.path.join(setup["folder"], setup["code"]))
    if setup["has_mlmodel"]:
        mlflow = optional("mlflow.pyfunc") and optional("mlflow")
        if mlflow:
            return load_mlflow(mlflow, setup)
    if setup["loader_module"] and not setup["loader_module"].startswith("mlflow."):
        return load_own_module(setup)
    if setup["pickle"]:
        return load_pickle(setup)
    raise ImportError(f"flavor {setup['flavor']} needs the Python package mlflow, which {sys.executable} does not have")


# ---- answers ----


def name_of(value):
    return str(value.item() if hasattr(value, "item") else value)


def is_numeric(values):
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if kind is not None and kind != "O":
        return kind in "iuf"
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) or value is None for value in values)


def cells(values):
    """A flat run of numbers or texts, with its kind in front."""
    if is_numeric(values):
        numbers = [float("nan") if value is None else float(value) for value in values]
        return struct.pack("<B", 0) + struct.pack(f"<{len(numbers)}d", *numbers)
    return struct.pack("<B", 1) + b"".join(text("" if value is None else name_of(value)) for value in values)


def named_outputs(predictions):
    """[(name, columns, flat values)]: a data frame and a dict have one a column, an array one in all."""
    if hasattr(predictions, "columns") and hasattr(predictions, "iloc"):
        return [(str(name), 1, predictions.iloc[:, i].to_numpy()) for i, name in enumerate(predictions.columns)]
    if isinstance(predictions, dict):
        return [(str(name),) + flat(values) for name, values in predictions.items()]
    return [("",) + flat(predictions)]


def flat(values):
    if hasattr(values, "toarray"):
        values = values.toarray()
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if hasattr(values, "reshape"):
        rows = len(values)
        return (values.size // rows if rows else 1), values.reshape(-1)
    values = list(values)
    if values and isinstance(values[0], (list, tuple)):
        return len(values[0]), [cell for row in values for cell in row]
    return 1, values


def answer(model, rows, data):
    outputs = named_outputs(model.predict(data))
    if not outputs or len(outputs[0][2]) != rows * outputs[0][1]:
        raise ValueError(f"predict gave no prediction for each of {rows} rows")
    body = struct.pack("<II", rows, len(outputs))
    for name, columns, values in outputs:
        if len(values) != rows * columns:
            raise ValueError(f"output {name} has {len(values)} cells for {rows} rows")
        body += text(name) + struct.pack("<I", columns) + cells(values)
    if not model.has_shares:
        return body + struct.pack("<I", 0)
    shares = model.raw.predict_proba(data)
    body += struct.pack("<I", len(shares[0]) if rows else 0)
    return body + struct.pack(f"<{rows * len(shares[0])}d", *(float(share) for row in shares for share in row))


def is_regressor(raw):
    base = sys.modules.get("sklearn.base")  # an estimator of scikit-learn has brought it along
    try:
        return bool(base and base.is_regressor(raw))
    except Exception:  # a model that is no estimator
        return False


def ready(model):
    raw = model.raw
    classes = getattr(raw, "classes_", None)
    classes = [] if classes is None or isinstance(classes, list) else [name_of(value) for value in classes]
    names = getattr(raw, "feature_names_in_", None)
    count = len(names) if names is not None else int(getattr(raw, "n_features_in_", 0) or 0)
    body = struct.pack("<BI", (1 if model.has_shares else 0) | (2 if is_regressor(raw) else 0), len(classes))
    body += b"".join(text(name) for name in classes)
    body += struct.pack("<IB", count, names is not None)
    if names is not None:
        body += b"".join(text(str(name)) for name in names)
    return body + text(model.how)


def fail(connection, error, is_input):
    words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    send(connection, ord("E"), struct.pack("<B", 1 if is_input else 0) + text(words[:4000]))


def refuses_rows(error):
    """Whether it complains of the rows: MLflow's schema errors, and what estimators raise about values."""
    return isinstance(error, (ValueError, TypeError, KeyError)) or type(error).__name__ == "MlflowException"


def main():
    setup = json.loads(sys.argv[1])
    connection = socket.socket(fileno=3)
    end_with_parent(setup["parent"], setup["memory_bytes"])
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        model = load(setup)
        described = ready(model)
    except BaseException as error:  # also SystemExit of a model's own code: the server wants to know why
        fail(connection, error, not isinstance(error, (ImportError, MemoryError)))
        return
    send(connection, ord("R"), described)
    while True:
        frame = next_request(connection)
        if frame[0] == ord("C"):  # the columns, once they are settled
            setup.update(json.loads(bytes(frame[1:]).decode("utf-8")))
            continue
        rows, columns = columns_of(frame)
        try:
            data = tensors(rows, columns, setup) if setup["tensors"] else table(rows, columns, setup)
            body = answer(model, rows, data)
        except Exception as error:
            fail(connection, error, refuses_rows(error))
            continue
        send(connection, ord("A"), body)


main()
