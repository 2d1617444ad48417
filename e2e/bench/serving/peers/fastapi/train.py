"""Trains the model of a manifest anew, from the same rows and with the same parameters, for XGBClassifier.

python train.py TABLE SPLIT MODEL_FOLDER MODEL.json
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import xgboost as xgb

from customer import Customer, row_encoder

table, split, folder, out = sys.argv[1:]
manifest = json.loads((Path(folder) / "manifest.json").read_text())
encode = row_encoder(manifest)
with open(split) as file:
    learn = {int(row["row"]) for row in csv.DictReader(file) if row["split"] == "train"}
with open(table) as file:
    rows = [row for number, row in enumerate(csv.DictReader(file)) if number in learn]
target = manifest["target"]
x = [encode(Customer(**{name: cell or None for name, cell in row.items()})) for row in rows]
y = [row[target["label"]] == target["positiveLabel"] for row in rows]
parameters = dict(manifest["parameters"])
rounds = parameters.pop("num_boost_round")
matrix = xgb.QuantileDMatrix(np.array(x, np.float32), np.array(y), max_bin=parameters["max_bin"], nthread=1)
# One thread: on a busy machine several wait for one another longer than one alone would take.
xgb.train({**parameters, "nthread": 1}, matrix, rounds).save_model(out)
