"""What people build: a loop over confluent-kafka, orjson and river's ADWIN per key, states pickled to PostgreSQL.

kafka-diy.py BROKERS TOPIC EVENTS POSTGRES_URL bare|careful; EVERY events the changed states are written, then offsets
committed: at least once. Careful: what is no event is set aside and counted instead of ending the loop (JSON, types,
finite numbers), a broker's errors are told from the end of a partition, and the offsets committed are those of what was
taken. Prints its own CPU in microseconds per event, imports not counted, MiB at most, alarms.
"""

import math
import pickle
import resource
import sys

import orjson
import psycopg2
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from psycopg2.extras import execute_values
from river.drift import ADWIN

EVERY = 50_000
brokers, topic, events, url, care = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]
database = psycopg2.connect(url)
cursor = database.cursor()
cursor.execute("create table if not exists diy (key text primary key, state bytea not null)")
database.commit()
consumer = Consumer(
    {
        "bootstrap.servers": brokers,
        "group.id": f"diy-{care}-{topic}",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "check.crcs": True,
    }
)
consumer.subscribe([topic])
detectors, changed, offsets, found, seen, refused = {}, set(), {}, 0, 0, []


def save():
    rows = [(key, psycopg2.Binary(pickle.dumps(detectors[key], protocol=5))) for key in changed]
    execute_values(
        cursor,
        "insert into diy values %s on conflict (key) do update set state = excluded.state",
        rows,
        page_size=1000,
    )
    database.commit()
    if offsets:
        taken = [TopicPartition(topic, partition, offset) for partition, offset in offsets.items()]
        consumer.commit(offsets=taken, asynchronous=False)
    else:
        consumer.commit(asynchronous=False)
    changed.clear()


def bare():
    global found, seen
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


def why_not(event):
    if type(event) is not dict:
        return "not an object"
    key, value = event.get("key"), event.get("value")
    if type(key) is not str or not 0 < len(key) <= 256:
        return "key"
    if type(value) is not float and type(value) is not int:
        return "value"
    if not math.isfinite(value):
        return "not finite"
    return None


def careful():
    global found, seen
    while seen < events:
        for message in consumer.consume(1000, 1.0):
            error = message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF and not error.retriable():
                    raise KafkaException(error)
                continue
            seen += 1
            offsets[message.partition()] = message.offset() + 1
            try:
                event = orjson.loads(message.value())
                reason = why_not(event)
            except (TypeError, orjson.JSONDecodeError) as problem:
                reason = str(problem)
            if reason is not None:
                refused.append((message.partition(), message.offset(), reason))
            else:
                key = event["key"]
                detector = detectors.get(key)
                if detector is None:
                    detector = detectors[key] = ADWIN()
                detector.update(event["value"])
                if detector.drift_detected:
                    found += 1
                changed.add(key)
            if seen % EVERY == 0:
                save()


started = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
{"bare": bare, "careful": careful}[care]()
if changed:
    save()
consumer.close()
used = resource.getrusage(resource.RUSAGE_SELF)
own = used.ru_utime + used.ru_stime - started
print(f"{own / events * 1e6:.3f} {used.ru_maxrss / 1024:.0f} {found}")
