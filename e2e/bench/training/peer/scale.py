"""Fits XGBoost on a table of any size with fixed parameters, as a Python script would: pandas, numpy, XGBClassifier.

python scale.py TABLE MANIFEST FOLDS   with FOLDS 0, or 5 to choose the threshold on rows that the models had not seen
"""

import json
import sys

import numpy as np
import xgboost as xgb
from sklearn.metrics import log_loss, precision_recall_curve, roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split

from contract import encode, labels_of, read_table

SEARCH_ROWS, SAMPLE_ROWS = 500_000, 200_000

path, manifest_path, folds = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(manifest_path) as file:
    manifest = json.load(file)
fixed = dict(manifest["parameters"])
rounds = fixed.pop("num_boost_round")
fixed["n_jobs"] = fixed.pop("nthread")


def fitted(x, y):
    return xgb.XGBClassifier(n_estimators=rounds, **fixed).fit(x, y)


def out_of_fold(x, y):
    p = np.empty(len(y), np.float32)
    for seen, held_out in StratifiedKFold(folds, shuffle=True, random_state=42).split(x, y):
        p[held_out] = fitted(x[seen], y[seen]).predict_proba(x[held_out])[:, 1]
    return p


def best_threshold(p, y):
    precision, recall, thresholds = precision_recall_curve(y, p)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(thresholds[np.argmax(f1[:-1])])


table = read_table(path, manifest)
y = labels_of(table, manifest)
x = encode(table, manifest)
del table
x, x_test, y, y_test = train_test_split(x, y, test_size=0.2, random_state=42, stratify=y)
answer = {}
if folds:
    few = slice(None) if len(y) <= SEARCH_ROWS else np.random.default_rng(42).choice(len(y), SAMPLE_ROWS, replace=False)
    answer["threshold"] = best_threshold(out_of_fold(x[few], y[few]), y[few])
p = fitted(x, y).predict_proba(x_test)[:, 1]
answer["RocAUC"] = roc_auc_score(y_test, p)
answer["LogLoss"] = log_loss(y_test, p)
print(json.dumps(answer))
