"""Encodes a table as a manifest says: the product's own matrix, made by numpy alone."""

import numpy as np
import pandas as pd


def read_table(path, manifest):
    """Columns that are texts to the manifest stay texts."""
    if path.endswith(".parquet"):
        return pd.read_parquet(path)
    texts = {column["name"]: str for column in manifest["columns"] if column["storedAs"] != "Number"}
    return pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=[""])


def encode(table, manifest):
    """Row-major float32 [rows, width]; NaN is missing."""
    matrix = np.empty((len(table), manifest["model"]["width"]), np.float32)
    for feature in manifest["features"]:
        end = feature["offset"] + feature["width"]
        matrix[:, feature["offset"] : end] = encode_column(table[feature["name"]], feature)
    return matrix


def encode_column(cells, feature):
    rule = feature["encoding"]
    if rule["kind"] == "Number":
        return pd.to_numeric(cells).to_numpy(np.float32, na_value=np.nan)[:, None]
    missing = cells.isna().to_numpy()
    if rule["kind"] == "Date":
        days = (pd.to_datetime(cells, utc=True) - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
        return days.to_numpy(np.float32, na_value=np.nan)[:, None]
    texts = cells.astype(str).str.strip() if feature["storedAs"] != "Number" else cells.map("{:g}".format)
    if rule["kind"] == "Boolean":
        codes = texts.map({rule["trueValue"]: 1.0, rule["falseValue"]: 0.0}).to_numpy(np.float32)
        return np.where(missing, np.nan, codes)[:, None]
    categories = rule["categories"]
    codes = pd.Categorical(texts, categories=categories).codes
    if rule["kind"] == "OneHot":
        hot = (codes[:, None] == np.arange(len(categories))).astype(np.float32)
        hot[missing] = np.nan
        return hot
    assert rule["kind"] == "Codes", rule["kind"]
    return np.where(missing, np.nan, np.where(codes < 0, len(categories), codes))[:, None]


def labels_of(table, manifest):
    target = manifest["target"]
    return (table[target["label"]].astype(str).str.strip() == target["positiveLabel"]).to_numpy()
