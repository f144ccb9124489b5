"""What turn-detectors.test.ts expects of the four small detectors of conversations, computed apart from the program:

    python test/golden/turn-detectors.py > test/golden/turn-detectors.json

Needs numpy and scipy. Shares with the program only what cannot be otherwise: the generator of the streams (as in the test), the
published generator sfc32 with its seeding, the 256 bins, and float16 for the embedding of an original. Everything else is
written from the definitions: slopes by numpy.polyfit, decay by scipy's curve_fit, normal scores by scipy, and the
Shiryaev-Roberts statistic as the sum over every beginning of the product of the bets since, beginning by beginning.
"""

import json
import math
from collections import defaultdict

import numpy as np
from scipy.optimize import brentq, curve_fit
from scipy.special import expit
from scipy.stats import norm

REFERENCE, PROMISE, SEED = 200, 2000, 1


class Lcg:
    """The streams' generator."""

    def __init__(self, state):
        self.state = state

    def __call__(self):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return self.state / 2**32

    def noise(self):
        return sum(self() for _ in range(6)) - 3


def rounded(x):
    return math.floor(x * 1e4 + 0.5) / 1e4


# The streams


def lookback():
    random = Lcg(11)
    for i in range(1700):
        context = rounded(60 + 8 * random.noise() - (14 if 600 <= i < 680 else 0))
        yield {"context": context, "own": rounded(100 - context)}


def dissatisfied():
    random = Lcg(12)
    for i in range(1700):
        rate = 0.3 if 600 <= i < 700 else 0.08
        rephrase, correction = random() < rate, random() < 0.02
        yield {"rephrase": rephrase, "correction": correction, "thumbsDown": random() < 0.01}


def probed():
    """Five conversations at a time, of three to eight rounds; one in ten rounds is not probed."""
    random = Lcg(13)
    begun, open_ = 0, []
    while begun < 900 or open_:
        while len(open_) < 5 and begun < 900:
            open_.append([begun, 0, 3 + math.floor(random() * 6)])
            begun += 1
        one = open_.pop(0)
        one[1] += 1
        number, round_, last = one
        slope = 0.08 if 400 <= number < 450 else 0.01
        score = rounded(0.9 - slope * (round_ - 1) + 0.05 * random.noise())
        if round_ < last:
            open_.append(one)
        if round_ > 1 and round_ < last and random() < 0.1:
            continue
        yield {"conversation": f"c{number}", "round": round_, "score": score, "end": round_ == last}


def rewritten():
    """Three chains at a time, of an original and four to six generations."""
    random = Lcg(14)
    begun, open_ = 0, []
    while begun < 640 or open_:
        while len(open_) < 3 and begun < 640:
            text = [rounded(4 * random() - 2) for _ in range(6)]
            open_.append([begun, 0, 4 + math.floor(random() * 3), text])
            begun += 1
        one = open_.pop(0)
        number, generation, last, text = one
        yield {"chain": number, "generation": generation, "embedding": list(text), "end": generation == last}
        loss = 0.9 if 400 <= number < 460 else 0.45
        one[3] = [rounded(x + loss * random.noise() / (1 + generation)) for x in text]
        one[1] += 1
        if generation < last:
            open_.append(one)


# The core


def fnv(text):
    h = 0x811C9DC5
    for unit in text:
        h = ((h ^ ord(unit)) * 0x01000193) % 2**32
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) % 2**32
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) % 2**32
    return h ^ (h >> 16)


def sfc32(seed):
    """Uniforms in [0, 1): Chris Doty-Humphrey's sfc32, 15 rounds thrown away."""
    a, b, c = (fnv(p + seed) for p in "abc")
    counter, thrown = 1, 15
    while True:
        t = (a + b + counter) % 2**32
        counter = (counter + 1) % 2**32
        a = b ^ (b >> 9)
        b = (c + (c << 3)) % 2**32
        c = (((c << 21) | (c >> 11)) + t) % 2**32
        if thrown > 0:
            thrown -= 1
        else:
            yield t / 2**32


