"""Process CPU per event of recursive least squares in the information form in numpy; called by model-bank.ts.

Arguments: features, outputs, streams. Prints µs per event and stream as JSON, one thread. `one stream` is the usual loop: decay and
outer product at every event, a solve at every tenth. `in tens` takes the micro-batch that is the same to rounding.
"""
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
import json
import sys
import time

import numpy as np

features, outputs, streams = map(int, sys.argv[1:4])
EVERY, DECAY, RIDGE = 10, 1.003**-2, 1.0
rng = np.random.default_rng(1)
out = {}


def measure(name, events, run):
    run(1)
    steps = max(2, round(events / EVERY))
    start = time.process_time()
    run(steps)
    out[name] = (time.process_time() - start) / (steps * EVERY) * 1e6


for dtype in (np.float64, np.float32):
    kind = np.dtype(dtype).name
    a = rng.random((EVERY, features)).astype(dtype)
    y = np.eye(outputs, dtype=dtype)[rng.integers(0, outputs, EVERY)]
    decay, kept = dtype(DECAY), ((1 - DECAY) * RIDGE * np.eye(features)).astype(dtype)

    def one(steps):
        g, q = (RIDGE * np.eye(features)).astype(dtype), np.zeros((features, outputs), dtype)
        for _ in range(steps):
            for row, label in zip(a, y):
                g *= decay
                g += np.outer(row, row)
                g += kept
                q *= decay
                q += np.outer(row, label)
            np.linalg.solve(g, q)

    weights = (DECAY ** (np.arange(EVERY)[::-1] / 2)).astype(dtype)[:, None]
    fade, tens = dtype(DECAY**EVERY), ((1 - DECAY**EVERY) * RIDGE * np.eye(features)).astype(dtype)

    def in_tens(steps):
        g, q = (RIDGE * np.eye(features)).astype(dtype), np.zeros((features, outputs), dtype)
        for _ in range(steps):
            v, u = a * weights, y * weights
            g = g * fade + v.T @ v + tens
            q = q * fade + v.T @ u
            np.linalg.solve(g, q)

    measure(f"numpy {kind}, one stream", 3000, one)
    measure(f"numpy {kind}, one stream, in tens", 6000, in_tens)

a = rng.random((EVERY, streams, features))
y = np.eye(outputs)[rng.integers(0, outputs, (EVERY, streams))]
eye = (1 - DECAY) * RIDGE * np.eye(features)


def bank(steps):
    g, q = np.tile(RIDGE * np.eye(features), (streams, 1, 1)), np.zeros((streams, features, outputs))
    for _ in range(steps):
        for rows, labels in zip(a, y):
            g *= DECAY
            g += rows[:, :, None] * rows[:, None, :]
            g += eye
            q *= DECAY
            q += rows[:, :, None] * labels[:, None, :]
        np.linalg.solve(g, q)


measure(f"numpy float64, bank of {streams}", 20, bank)
out[f"numpy float64, bank of {streams}"] /= streams
print(json.dumps(out))
