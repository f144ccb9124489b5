"""The same by quixstreams with its own RocksDB state and changelog: kafka-quix.py BROKERS TOPIC EVENTS FOLDER.

Prints its own CPU in microseconds per event, imports not counted, MiB at most, alarms.
"""

import base64
import pickle
import resource
import sys

from quixstreams import Application
from river.drift import ADWIN

brokers, topic, events, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
app = Application(
    broker_address=brokers,
    consumer_group=f"quix-{topic}",
    auto_offset_reset="earliest",
    state_dir=folder,
    # Every so many events, not at each of them, which 0 would mean.
    commit_interval=3600.0,
    commit_every=50_000,
    loglevel="ERROR",
)
frame = app.dataframe(app.topic(topic, value_deserializer="json", key_deserializer="bytes"))
seen = 0


def update(event, state):
    global seen
    packed = state.get("adwin")
    detector = ADWIN() if packed is None else pickle.loads(base64.b64decode(packed))
    detector.update(event["value"])
    state.set("adwin", base64.b64encode(pickle.dumps(detector)).decode())
    seen += 1
    return detector.drift_detected


frame.update(update, stateful=True)
started = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
app.run(frame, count=events)
used = resource.getrusage(resource.RUSAGE_SELF)
own = used.ru_utime + used.ru_stime - started
print(f"{own / events * 1e6:.3f} {used.ru_maxrss / 1024:.0f} {seen}")
