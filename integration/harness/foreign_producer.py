"""Sends records with a client library of Python, serialized as programs in Python do.

Usage: foreign_producer.py LIBRARY BOOTSTRAP_SERVERS TOPIC; standard input has a line per record: key and value as JSON texts or null,
separated by a tab. Values that are JSON objects are serialized in several ways, in turn; others are sent unchanged.
"""

import json
import random
import sys

library, servers, topic = sys.argv[1:]


def reordered(record):
    names = list(record)
    random.Random(len(names)).shuffle(names)
    return {name: record[name] for name in names}


LAYOUTS = [
    lambda record: json.dumps(record),
    lambda record: json.dumps(record, sort_keys=True, ensure_ascii=False),
    lambda record: json.dumps(reordered(record), separators=(",", ":")),
    lambda record: json.dumps({"_source": {"id": 1.50, "tags": ["a", None]}, **record, "_trace": "é\u2028"}, indent=2),
    lambda record: json.dumps(reordered(record), separators=(" , ", " :\t")) + "\n",
]


def serialize(value, index):
    if value is None:
        return None
    try:
        record = json.loads(value)
    except ValueError:
        return value.encode("utf-8", "surrogatepass")
    if not isinstance(record, dict):
        return value.encode("utf-8", "surrogatepass")
    return LAYOUTS[index % len(LAYOUTS)](record).encode("utf-8", "surrogatepass")


def read_records():
    for index, line in enumerate(sys.stdin):
        key, value = (json.loads(text) for text in line.rstrip("\n").split("\t"))
        yield None if key is None else key.encode("utf-8"), serialize(value, index)


if library == "kafka-python":
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=servers, compression_type="gzip", linger_ms=20)
    for key, value in read_records():
        producer.send(topic, key=key, value=value)
    producer.flush()
    producer.close()
elif library == "confluent-kafka":
    from confluent_kafka import Producer

    failures = []
    producer = Producer({"bootstrap.servers": servers, "compression.type": "lz4", "partitioner": "murmur2_random", "linger.ms": 20})
    for key, value in read_records():
        producer.produce(topic, key=key, value=value, on_delivery=lambda error, _: error and failures.append(error))
        producer.poll(0)
    producer.flush(60)
    if failures:
        sys.exit(f"{len(failures)} records were not delivered: {failures[0]}")
else:
    for key, value in read_records():
        text = "\\N" if value is None else json.dumps(value.decode("utf-8", "surrogatepass"))
        print(json.dumps(None if key is None else key.decode()), text, sep="\t")
