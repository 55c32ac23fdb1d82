"""Computes the expected rows of the stream of type_table.ts from its topic, and compares them with psql's output.

Shares no code with the pipeline: it uses only Python's standard library.

Usage: compare_types.py TOPIC STORED REJECTED, each the path of a file:
TOPIC: partition, offset and value of each record, separated by tabs; bytes other than printable ASCII are escaped as \\xNN
STORED: rows as CSV with a header, NULL as ∅
REJECTED: partition, offset and detail of each rejected record as CSV
"""
import csv
import json
import re
import sys

from expected_numbers import Reject
from expected_values import COLUMNS, Json, parse, texts_of

csv.field_size_limit(10**8)


def expected_of(name, value, record, source):
    """The text that psql prints; ∅ for NULL. Raises Reject."""
    if value is None:
        return "∅"
    if name != "json":
        return COLUMNS[name](value)
    texts_of(value)
    # The bytes of the record, which are only found in records of one member.
    return re.fullmatch(r'\{"id":\d+,"json":(.*)\}', source, re.DOTALL)[1] if len(record) == 1 else Json(value)


def compare(record, source, row, detail, counts):
    """Yields the differences between a record and its row, or the detail of its rejection."""
    expected, invalid = {}, []
    for name, value in record.items():
        try:
            expected[name] = expected_of(name, value, record, source)
            counts[name][0] += 1
        except Reject:
            invalid.append(name)
            counts[name][1] += 1
    if invalid:
        if row is not None or detail is None or not any(name in detail for name in invalid):
            yield f"{source[:150]!a}: not rejected: {row!a:.200}, {detail!a}"
    elif row is None:
        yield f"{source[:150]!a}: expected a row, found {detail!a}"
    else:
        for name in COLUMNS:
            wanted = expected.get(name, "∅")
            if not wanted == row[name]:
                yield f"{source[:150]!a}: {name}: expected {wanted!a:.150}, found {row[name]!a:.150}"


def unescape(value):
    return re.sub(rb"\\x(..)", lambda match: bytes.fromhex(match[1].decode()), value.encode()).decode()


def main(topic, stored, rejected):
    with open(stored, newline="", encoding="utf-8") as file:
        rows = {int(row["id"]): row for row in csv.DictReader(file)}
    with open(rejected, newline="", encoding="utf-8") as file:
        details = {(row[0], row[1]): row[2] for row in csv.reader(file)}
    problems = []
    counts = {name: [0, 0] for name in COLUMNS}
    with open(topic, encoding="utf-8") as file:
        for line in file:
            partition, offset, value = line.rstrip("\n").split("\t")
            source = unescape(value)
            record = parse(source)
            number = int(record.pop("id").text)
            row, detail = rows.pop(number, None), details.pop((partition, offset), None)
            problems += compare(record, source, row, detail, counts)
    problems += [f"a row of no record: {row}" for row in rows.values()]
    problems += [f"a rejected record of none: {detail}" for detail in details.values()]
    print("\n".join(problems[:40]))
    print(json.dumps(counts))
    # Each column must have stored and rejected records, so that both were compared.
    return 1 if problems or not all(good and bad for good, bad in counts.values()) else 0


sys.exit(main(*sys.argv[1:]))
