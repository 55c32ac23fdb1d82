"""Computes the expected rows of the stream of type_table.ts from its topic, and compares them with psql's output.

Shares no code with the pipeline: it uses only Python's standard library.

Usage: compare_types.py TOPIC STORED REJECTED, each the path of a file:
TOPIC: partition, offset and value of each record, separated by tabs; bytes other than printable ASCII are escaped as \\xNN
STORED: rows as CSV with a header, NULL as ∅
REJECTED: partition, offset and detail of each rejected record as CSV
"""
import base64
import csv
import json
import re
import struct
import sys
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, getcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

getcontext().prec = 300_000
getcontext().Emax = 10**15
getcontext().Emin = -(10**15)
sys.set_int_max_str_digits(0)
csv.field_size_limit(10**8)


class Reject(Exception):
    pass


def check(condition):
    if not condition:
        raise Reject


class Number:
    """A JSON number; its decimal is only computed if its exponent is small."""

    def __init__(self, text):
        self.text = text
        whole, fraction, exponent = re.fullmatch(r"-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?", text).groups()
        digits = whole + (fraction or "")
        self.exponent = int(exponent or 0)
        self.scale = max(0, len(fraction or "") - self.exponent)
        self.is_zero = int(digits) == 0
        # Number of digits before the decimal point; negative: zeros after it.
        self.magnitude = len(whole) + self.exponent - (len(digits) - len(digits.lstrip("0")))

    def decimal(self, most):
        """The exact value, if it has at most this many digits before the point, and does not begin that far behind it."""
        if self.is_zero:
            return Decimal(0)
        check(-most <= self.magnitude <= most)
        return Decimal(self.text)


def numeric_text(number):
    check(abs(number.exponent) <= 1_073_741_823 and number.scale <= 16_383)
    if number.is_zero:
        return "0." + "0" * number.scale if number.scale else "0"
    check(number.magnitude <= 131_072)
    return format(Decimal(number.text), "f")


def integer(bits):
    def convert(value):
        check(isinstance(value, Number))
        decimal = value.decimal(25)
        check(decimal == decimal.to_integral_value() and -(2 ** (bits - 1)) <= decimal < 2 ** (bits - 1))
        return str(int(decimal))

    return convert


def numeric(value):
    check(isinstance(value, Number))
    return numeric_text(value)


def numeric_12_2(value):
    check(isinstance(value, Number))
    decimal = value.decimal(20)
    check(abs(decimal) < 10**10 and decimal * 100 == (decimal * 100).to_integral_value())
    text = format(decimal.quantize(Decimal("0.01")), "f")
    return text if decimal else "0.00"


class Float:
    """Equal to a text if that is the number."""

    def __init__(self, value, code):
        self.value, self.code = value, code

    def __eq__(self, text):
        return text != "∅" and struct.pack(self.code, float(text)) == struct.pack(self.code, self.value)

    def __repr__(self):
        return repr(self.value)


def double(value):
    check(isinstance(value, Number))
    result = float(value.text)
    check(abs(result) != float("inf"))
    return Float(result, ">d")


def real(value):
    check(isinstance(value, Number))
    near = float(value.text)
    if near == 0 or abs(near) < 2**-149:
        return Float(near * 1.0, ">f")
    check(abs(near) < 2**128 - 2**103)
    exact = Fraction(Decimal(value.text))
    bits = struct.unpack(">I", struct.pack(">f", near))[0]
    candidates = [struct.unpack(">f", struct.pack(">I", bits + step))[0] for step in (-1, 0, 1) if bits + step >= 0]
    finite = [c for c in candidates if abs(c) != float("inf") and c == c]
    best = min(finite, key=lambda c: (abs(Fraction(c) - exact), struct.unpack(">I", struct.pack(">f", c))[0] % 2))
    return Float(best, ">f")


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


EPOCH = datetime(1970, 1, 1)


def date(value):
    check(isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII))
    try:
        datetime.strptime(value, "%Y-%m-%d")
    except ValueError:
        raise Reject
    return value


def civil(days):
    """Year, month and day of a number of days since 1970, in cycles of 400 years, which are alike."""
    cycles, rest = divmod(days, 146_097)
    day = EPOCH + timedelta(days=rest)
    return day.year + 400 * cycles, day.month, day.day


def instant_text(micros, suffix):
    days, rest = divmod(micros, 86_400_000_000)
    year, month, day = civil(days)
    check(1 <= year <= 294_276)
    seconds, fraction = divmod(rest, 1_000_000)
    tail = f".{fraction:06}".rstrip("0") if fraction else ""
    return f"{year:04}-{month:02}-{day:02} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{tail}{suffix}"


TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(?: ?([Zz]|[+-]\d\d(?::?\d\d|:\d\d:\d\d)?))?)?", re.ASCII
)


def parse_local(value):
    """Local time in microseconds, and the offset in seconds or None."""
    check(isinstance(value, str))
    match = TIMESTAMP.fullmatch(value)
    check(match)
    day, hours, minutes, seconds, fraction, offset = match.groups()
    date(day)
    days = (datetime.strptime(day, "%Y-%m-%d") - EPOCH).days
    hours, minutes, seconds = int(hours or 0), int(minutes or 0), int(seconds or 0)
    check(hours < 24 and minutes < 60 and seconds <= 60)
    micros = round(float("0" + fraction) * 1e6) if fraction else 0
    if offset is not None:
        digits = offset[1:].replace(":", "").ljust(6, "0") if offset not in "Zz" else "000000"
        parts = [int(digits[i : i + 2]) for i in (0, 2, 4)]
        check(parts[0] < 16 and parts[1] < 60 and parts[2] < 60)
        offset = (-1 if value[-len(offset)] == "-" else 1) * (parts[0] * 3600 + parts[1] * 60 + parts[2])
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000_000 + micros, offset


def timestamp(value):
    micros, offset = parse_local(value)
    check(not offset)
    return instant_text(micros, "")


def timestamptz(value):
    micros, offset = parse_local(value)
    check(offset is not None)
    return instant_text(micros - offset * 1_000_000, "+00")


def berlin(value):
    micros, offset = parse_local(value)
    if offset is None:
        local = EPOCH + timedelta(microseconds=micros)
        zone = ZoneInfo("Europe/Berlin")
        # A time that does not exist: the offset before the transition. One that occurs twice: the offset after it.
        offset = min(local.replace(tzinfo=zone, fold=fold).utcoffset().total_seconds() for fold in (0, 1))
    return instant_text(micros - int(offset) * 1_000_000, "+00")


def epoch(exponent):
    def convert(value):
        check(isinstance(value, Number))
        if value.is_zero or value.magnitude < -10:
            return instant_text(0, "+00")
        micros = value.decimal(30).scaleb(exponent).to_integral_value(ROUND_HALF_EVEN)
        return instant_text(int(micros), "+00")

    return convert


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
