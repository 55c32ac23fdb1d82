"""Computes the rows that a stream's records must become, independently of the pipeline's code: only Python's standard library.

Input: a line with the stream's description as JSON, then the records, one a line: partition, offset, timestamp (ms), headers, key and
value, separated by tabs; bytes are escaped as by Kafka's tools; `-` and no escape stands for no key or no value (see NULL).
Output: a line for each record: `-` and the reason if it must be rejected; `~` if it must be in no table (superseded, deleted or
ignored); otherwise the JSON array of the columns' texts.
"""

import json
import re
import sys

from column_text import column_writer, jsonb, moment_text
from json_schema import Schema
from json_text import Decoder, Invalid
from datetime import datetime, timedelta

NULL = b"\\N"
#: Cannot be predicted; compared by other means.
UNPREDICTABLE = {"ingested_at"}


def unescape(text):
    if text == NULL:
        return None
    if b"\\" not in text:
        return text
    return re.sub(rb"\\x([0-9A-F]{2})", lambda match: bytes([int(match[1], 16)]), text)


class Oracle:
    def __init__(self, stream):
        self.columns = [column for column in stream["columns"] if column.get("metadata") not in UNPREDICTABLE]
        self.topic = stream["topic"]
        self.schema = Schema(stream["schema"], stream.get("isTypeScript", False))
        self.decoder = Decoder()
        self.write = stream.get("write", {"mode": "append"})
        self.keys = self.write.get("key", [])
        self.writers = {column["name"]: self.writer(column) for column in self.columns}
        self.renames = {
            alias: column["path"][0]
            for column in self.columns for alias in reversed(column.get("aliases", []))
        }

    def row(self, record):
        """The texts of a record's columns, by name. Raises Invalid."""
        value = record["value"]
        if value is None:
            raise Invalid("no value")
        value = self.decoder.parse(value)
        if self.renames and isinstance(value, dict):
            for alias, name in self.renames.items():
                if name not in value and alias in value:
                    value[name] = value.pop(alias)
        output = self.schema.output(value)
        return {name: text(output, record) for name, text in self.writers.items()}

    def writer(self, column):
        if "metadata" in column:
            write = METADATA[column["metadata"]]
            return lambda _, record: write(self.topic, record)
        path, write = column["path"], column_writer(column)

        def text(output, _):
            try:
                for step in path:
                    output = output[step]
            except (KeyError, IndexError, TypeError):
                return None
            return write(output)

        return text

    def key(self, row):
        if any(row[name] is None for name in self.keys):
            raise Invalid("null in the key")
        return tuple(row[name] for name in self.keys)


def headers_text(record):
    pairs = record["headers"].decode("utf-8")
    if pairs == "NO_HEADERS":
        return None
    return jsonb(dict(pair.split(":", 1) for pair in pairs.split(",")), None, None)


def timestamp_text(record):
    return moment_text(datetime(1970, 1, 1) + timedelta(milliseconds=int(record["timestamp"]))) + "+00"


METADATA = {
    "topic": lambda topic, _: topic,
    "partition": lambda _, record: str(int(record["partition"])),
    "offset": lambda _, record: str(int(record["offset"])),
    "timestamp": lambda _, record: timestamp_text(record),
    "key": lambda _, record: None if record["key"] is None else "\\x" + record["key"].hex(),
    "headers": lambda _, record: headers_text(record),
}


def read_records(lines):
    for line in lines:
        partition, offset, timestamp, headers, key, value = line.rstrip(b"\n").split(b"\t")
        yield {
            "partition": partition, "offset": offset, "timestamp": timestamp, "headers": headers,
            "key": unescape(key), "value": unescape(value),
        }


def main():
    source = sys.stdin.buffer
    oracle = Oracle(json.loads(source.readline()))
    results = []
    latest = {}
    for index, record in enumerate(read_records(source)):
        try:
            if record["value"] is None and oracle.keys and oracle.write["tombstones"] != "reject":
                results.append("~")
                if oracle.write["tombstones"] == "delete" and record["key"] is not None:
                    # The key of a record is the text of its single key column.
                    latest.pop((record["key"].decode("utf-8"),), None)
                continue
            row = oracle.row(record)
            key = oracle.key(row) if oracle.keys else None
        except Invalid as error:
            results.append("- " + str(error).replace("\n", " "))
            continue
        results.append(json.dumps(list(row.values())))
        if key is not None:
            if key in latest:
                results[latest[key]] = "~"
            latest[key] = index
    if oracle.keys:
        kept = set(latest.values())
        results = ["~" if one.startswith("[") and i not in kept else one for i, one in enumerate(results)]
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogatepass")
    sys.stdout.write("".join(one + "\n" for one in results))


main()
