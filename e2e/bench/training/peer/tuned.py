"""A tuned XGBoost in Python, as a data scientist would write it, judged on the test rows of a split file.

python tuned.py TABLE LABEL POSITIVE SPLIT SEED TRIALS [COLUMN TO LEAVE OUT]...
"""

import json
import sys

import numpy as np
import pandas as pd
import xgboost as xgb
from scipy.stats import loguniform
from sklearn import metrics
from sklearn.model_selection import StratifiedKFold

path, label, positive, split_path, seed, trials, *left_out = sys.argv[1:]
seed, trials = int(seed), int(trials)
FOLDS, PATIENCE, MOST_ROUNDS, HOPELESS, ONE_HOT = 5, 50, 1200, 1.01, 16


def encoded(table):
    texts = table.select_dtypes(exclude="number").columns
    few = [name for name in texts if table[name].nunique() <= ONE_HOT]
    for name in set(texts) - set(few):
        table[name] = table[name].astype("category").cat.codes.replace(-1, np.nan)
    return pd.get_dummies(table, columns=few, dtype=float).to_numpy(np.float32)


def drawn(random):
    return {
        "learning_rate": float(loguniform.rvs(0.02, 0.15, random_state=random)),
        "max_depth": int(random.integers(2, 8)),
        "min_child_weight": float(loguniform.rvs(1, 16, random_state=random)),
        "subsample": float(random.uniform(0.6, 1)),
        "colsample_bytree": float(random.uniform(0.4, 1)),
        "reg_lambda": float(loguniform.rvs(0.5, 16, random_state=random)),
        "gamma": float(max(0, random.uniform(-1, 2))),
    }


def model(parameters, rounds, **more):
    return xgb.XGBClassifier(
        n_estimators=rounds, tree_method="hist", n_jobs=2, random_state=seed, eval_metric="logloss", **parameters, **more
    )


def cross_validated(parameters, x, y, best):
    p, rounds, losses = np.empty(len(y)), [], []
    for seen, held_out in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(x, y):
        fitted = model(parameters, MOST_ROUNDS, early_stopping_rounds=PATIENCE)
        fitted.fit(x[seen], y[seen], eval_set=[(x[held_out], y[held_out])], verbose=False)
        p[held_out] = fitted.predict_proba(x[held_out])[:, 1]
        rounds.append(fitted.best_iteration + 1)
        losses.append(metrics.log_loss(y[held_out], p[held_out]))
        if best and sum(losses) > HOPELESS * sum(best["losses"][: len(losses)]):
            return None
    return {"parameters": parameters, "p": p, "rounds": round(1.1 * np.mean(rounds)), "losses": losses}


def best_threshold(p, y):
    precision, recall, thresholds = metrics.precision_recall_curve(y, p)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(thresholds[np.argmax(f1[:-1])])


def figures(p, y, threshold):
    bins = np.minimum(9, np.floor(p * 10).astype(int))
    return {
        "RocAUC": metrics.roc_auc_score(y, p),
        "PrAUC": metrics.average_precision_score(y, p),
        "LogLoss": metrics.log_loss(y, p),
        "Brier": metrics.brier_score_loss(y, p),
        "ECE": sum(abs(np.sum((y - p)[bins == b])) for b in range(10)) / len(y),
        "CalibrationZ": np.sum((y - p) * (1 - 2 * p)) / np.sqrt(np.sum((1 - 2 * p) ** 2 * p * (1 - p))),
        "F1": metrics.f1_score(y, p >= threshold),
    }


table = pd.read_csv(path, skipinitialspace=True)
y = (table[label].astype(str) == positive).to_numpy(int)
split = pd.read_csv(split_path).sort_values("row")["split"].to_numpy()
x = encoded(table.drop(columns=[label, *left_out]))
learn, test = split == "train", split == "test"
random = np.random.default_rng(seed)
best = None
for _ in range(trials):
    trial = cross_validated(drawn(random), x[learn], y[learn], best)
    if trial and (best is None or sum(trial["losses"]) < sum(best["losses"])):
        best = trial
final = model(best["parameters"], best["rounds"]).fit(x[learn], y[learn])
p = final.predict_proba(x[test])[:, 1].astype(float)
found = figures(p, y[test], best_threshold(best["p"], y[learn]))
print(json.dumps({name: float(value) for name, value in found.items()}))