SHIFTS = np.array([0.1, 0.2, 0.35, 0.6, 1, 1.6])
SPREADS = np.array([1.2, 1.5, 2, 3, 0.8, 0.6, 0.4])
VALUE_WEIGHTS = np.concatenate([np.tile([0.08] * 4 + [0.03] * 2, 2), np.full(7, 0.24 / 7)])
ODDS = np.array([1.25, 1.5, 2, 3, 5, 1 / 1.25, 1 / 1.5, 1 / 2, 1 / 3, 1 / 5])
BIT_WEIGHTS = np.repeat([0.8 / 5, 0.2 / 5], 5)
WAIT, REMEMBERED = 256, 256


class Values:
    """Bets on the normal score of a value's rank among what is normal: the reference, and what came a while ago."""

    weights = VALUE_WEIGHTS

    def __init__(self, reference):
        low, self.median, high = np.percentile(reference, [16, 50, 84])
        self.spread = (high - low) / 2
        self.normal = [self.bin(x) for x in reference]
        self.wait = min(WAIT, len(reference) // 4)
        self.waiting = []

    def bin(self, x):
        return min(255, max(0, math.floor(256 * (0.5 + math.atan((x - self.median) / self.spread) / math.pi))))

    def bets(self, x, u):
        bins, bin_ = np.array(self.normal), self.bin(x)
        p = (np.sum(bins < bin_) + u * (np.sum(bins == bin_) + 1)) / (len(bins) + 1)
        z = norm.ppf(min(1 - 1e-9, max(1e-9, p)))
        up, down = np.exp(SHIFTS * z - SHIFTS**2 / 2), np.exp(-SHIFTS * z - SHIFTS**2 / 2)
        return np.concatenate([up, down, np.exp(z * z / 2 * (1 - 1 / SPREADS**2)) / SPREADS])

    def learn(self, number, x):
        self.waiting.append((number, self.bin(x)))
        if len(self.waiting) > self.wait:
            self.normal.append(self.waiting.pop(0)[1])

    def alarm(self, onset, number, values):
        """What came since the onset is not normal, what came before it is."""
        self.normal += [b for n, b in self.waiting if n < onset and n > number - REMEMBERED]
        first = self.waiting[0][0]
        for n in range(max(onset, number - REMEMBERED + 1), first):
            self.normal.remove(self.bin(values[n]))
        self.waiting = []


class Bits:
    """Bets on the odds of a one after the bit before; how far that bit matters is learnt by whether it told."""

    weights = BIT_WEIGHTS

    def __init__(self, reference):
        self.pairs, self.lean, self.last = defaultdict(float), 0.0, reference[0]
        for bit in reference[1:]:
            self.count(bit)
            self.last = bit

    def rates(self):
        ones = self.pairs[0, 1] + self.pairs[1, 1]
        alone = (ones + 0.5) / (ones + self.pairs[0, 0] + self.pairs[1, 0] + 1)
        one, zero = self.pairs[self.last, 1], self.pairs[self.last, 0]
        return alone, (one + 2 * alone) / (one + zero + 2)

    def count(self, bit):
        alone, after = self.rates()
        told = after / alone if bit else (1 - after) / (1 - alone)
        self.lean = min(20, max(-5, self.lean + math.log(told)))
        self.pairs[self.last, bit] += 1

    def bets(self, bit, _):
        alone, after = self.rates()
        rate = alone + (after - alone) * expit(self.lean)
        self.now, self.last_before = bit, self.last
        return (ODDS if bit else np.ones(10)) / (1 - rate + ODDS * rate)

    def learn(self, _, bit):
        self.count(bit)

    def alarm(self, onset, number, values):
        for n in range(max(onset, number - REMEMBERED + 1), number + 1):
            pair = (values[n - 1], values[n])
            self.pairs[pair] = max(0, self.pairs[pair] - 1)


def watch(numbers, name, make):
    """Signals of the core about a list of numbers: the first are the reference, the promise is the threshold."""
    seed = fnv(f"{SEED}\0{name}")
    uniforms = sfc32(f"{seed}\1all")
    for _ in range(REFERENCE):
        next(uniforms)
    core = make(numbers[:REFERENCE])
    signals = [{"kind": "learnt", "number": REFERENCE - 1}]
    products = np.zeros((len(core.weights), 0))
    since, warned, alarm, loud = REFERENCE, False, None, 0
    statistic = 0
    for number in range(REFERENCE, len(numbers)):
        x = numbers[number]
        bets = core.bets(x, next(uniforms))
        products = np.concatenate([products, np.ones((len(bets), 1))], axis=1) * bets[:, None]
        statistic = float(core.weights @ products.sum(axis=1))
        if alarm is None:
            core.learn(number, x)
        core.last = x
        if alarm is not None:
            if statistic >= max(PROMISE / 10, min(PROMISE / 2, 1000)):
                loud = number
            if statistic >= PROMISE:
                products, since = products[:, :0], number + 1
            elif number - loud >= max(500, 2 * (alarm[0] - alarm[1])):
                signals.append({"kind": "recovered", "number": number})
                alarm, products, since = None, products[:, :0], number + 1
            continue
        kind = "drift" if statistic >= PROMISE else "warning" if not warned and statistic >= PROMISE / 10 else None
        if warned and statistic < PROMISE / 20:
            warned = False
        if kind is None:
            continue
        warned = kind == "warning"
        onset = posterior(products, core.weights, number, since)
        signals.append({"kind": kind, "number": number, "statistic": statistic, "onset": onset})
        if kind == "drift":
            core.alarm(onset[0], number, numbers)
            alarm, loud = (number, onset[0]), number
            products, since = products[:, :0], number + 1
    return signals


# What a bet's ages are times where the change grew: of levels, of wider and of narrower spreads.
GROWING = np.concatenate([np.full(12, 1.5), np.full(4, 1.75), np.full(3, 2.5)])


def posterior(products, weights, number, since):
    """
    When it began: under each bet ages as gamma distributed with its mean and variance (Wilson and Hilferty's cube root), bets mixed
    by their evidence; the median and 5-95 %, the older end as if the change may have grown.
    """
    ages = np.arange(products.shape[1])[::-1]
    sums = products.sum(axis=1)
    kept = weights * sums > 1e-4 * (weights @ sums)
    mean = np.maximum(0.5, products @ ages / sums)
    variance = np.maximum(0.25, products @ ages**2 / sums - mean**2)
    share, mean, variance = (weights * sums)[kept], mean[kept], variance[kept]
    ninth = variance / (9 * mean * mean)

    def age(level, times=1):
        below = lambda a: share @ norm.cdf((np.cbrt(a / (times * mean)) - 1 + ninth) / np.sqrt(ninth))
        return brentq(lambda a: below(a) - level * share.sum(), 0, 20 * (times * mean).max())

    middle, low, high = age(0.5), age(0.95, GROWING[: len(weights)][kept]), age(0.05)
    at = [math.floor(number - middle + 0.5), math.floor(number - low), math.ceil(number - high)]
    return [max(since, x) for x in at]


# What each detector makes of its events


def as_signals(found, completed):
    """From numbers to the events with which they were complete."""
    for signal in found:
        number = signal.pop("number")
        signal["index"] = completed[number]
        if "onset" in signal:
            signal["onset"] = [completed[min(number, max(n, number + 1 - 256))] for n in signal["onset"]]
    return found


def fading(values, memory=500):
    """Mean in which the newest of many has the weight 1/memory."""
    mean = 0.0
    for n, x in enumerate(values, 1):
        mean += (x - mean) / min(n, memory)
    return mean


def of_lookback(events):
    ratios = [e["context"] / (e["context"] + e["own"]) for e in events]
    return {"signals": as_signals(watch(ratios, "lookback-ratio", Values), range(len(events))), "gauges": {}}


def of_dissatisfaction(events):
    bits = [int(e["rephrase"] or e["correction"] or e["thumbsDown"]) for e in events]
    kinds = [("rephrase", "rephrase"), ("correction", "correction"), ("thumbs_down", "thumbsDown")]
    gauges = {f"dissatisfaction_{out}_rate": fading([float(e[name]) for e in events]) for out, name in kinds}
    return {"signals": as_signals(watch(bits, "dissatisfaction", Bits), range(len(events))), "gauges": gauges}


def of_instruction(events):
    conversations, slopes, completed, falls = defaultdict(list), [], [], defaultdict(list)
    for index, e in enumerate(events):
        rounds = conversations[e["conversation"]]
        rounds.append((e["round"], e["score"]))
        if len(rounds) > 1:
            falls[e["round"] - rounds[0][0]].append((rounds[0][1] - e["score"], rounds[0][1]))
        if e["end"] and len(rounds) >= 3:
            slopes.append(float(np.polyfit(*zip(*rounds), 1)[0]))
            completed.append(index)
    gauges = {}
    for after in range(1, 8):
        fall, first = np.array(falls[after]).T
        if len(fall) >= 30 and fall.mean() / (fall.std(ddof=1) / math.sqrt(len(fall))) > 2.73:
            left = 1 - fall.mean() / first.mean()
            gauges["instruction_stability_significant_round"] = after + 1
            gauges["instruction_stability_half_life_rounds"] = math.log(0.5) * after / math.log(left)
            break
    curve = {str(after + 1): [len(f), float(np.mean(f, axis=0)[0])] for after, f in sorted(falls.items())}
    found = as_signals(watch(slopes, "instruction-stability", Values), completed)
    return {"signals": found, "gauges": gauges, "falls": curve}


def of_cycles(events):
    origins, cumulative, means, completed = {}, defaultdict(list), [], []
    by_generation = defaultdict(list)
    for index, e in enumerate(events):
        vector = np.array(e["embedding"])
        unit = (vector * (1 / math.sqrt(sum(x * x for x in e["embedding"])))).astype(np.float32)
        if e["generation"] == 0:
            origins[e["chain"]] = unit.astype(np.float16)
            by_generation[0].append(1.0)
            continue
        similarity = float(np.sum(unit.astype(float) * origins[e["chain"]].astype(float)))
        cumulative[e["chain"]].append(similarity)
        by_generation[e["generation"]].append(similarity)
        if e["end"]:
            means.append(float(np.mean(cumulative[e["chain"]])))
            completed.append(index)
    generations = np.arange(len(by_generation))
    similarity = np.array([fading(by_generation[g]) for g in generations])
    chains = np.array([min(500, len(by_generation[g])) for g in generations])
    decay = lambda g, a, b, c: a * np.exp(-b * g) + c
    (_, rate, floor), _ = curve_fit(decay, generations, similarity, p0=[0.3, 0.3, 0.6], sigma=1 / np.sqrt(chains), maxfev=20000)
    return {
        "signals": as_signals(watch(means, "semantic-cycles", Values), completed),
        "gauges": {"semantic_cycles_decay_rate": float(rate), "semantic_cycles_floor": float(floor)},
        "similarities": [float(s) for s in similarity],
    }


def main():
    streams = {
        "lookback-ratio": (lookback, of_lookback),
        "dissatisfaction": (dissatisfied, of_dissatisfaction),
        "instruction-stability": (probed, of_instruction),
        "semantic-cycles": (rewritten, of_cycles),
    }
    out = {}
    for name, (stream, of) in streams.items():
        events = list(stream())
        out[name] = {"events": len(events), "last": events[-1], **of(events)}
    print(json.dumps(in_digits(out), indent=1))


def in_digits(x):
    """Floats to 9 digits: the last ones differ between machines."""
    if isinstance(x, dict):
        return {k: in_digits(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [in_digits(v) for v in x]
    return float(f"{x:.9g}") if isinstance(x, float) else x


if __name__ == "__main__":
    main()
