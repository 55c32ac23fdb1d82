"""Texts of values as PostgreSQL prints them (DateStyle ISO, TimeZone UTC, bytea_output hex)."""

import base64
import binascii
import json
import math
import re
import struct
from datetime import datetime, timedelta, timezone
from decimal import Decimal, localcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

from json_text import Invalid

INTEGERS = {"smallint": 16, "integer": 32, "int": 32, "bigint": 64}
EPOCH = datetime(1970, 1, 1)
MICROSECONDS = {"s": 6, "ms": 3, "us": 0, "ns": -3}


def column_writer(column):
    """Returns a function from a column's value to its text (None for NULL). It raises Invalid if the type cannot hold the value."""
    write = writer(column["type"], column)

    def text_of(value):
        if value is None:
            return None
        try:
            return write(value)
        except Invalid as error:
            raise Invalid(f"column {column['name']}: {error}") from None

    return text_of


def writer(declared, column):
    if declared.endswith("[]"):
        element = writer(declared[:-2], column)
        return lambda value: array(value, element, declared in ("json[]", "jsonb[]"))
    name, _, arguments = re.sub(r"\s+", " ", declared).partition("(")
    # The arguments of "timestamp(3) with time zone" are in its middle.
    arguments, _, rest = arguments.partition(")")
    name = name.strip().lower() + rest.lower()
    limits = [int(one) for one in arguments.split(",")] if arguments else []
    if "labels" in column:
        return lambda value: value if value in column["labels"] else fail(f"{value} is not a label")
    if name in INTEGERS:
        return lambda value: integer(value, INTEGERS[name])
    if name in WRITERS:
        return lambda value: WRITERS[name](value, limits, column)
    raise NotImplementedError(f"The oracle does not know the type {declared} of column {column['name']}")


def fail(problem):
    raise Invalid(problem)


def require(condition, problem):
    if not condition:
        raise Invalid(problem)


def decimal_of(value):
    require(not isinstance(value, bool), "is not a number")
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str):
        require(re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", value, re.ASCII), "is not a number")
        return Decimal(value)
    require(isinstance(value, Decimal), "is not a number")
    return value


def integer(value, bits):
    if not isinstance(value, float):
        value = decimal_of(value)
    require(-(2 ** (bits - 1)) <= value < 2 ** (bits - 1), "is out of range")
    whole = int(value)
    require(value == whole, "is not a whole number")
    return str(whole)


def numeric(value, limits, _):
    value = decimal_of(value)
    with localcontext() as context:
        context.prec = 200_000
        if limits:
            precision, scale = limits if len(limits) == 2 else (limits[0], 0)
            fitted = value.quantize(Decimal(1).scaleb(-scale))
            require(fitted == value, "would lose digits")
            require(abs(value) < Decimal(10) ** (precision - scale), "is out of range")
            value = fitted
        text = format(value, "f")
    # PostgreSQL's numeric has no negative zero.
    return text if value != 0 else text.lstrip("-")


def double(value, _, __):
    number = value if isinstance(value, float) else float(decimal_of(value))
    require(math.isfinite(number), "is out of range")
    if 1e-4 <= abs(number) < 1e15:
        return repr(number).removesuffix(".0")
    neighbors = [math.nextafter(number, math.inf), math.nextafter(number, -math.inf)]
    # repr() also accepts a text halfway between two doubles, if reading it gives the number.
    texts = [repr(number)] + [f"{number:.{digits}e}" for digits in range(14, 17)]
    return next(float_text(text, number, 15) for text in texts if float(text) == number and is_nearest(text, number, neighbors))


def to_real(number):
    try:
        return struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return math.inf


def real(value, _, __):
    number = to_real(float(decimal_of(value)))
    require(math.isfinite(number), "is out of range")
    bits = struct.unpack("<I", struct.pack("<f", abs(number)))[0]
    neighbors = [
        math.copysign(struct.unpack("<f", struct.pack("<I", bits + step))[0], number) for step in (-1, 1) if bits + step >= 0
    ]
    for digits in range(1, 10):
        text = f"{number:.{digits}g}"
        if to_real(float(text)) == number and is_nearest(text, number, neighbors):
            return float_text(text, number, 6)


def is_nearest(text, number, neighbors):
    """Whether no neighbor is as near to the decimal text as the number. PostgreSQL prints only such texts."""
    distance = abs(Fraction(text) - Fraction(number))
    return all(math.isinf(other) or abs(Fraction(text) - Fraction(other)) > distance for other in neighbors)


def float_text(shortest, number, digits_max):
    """PostgreSQL's notation of the shortest digits: with an exponent below 1e-4 and from 10^digits_max on."""
    if number == 0:
        return "-0" if math.copysign(1, number) < 0 else "0"
    sign, digits, exponent = Decimal(shortest).normalize().as_tuple()
    digits = "".join(map(str, digits))
    exponent += len(digits) - 1
    if -4 <= exponent < digits_max:
        return format(Decimal(shortest).normalize(), "f")
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def boolean(value, _, __):
    require(isinstance(value, bool), "is not a boolean")
    return "t" if value else "f"


def text(value, _, __):
    require(isinstance(value, str), "is not a text")
    require("\0" not in value, "has a NUL character")
    require(not any("\ud800" <= character <= "\udfff" for character in value), "has a lone surrogate")
    return value


def varchar(value, limits, column):
    text(value, limits, column)
    require(not limits or len(value) <= limits[0], "is too long")
    return value


def uuid(value, _, __):
    require(isinstance(value, str), "is not a text")
    require(re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value), "is not a UUID")
    return value.lower()


