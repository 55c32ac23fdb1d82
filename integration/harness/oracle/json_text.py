"""Parses JSON as the pipeline must: UTF-8, RFC 8259, exact numbers, limited depth, no duplicate names in the outermost object."""

import json
import re
from decimal import Decimal

MAX_DEPTH = 100


class Invalid(Exception):
    """The record must be rejected."""


def number(text):
    """An exact number. Exponents that Decimal cannot hold become 0 or an infinity, as they do in a double."""
    mantissa, _, exponent = text.lower().partition("e")
    if exponent and len(exponent) > 12:
        zero = exponent.startswith("-") or Decimal(mantissa) == 0
        return Decimal(("-" if text.startswith("-") else "") + ("0" if zero else "Infinity"))
    return Decimal(text)


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


class Decoder:
    """Decodes values and remembers whether the last object, which is the outermost one, had a duplicate name."""

    def __init__(self):
        self.duplicate = False
        self.decode = json.JSONDecoder(
            object_pairs_hook=self.pairs,
            parse_float=number,
            parse_int=number,
            parse_constant=refuse_constant,
        ).decode

    def pairs(self, pairs):
        members = dict(pairs)
        self.duplicate = len(members) != len(pairs)
        return members

    def parse(self, value):
        """Returns the value of a record. Raises Invalid if it is not JSON or violates a rule of all streams."""
        try:
            text = value.decode("utf-8")
            self.duplicate = False
            result = self.decode(text)
        except (ValueError, RecursionError) as error:
            raise Invalid(f"not JSON: {error}") from None
        if self.duplicate and isinstance(result, dict):
            raise Invalid("duplicate name")
        if text.count("[") + text.count("{") > MAX_DEPTH and depth(text) > MAX_DEPTH:
            raise Invalid("nested too deep")
        return result


def depth(text):
    """Nesting depth of a valid JSON text."""
    level = deepest = 0
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text, re.DOTALL):
        token = match[0]
        if token in "[{":
            level += 1
            deepest = max(deepest, level)
        elif token in "]}":
            level -= 1
    return deepest
