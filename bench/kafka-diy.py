"""What people build: a loop over confluent-kafka, orjson and river's ADWIN per key, states pickled to PostgreSQL.

kafka-diy.py BROKERS TOPIC EVENTS POSTGRES_URL; EVERY events the changed states are written, then offsets committed: at
least once. Prints its own CPU in microseconds per event, imports not counted, MiB at most, alarms.
"""

import pickle
import resource
import sys

import orjson
import psycopg2
from confluent_kafka import Consumer
from psycopg2.extras import execute_values
from river.drift import ADWIN

EVERY = 50_000
brokers, topic, events, url = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
database = psycopg2.connect(url)
cursor = database.cursor()
cursor.execute("create table if not exists diy (key text primary key, state bytea not null)")
database.commit()
consumer = Consumer(
    {
        "bootstrap.servers": brokers,
        "group.id": f"diy-{topic}",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "check.crcs": True,
    }
)
consumer.subscribe([topic])
detectors, changed, found, seen = {}, set(), 0, 0


def save():
    rows = [(key, psycopg2.Binary(pickle.dumps(detectors[key], protocol=5))) for key in changed]
    execute_values(
        cursor,
        "insert into diy values %s on conflict (key) do update set state = excluded.state",
        rows,
        page_size=1000,
    )
    database.commit()
    consumer.commit(asynchronous=False)
    changed.clear()


started = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
while seen < events:
    for message in consumer.consume(1000, 1.0):
        if message.error():
            continue
        event = orjson.loads(message.value())
        key = event["key"]
        detector = detectors.get(key)
        if detector is None:
            detector = detectors[key] = ADWIN()
        detector.update(event["value"])
        if detector.drift_detected:
            found += 1
        changed.add(key)
        seen += 1
        if seen % EVERY == 0:
            save()
if changed:
    save()
consumer.close()
used = resource.getrusage(resource.RUSAGE_SELF)
own = used.ru_utime + used.ru_stime - started
print(f"{own / events * 1e6:.3f} {used.ru_maxrss / 1024:.0f} {found}")
