"""Compares a model that the product made with XGBoost and ONNX Runtime in Python, which the product does not use.

python parity.py TABLE SPLIT MODEL

XGBoost learns anew from the rows that the split gives, encoded by numpy, with the parameters of the manifest.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import xgboost as xgb

from contract import encode, labels_of, read_table

path, split_path, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
manifest = json.loads((folder / "manifest.json").read_text())
table = read_table(path, manifest)
x, y = encode(table, manifest), labels_of(table, manifest)
learn = pd.read_csv(split_path).sort_values("row")["split"].to_numpy() == "train"
parameters = dict(manifest["parameters"])
rounds = parameters.pop("num_boost_round")

matrix = xgb.QuantileDMatrix(x[learn], y[learn], max_bin=parameters["max_bin"], nthread=2)
booster = xgb.train(parameters, matrix, rounds)
margins = booster.predict(xgb.DMatrix(x), output_margin=True).astype(float)
sigmoid = manifest["calibration"]
native = 1 / (1 + np.exp(-(sigmoid["slope"] * margins + sigmoid["intercept"])))

session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
graph = session.run(["probabilities"], {"features": x})[0][:, 1]

encoded = encode(pd.DataFrame([golden["row"] for golden in manifest["goldenRows"]]), manifest)
golden = session.run(["probabilities"], {"features": encoded})[0][:, 1]
expected = np.array([golden["probability"] for golden in manifest["goldenRows"]])
print(
    json.dumps(
        {
            "rows": len(x),
            "OnnxToXGBoost": float(np.max(np.abs(graph - native))),
            "OnnxToOurs": float(np.max(np.abs(golden - expected))),
        }
    )
)