def bytea(value, _, __):
    require(isinstance(value, (str, bytes)), "is not a text")
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    try:
        return "\\x" + base64.b64decode(value, validate=True).hex()
    except (binascii.Error, ValueError):
        raise Invalid("is not Base64") from None


DATE = r"(\d{4})-(\d\d)-(\d\d)"
TIME = r"[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?"
OFFSET = r"\s?(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?"


def instant(value, column):
    """The local time and the offset (None without one) of a text or an epoch number."""
    if isinstance(value, (Decimal, float)):
        require("epoch" in column, "is a number, and no epoch is declared")
        microseconds = decimal_of(value).scaleb(MICROSECONDS[column["epoch"]])
        try:
            return EPOCH + timedelta(microseconds=round(microseconds)), timedelta(0)
        except OverflowError:
            raise Invalid("is out of range") from None
    require(isinstance(value, str), "is not a text")
    match = re.fullmatch(DATE + f"(?:{TIME}{OFFSET})?", value, re.ASCII | re.IGNORECASE)
    require(match, "is not a date or time in ISO 8601")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    require(int(hour or 0) < 24 and int(minute or 0) < 60 and int(second or 0) <= 60, "is not a time")
    try:
        local = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0))
        # Rounded as by PostgreSQL: as a double, half to even. Second 60 is the next minute.
        local += timedelta(seconds=int(second or 0), microseconds=round(float(f"0.{fraction or 0}") * 1e6))
    except (ValueError, OverflowError):
        raise Invalid("is not a date") from None
    if offset is None:
        return local, None
    if offset in "Zz":
        return local, timedelta(0)
    hours, minutes, seconds = (re.findall(r"\d\d", offset) + ["0", "0"])[:3]
    delta = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    return local, -delta if offset[0] == "-" else delta


def timestamptz(value, _, column):
    local, offset = instant(value, column)
    if offset is None:
        require("timeZone" in column, "has no offset")
        moment = local.replace(tzinfo=ZoneInfo(column["timeZone"])).astimezone(timezone.utc).replace(tzinfo=None)
    else:
        moment = local - offset
    return moment_text(moment) + "+00"


def timestamp(value, _, column):
    local, offset = instant(value, column)
    require(offset is None or isinstance(value, (Decimal, float)), "has an offset")
    return moment_text(local)


def moment_text(moment):
    whole = moment.strftime("%H:%M:%S")
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d} {whole}{fraction}"


def date(value, _, column):
    require(not isinstance(value, str) or re.fullmatch(DATE, value, re.ASCII), "is not a date in ISO 8601")
    return moment_text(instant(value, column)[0])[:10]


def jsonb(value, _, __):
    """PostgreSQL's text of jsonb: names by length, then by bytes; numbers as numeric."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (len(name.encode("utf-8", "surrogatepass")), name.encode("utf-8", "surrogatepass")))
        return "{" + ", ".join(f"{json_string(name)}: {jsonb(value[name], _, __)}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(jsonb(one, _, __) for one in value) + "]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return json_string(value)
    require(abs(decimal_of(value).adjusted()) < 16_000 or value == 0, "has a number that numeric cannot hold")
    return numeric(value, [], None)


def json_string(value):
    text(value, None, None)
    return json.dumps(value, ensure_ascii=False)


def array(value, element, is_json):
    require(isinstance(value, list), "is not an array")
    items = []
    for one in value:
        if isinstance(one, list) and not is_json:
            items.append(array(one, element, is_json))
            continue
        item = None if one is None else element(one)
        items.append("NULL" if item is None else quoted(item))
    return "{" + ",".join(items) + "}"


def quoted(item):
    """An element of an array, quoted as by PostgreSQL's array_out."""
    if item != "" and item.upper() != "NULL" and not re.search(r'[{}",\\ \t\n\r\v\f]', item):
        return item
    return '"' + re.sub(r'(["\\])', r"\\\1", item) + '"'


WRITERS = {
    "numeric": numeric, "decimal": numeric, "real": real, "double precision": double,
    "boolean": boolean, "text": text, "varchar": varchar, "character varying": varchar, "uuid": uuid, "bytea": bytea,
    "date": date, "timestamp": timestamp, "timestamp without time zone": timestamp,
    "timestamptz": timestamptz, "timestamp with time zone": timestamptz, "json": jsonb, "jsonb": jsonb,
}
