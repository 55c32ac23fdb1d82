"""What PostgreSQL prints of dates and times."""
import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN
from zoneinfo import ZoneInfo

from expected_numbers import Number, Reject, check

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
