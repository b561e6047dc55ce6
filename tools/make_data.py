#!/usr/bin/env python3
"""Writes data/*.csv and examples/*/{reference,current}.csv from three Debian packages.

    apt-get download python3-sklearn gretl-data r-cran-modeldata
    for package in *.deb; do dpkg -x $package unpacked; done
    pip install pandas scikit-learn rdata
    tools/make_data.py unpacked

The tables are facts; data/README.md says where they come from. Predictions are out-of-fold
predictions of scikit-learn models (and, for the bikes, last week's count), so that model quality
is measured on real errors. Same input, same output.
"""
import gzip
import lzma
import struct
import sys
import warnings
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.compose import make_column_transformer

ROOT = Path(__file__).resolve().parent.parent

WINE_COLUMNS = ["alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
                "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280_od315", "proline"]


def wine(unpacked):
    """13 measurements of 178 wines from three cultivars."""
    path = unpacked / "usr/lib/python3/dist-packages/sklearn/datasets/data/wine_data.csv"
    table = pd.read_csv(path, skiprows=1, header=None, names=[*WINE_COLUMNS, "cultivar"])
    table["cultivar"] = table["cultivar"].map(lambda number: f"class_{number}")
    return table


def bikes(unpacked):
    """Bike rentals a day, 2011-2012, with weather."""
    tree = ElementTree.fromstring(gzip.decompress((unpacked / "usr/share/gretl/data/misc/bikesharing.gdt").read_bytes()))
    names = [variable.get("name") for variable in tree.find("variables")]
    rows = [observation.text.split() for observation in tree.find("observations")]
    table = pd.DataFrame(rows, columns=names)
    table.insert(0, "date", pd.date_range("2011-01-01", periods=len(table)).strftime("%Y-%m-%d"))
    return table


def churn(unpacked):
    """Customers of a telephone company and whether they left; from R's lazy-load database."""
    import rdata

    def load(raw):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return rdata.conversion.convert(rdata.parser.parse_data(raw))

    stem = unpacked / "usr/lib/R/site-library/modeldata/data/Rdata"
    offset, size = (int(number) for number in load(stem.with_suffix(".rdx").read_bytes())["variables"]["wa_churn"])
    entry = stem.with_suffix(".rdb").read_bytes()[offset:offset + size]
    assert entry[4:5] == b"Z", "an xz entry: 4 bytes of size, a letter, raw LZMA2"
    assert struct.unpack(">I", entry[:4])[0] > 0
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 6}]
    table = load(lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=filters).decompress(entry[5:]))
    table.columns = [str(name) for name in table.columns]
    for name in table.columns:
        values = table[name]
        if values.dtype == "float64" and (values.dropna() == values.dropna().round()).all() and values.max() == 1:
            table[name] = values.map({0.0: "no", 1.0: "yes"})
    table["churn"] = table["churn"].str.lower()
    return table[[*(name for name in table.columns if name != "churn"), "churn"]].reset_index(drop=True)


def with_wine_predictions(table):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.05))
    folds = StratifiedKFold(10, shuffle=True, random_state=1)
    shares = cross_val_predict(model, table[WINE_COLUMNS[:6]], table["cultivar"], cv=folds, method="predict_proba")
    table = table.copy()
    labels = sorted(table["cultivar"].unique())
    table["prediction"] = [labels[row.argmax()] for row in shares]
    for index, label in enumerate(labels):
        table[f"probability_{label}"] = shares[:, index].round(6)
    return table


def with_bike_predictions(table):
    """Last week's count of the same weekday: the forecast that any model has to beat."""
    table = table.copy()
    table["prediction"] = table["cnt"].shift(7)
    return table.dropna(subset=["prediction"])


def with_churn_predictions(table):
    features = table.drop(columns="churn")
    texts = [name for name in features if features[name].dtype == object or str(features[name].dtype) == "category"]
    numbers = ["tenure", "monthly_charges"]
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), texts), (StandardScaler(), numbers))
    model = make_pipeline(encode, RandomForestClassifier(200, min_samples_leaf=5, random_state=1))
    folds = StratifiedKFold(5, shuffle=True, random_state=1)
    share = cross_val_predict(model, features, table["churn"], cv=folds, method="predict_proba")[:, 1]
    table = table.copy()
    table["prediction"] = ["yes" if value >= 0.5 else "no" for value in share]
    table["probability_yes"] = share.round(6)
    return table


def write_split(name, table, is_current):
    folder = ROOT / "examples" / name
    folder.mkdir(parents=True, exist_ok=True)
    table[~is_current].to_csv(folder / "reference.csv", index=False)
    table[is_current].to_csv(folder / "current.csv", index=False)


def main():
    unpacked = Path(sys.argv[1])
    tables = {"wine": wine(unpacked), "bikes": bikes(unpacked), "churn": churn(unpacked)}
    (ROOT / "data").mkdir(exist_ok=True)
    for name, table in tables.items():
        table.to_csv(ROOT / "data" / f"{name}.csv", index=False)

    predicted = with_wine_predictions(tables["wine"])
    position = predicted.groupby("cultivar").cumcount()
    write_split("wine", predicted, (predicted["cultivar"] == "class_2") & (position % 4 != 0) | (position % 3 == 0))
    predicted = with_bike_predictions(tables["bikes"])
    write_split("bikes", predicted, predicted["date"] >= "2012-01-01")
    predicted = with_churn_predictions(tables["churn"])
    write_split("churn", predicted, predicted["tenure"].astype(int) <= 12)


main()
