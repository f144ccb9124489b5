"""CPU seconds per utterance of alibi-detect's online MMD, frouros' streaming MMD and a numpy loop; called by short-text-peers.ts.

Arguments: a float32 file of reference vectors [rows, 384], an NDJSON file of events with `embedding` arrays.
Needs numpy and orjson; alibi-detect (PyTorch) and frouros where they are installed.
"""
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
import numpy as np
import orjson

DIM, K, BATCH = 384, 3, 64
reference = np.fromfile(sys.argv[1], dtype=np.float32).reshape(-1, DIM)
lines = open(sys.argv[2], "rb").read().splitlines()
out = {}


def measure(name, count, run):
    start = time.process_time()
    run(count)
    out[name] = (time.process_time() - start) / count


def loop(count):
    own = np.full(len(reference), 0.4, dtype=np.float32)
    for at in range(0, count, BATCH):
        x = np.array([orjson.loads(line)["embedding"] for line in lines[at : at + BATCH]], dtype=np.float32)
        products = x @ reference.T
        near = np.argpartition(products, -K, axis=1)[:, -K:]
        1 - np.take_along_axis(products, near, axis=1).mean(axis=1) - 0.5 * own[near].mean(axis=1)


loop(640)
measure("numpy", len(lines) // BATCH * BATCH, loop)
stream = np.array([orjson.loads(line)["embedding"] for line in lines[:2000]], dtype=np.float32)

try:
    try:
        import torch

        torch.set_num_threads(1)
        backend = "pytorch"
    except ImportError:
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
        backend = "tensorflow"
    from alibi_detect.cd import MMDDriftOnline

    detector = MMDDriftOnline(reference, ert=100, window_size=25, backend=backend, n_bootstraps=1000, verbose=False)
    measure(f"alibi-detect ({backend})", 200, lambda count: [detector.predict(x) for x in stream[:count]])
except ImportError as missing:
    print(f"alibi-detect: {missing}", file=sys.stderr)

try:
    from frouros.detectors.data_drift.streaming import MMD

    mmd = MMD(window_size=25)
    mmd.fit(X=reference)
    for x in stream[:25]:
        mmd.update(value=x)
    measure("frouros", 50, lambda count: [mmd.update(value=x) for x in stream[25 : 25 + count]])
except ImportError as missing:
    print(f"frouros: {missing}", file=sys.stderr)

print(json.dumps(out))
