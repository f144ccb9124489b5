"""The numbers of evaluate.test.ts, computed apart from the program: python test/golden/evaluate.py

Needs river 0.26.1 and scipy. The stream is made here by the same generator as in the test.
"""

import math
from statistics import mean, median

from river import drift
from scipy import stats

KEYS, EVENTS, WITHIN = 5, 30_000, 400


def stream():
    state = 4242

    def random():
        nonlocal state
        state = (state * 1664525 + 1013904223) % 2**32
        return state / 2**32

    level, until = [0] * KEYS, [1500] * KEYS
    for i in range(EVENTS):
        key, index = i % KEYS, i // KEYS
        if index == until[key]:
            level[key] = (level[key] + 1) % 3
            until[key] += 700 + math.floor(random() * 900)
        noise = sum(random() for _ in range(6)) - 3
        yield key, index, level[key], round((noise + level[key] * 0.7) * 1e6) / 1e6


def evaluate(make):
    detectors = [make() for _ in range(KEYS)]
    alarms = [[] for _ in range(KEYS)]
    labels = [[] for _ in range(KEYS)]
    for key, index, level, value in stream():
        detectors[key].update(value)
        if detectors[key].drift_detected:
            alarms[key].append(index)
        labels[key].append(level)
    changes = found = false = repeats = returns = told = quiet = 0
    delays = []
    for mine, concepts in zip(alarms, labels):
        at = [i for i in range(1, len(concepts)) if concepts[i] != concepts[i - 1]]
        owner = [None] * len(concepts)  # which change an event belongs to
        for i in at:
            for j in range(i, min(i + WITHIN, len(concepts))):
                owner[j] = i
        quiet += sum(one is None for one in owner)
        false += sum(owner[a] is None for a in mine)
        for i in at:
            hits = [a for a in mine if owner[a] == i]
            if concepts[i] == concepts[0]:
                returns += 1
                told += bool(hits)
                continue
            changes += 1
            if hits:
                found += 1
                repeats += len(hits) - 1
                delays.append(hits[0] - i)
    z = stats.norm.ppf(0.975)
    share = found / changes
    middle = (share + z * z / (2 * changes)) / (1 + z * z / changes)
    half = z / (1 + z * z / changes) * math.sqrt(share * (1 - share) / changes + z * z / (4 * changes**2))
    garwood = (stats.chi2.ppf(0.025, 2 * false) / 2 if false else 0, stats.chi2.ppf(0.975, 2 * false + 2) / 2)
    n = len(delays)
    r = max(r for r in range(n) if r == 0 or stats.binom.cdf(r - 1, n, 0.5) <= 0.025)
    delays.sort()
    print(dict(changes=changes, found=found, falseAlarms=false, repeats=repeats, returns=returns, returnsTold=told, quietEvents=quiet))
    print(" rate", share, 1 if share == 1 else None, (middle - half, middle + half))
    print(" false in 10,000", *(10_000 * x / quiet for x in (false, *garwood)))
    print(" run length", *(quiet / x if x else math.inf for x in (false, garwood[1], garwood[0])))
    print(" delay", median(delays), delays[r - 1], delays[n - r], mean(delays), delays[math.ceil(0.9 * n) - 1])


evaluate(lambda: drift.ADWIN())
evaluate(lambda: drift.PageHinkley())
evaluate(lambda: drift.PageHinkley(threshold=8))
for k, n in ((0, 7), (3, 7), (7, 7), (450, 1000)):
    share, z = k / n, stats.norm.ppf(0.975)
    roots = [(2 * n * share + z * z + s * z * math.sqrt(z * z + 4 * n * share * (1 - share))) / (2 * (n + z * z)) for s in (-1, 1)]
    print("wilson", k, n, roots)
for c in (0, 1, 7, 120, 5000):
    print("poisson", c, stats.chi2.ppf(0.025, 2 * c) / 2 if c else 0, stats.chi2.ppf(0.975, 2 * c + 2) / 2)
for n in (5, 6, 25, 400):
    print("median of 1..n", n, [r for r in range(n) if r and stats.binom.cdf(r - 1, n, 0.5) <= 0.025][-1:])
