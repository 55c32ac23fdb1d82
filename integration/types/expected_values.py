"""What PostgreSQL prints of the values of each column of type_table.ts."""
import base64
import json
import re

from expected_numbers import Number, check, double, integer, numeric, numeric_12_2, numeric_text, real
from expected_times import berlin, date, epoch, timestamp, timestamptz


def boolean(value):
    check(isinstance(value, bool))
    return "t" if value else "f"


def text(value):
    check(isinstance(value, str) and "\0" not in value and not re.search("[\ud800-\udfff]", value))
    return value


def limited(count, pad):
    def convert(value):
        result = text(value)
        check(len(result) <= count)
        return result.ljust(count) if pad else result

    return convert


def uuid(value):
    check(isinstance(value, str))
    check(re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}", value))
    digits = value.replace("-", "").lower()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def enum(value):
    check(value in ("sad", "ok ä", "it's"))
    return value


def bytea(value):
    check(isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", value))
    stripped = value.rstrip("=")
    check(len(stripped) % 4 != 1 and (stripped == value or len(value) % 4 == 0))
    return "\\x" + base64.b64decode(stripped + "=" * (-len(stripped) % 4)).hex()


class Json:
    """Equal to a text if that is the same value, with the same digits."""

    def __init__(self, value):
        self.value = comparable(value)

    def __eq__(self, other):
        return other != "∅" and self.value == comparable(parse(other))

    def __repr__(self):
        return repr(self.value)


def comparable(value):
    if isinstance(value, Number):
        return ("number", numeric_text(value))
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [comparable(element) for element in value]
    if isinstance(value, dict):
        return {text(name): comparable(member) for name, member in value.items()}
    return value


def texts_of(value):
    if isinstance(value, str):
        text(value)
    for element in value.items() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        texts_of(element)


def array(convert):
    def all_elements(value):
        check(isinstance(value, list))
        return Array([None if element is None else convert(element) for element in value])

    return all_elements


class Array:
    """Equal to the text of a one-dimensional array."""

    def __init__(self, elements):
        self.elements = elements

    def __eq__(self, other):
        return other != "∅" and self.elements == parse_array(other)

    def __repr__(self):
        return repr(self.elements)


def parse_array(value):
    elements = []
    for quoted, plain in re.findall(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)', value, re.DOTALL):
        elements.append(None if plain == "NULL" else plain or re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL))
    return elements


COLUMNS = {
    "smallint": integer(16),
    "integer": integer(32),
    "bigint": integer(64),
    "real": real,
    "double": double,
    "numeric": numeric,
    "price": numeric_12_2,
    "Flag": boolean,
    "text": text,
    "varchar": limited(5, False),
    "char": limited(5, True),
    "uuid": uuid,
    "mood": enum,
    "date": date,
    "timestamp": timestamp,
    "timestamptz": timestamptz,
    "berlin": berlin,
    "seconds": epoch(6),
    "millis": epoch(3),
    "micros": epoch(0),
    "nanos": epoch(-3),
    "json": None,
    "jsonb": Json,
    "bytea": bytea,
    "texts": array(text),
    "integers": array(integer(32)),
    "numerics": array(numeric),
    "moods": array(enum),
}


def parse(source):
    return json.loads(source, parse_int=Number, parse_float=Number)
