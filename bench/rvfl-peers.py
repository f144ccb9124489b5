"""Prequential score and CPU of river's streaming models on NDJSON files of {x, y}; called by rvfl-peers.ts.

Arguments: events to skip in the score, then NDJSON files. river's own data sets are written to the folder of --write.
"""
import json
import sys
import time


def write(folder):
    from river import datasets

    for name, data in (("phishing", datasets.Phishing()), ("segments", datasets.ImageSegments())):
        with open(f"{folder}/{name}.ndjson", "w") as out:
            for x, y in data:
                out.write(json.dumps({"x": {k: float(v) for k, v in x.items()}, "y": str(y)}) + "\n")


def models(classes):
    from river import forest, linear_model, multiclass, naive_bayes, preprocessing, tree

    logistic = linear_model.LogisticRegression()
    if classes > 2:
        logistic = multiclass.OneVsRestClassifier(logistic)
    yield "logistic regression, scaled", preprocessing.StandardScaler() | logistic
    yield "Gaussian naive Bayes", naive_bayes.GaussianNB()
    yield "Hoeffding adaptive tree", tree.HoeffdingAdaptiveTreeClassifier(seed=1)
    yield "adaptive random forest", forest.ARFClassifier(seed=1)


def run(path, skip):
    events = [json.loads(line) for line in open(path)]
    rows = [({str(i): v for i, v in enumerate(e["x"])} if isinstance(e["x"], list) else e["x"], e["y"]) for e in events]
    classes = sorted({y for _, y in rows})
    if len(classes) == 2:
        # river's logistic regression takes anything but a bool for something else.
        rows = [(x, y == classes[1]) for x, y in rows]
    for name, model in models(len(classes)):
        right = 0
        start = time.process_time()
        for i, (x, y) in enumerate(rows):
            if i >= skip:
                right += model.predict_one(x) == y
            model.learn_one(x, y)
        yield name, right / (len(rows) - skip), (time.process_time() - start) / len(rows) * 1e6


if sys.argv[1] == "--write":
    write(sys.argv[2])
else:
    for path in sys.argv[2:]:
        for name, accuracy, us in run(path, int(sys.argv[1])):
            print(json.dumps({"path": path, "name": name, "accuracy": accuracy, "us": us}), flush=True)
