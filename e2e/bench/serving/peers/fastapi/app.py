"""FastAPI at its fastest: pydantic 2, uvicorn with uvloop and httptools, no thread per request, one thread to score.

python app.py MODEL_FOLDER onnx
python app.py MODEL_FOLDER xgboost MODEL.json
"""

import json
import socket
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field

from customer import Customer, row_encoder

folder, runtime = Path(sys.argv[1]), sys.argv[2]
manifest = json.loads((folder / "manifest.json").read_text())
encode = row_encoder(manifest)
threshold = manifest["decision"]["threshold"]

if runtime == "onnx":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])

    def score(rows):
        return session.run(["probabilities"], {"features": np.array(rows, np.float32)})[0][:, 1].tolist()

else:
    from xgboost import XGBClassifier

    classifier = XGBClassifier(n_jobs=1)
    classifier.load_model(sys.argv[3])

    def score(rows):
        return classifier.predict_proba(np.array(rows, np.float32))[:, 1].tolist()


class Batch(BaseModel):
    rows: Annotated[list[Customer], Field(max_length=1000)]


class Result(BaseModel):
    probability: float
    churn: bool


class Prediction(Result):
    revision: str
    threshold: float


class BatchPrediction(BaseModel):
    revision: str
    threshold: float
    results: list[Result]


app = FastAPI(openapi_url=None)


@app.post("/predict")
async def predict(customer: Customer) -> Prediction:
    probability = score([encode(customer)])[0]
    return Prediction(revision=runtime, threshold=threshold, probability=probability, churn=probability >= threshold)


@app.post("/predict/batch")
async def predict_batch(batch: Batch) -> BatchPrediction:
    probabilities = score([encode(customer) for customer in batch.rows])
    results = [Result(probability=p, churn=p >= threshold) for p in probabilities]
    return BatchPrediction(revision=runtime, threshold=threshold, results=results)


listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
print("Listening on", listener.getsockname()[1], flush=True)
config = uvicorn.Config(app, log_level="warning", access_log=False, loop="uvloop", http="httptools")
uvicorn.Server(config).run(sockets=[listener])
