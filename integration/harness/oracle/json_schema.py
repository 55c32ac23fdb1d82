"""An interpretation of JSON Schema for the values of json_text.py. Keywords that it does not know are errors, never ignored."""

import math
import re
import uuid
from datetime import date, datetime
from decimal import Decimal

from json_text import Invalid

ANNOTATIONS = {"$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "examples", "deprecated"}
TYPES = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, (Decimal, float)),
    "integer": lambda value: isinstance(value, (Decimal, float)) and value == value // 1,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
FORMATS = {
    "uuid": lambda text: re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) and uuid.UUID(text),
    "date": lambda text: re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) and date.fromisoformat(text),
    "date-time": lambda text: re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", text, re.ASCII
    ) and datetime.fromisoformat(re.sub(r"\.\d+|Z$", "", text)),
    "email": lambda text: re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text),
}


class Schema:
    """A JSON Schema. In rules of TypeScript streams, `"format": "double"` says that a number is read as a double."""

    def __init__(self, root):
        self.root = root

    def output(self, value):
        """Returns the value with the schema's defaults. Raises Invalid if the schema rejects it."""
        return self.check(self.root, value, "record")

    def check(self, schema, value, path):
        if schema is True or schema == {}:
            return value
        if schema is False:
            raise Invalid(f"{path} is not allowed")
        if schema.get("format") == "double" and isinstance(value, Decimal):
            value = float(value)
            if not math.isfinite(value):
                raise Invalid(f"{path} is not finite")
        if isinstance(value, Decimal) and not value.is_finite():
            raise Invalid(f"{path} is not finite")
        for keyword, argument in schema.items():
            if keyword in ANNOTATIONS or keyword.startswith("x-"):
                continue
            rule = getattr(self, "keyword_" + keyword.replace("$", ""), None)
            if rule is None:
                raise NotImplementedError(f"The oracle does not know the keyword {keyword} at {path}")
            value = rule(argument, value, path, schema)
        return value

    def require(self, condition, path, problem):
        if not condition:
            raise Invalid(f"{path} {problem}")

    def keyword_type(self, names, value, path, _):
        names = [names] if isinstance(names, str) else names
        self.require(any(TYPES[name](value) for name in names), path, f"is not of type {names}")
        return value

    def keyword_ref(self, reference, value, path, _):
        target = self.root
        for step in reference.lstrip("#/").split("/") if reference != "#" else []:
            target = target[step.replace("~1", "/").replace("~0", "~")]
        return self.check(target, value, path)

    def keyword_enum(self, values, value, path, _):
        self.require(any(same(value, one) for one in values), path, "is not in the enum")
        return value

    def keyword_const(self, constant, value, path, _):
        self.require(same(value, constant), path, "is not the constant")
        return value

    def keyword_properties(self, properties, value, path, _):
        if not isinstance(value, dict):
            return value
        value = dict(value)
        for name, schema in properties.items():
            if name in value:
                value[name] = self.check(schema, value[name], f"{path}.{name}")
            elif isinstance(schema, dict) and "default" in schema:
                value[name] = exact(schema["default"])
        return value

    def keyword_required(self, names, value, path, schema):
        if isinstance(value, dict):
            for name in names:
                self.require(name in value, path, f"has no {name}")
        return value

    def keyword_additionalProperties(self, rule, value, path, schema):
        if not isinstance(value, dict):
            return value
        known = schema.get("properties", {})
        return {name: one if name in known else self.check(rule, one, f"{path}.{name}") for name, one in value.items()}

    def keyword_prefixItems(self, schemas, value, path, _):
        if not isinstance(value, list):
            return value
        head = [self.check(schema, one, f"{path}[{i}]") for i, (schema, one) in enumerate(zip(schemas, value))]
        return head + value[len(head):]

    def keyword_items(self, rule, value, path, schema):
        if not isinstance(value, list):
            return value
        start = len(schema.get("prefixItems", []))
        return value[:start] + [self.check(rule, one, f"{path}[{i}]") for i, one in enumerate(value[start:], start)]

    def keyword_anyOf(self, schemas, value, path, _):
        for schema in schemas:
            try:
                return self.check(schema, value, path)
            except Invalid as error:
                problem = error
        raise problem

    def keyword_oneOf(self, schemas, value, path, _):
        results = []
        for schema in schemas:
            try:
                results.append(self.check(schema, value, path))
            except Invalid:
                pass
        self.require(len(results) == 1, path, f"matches {len(results)} of the alternatives")
        return results[0]

    def keyword_allOf(self, schemas, value, path, _):
        for schema in schemas:
            value = self.check(schema, value, path)
        return value

    def keyword_default(self, _, value, path, schema):
        return value

    def keyword_format(self, name, value, path, _):
        if name == "double" or not isinstance(value, str):
            return value
        if name not in FORMATS:
            raise NotImplementedError(f"The oracle does not know the format {name} at {path}")
        try:
            self.require(FORMATS[name](value), path, f"is not a {name}")
        except ValueError:
            raise Invalid(f"{path} is not a {name}") from None
        return value

    def keyword_pattern(self, pattern, value, path, _):
        self.require(not isinstance(value, str) or re.search(pattern, value, re.ASCII), path, "does not match")
        return value


def bound(kind, holds, size=lambda value: value):
    """Adds a rule that compares a number, or the size of a value of this kind, with its argument."""

    def rule(self, limit, value, path, _):
        limit = exact(limit)
        if isinstance(value, kind):
            if isinstance(value, float):
                limit = float(limit)
            self.require(holds(size(value), limit), path, f"is beyond {limit}")
        return value

    return rule


NUMBER = (Decimal, float)
Schema.keyword_minimum = bound(NUMBER, lambda value, limit: value >= limit)
Schema.keyword_maximum = bound(NUMBER, lambda value, limit: value <= limit)
Schema.keyword_exclusiveMinimum = bound(NUMBER, lambda value, limit: value > limit)
Schema.keyword_exclusiveMaximum = bound(NUMBER, lambda value, limit: value < limit)
Schema.keyword_multipleOf = bound(NUMBER, lambda value, limit: value % limit == 0)
# zod counts UTF-16 code units.
Schema.keyword_minLength = bound(str, lambda size, limit: size >= limit, lambda text: utf16_length(text))
Schema.keyword_maxLength = bound(str, lambda size, limit: size <= limit, lambda text: utf16_length(text))
Schema.keyword_minItems = bound(list, lambda size, limit: size >= limit, len)
Schema.keyword_maxItems = bound(list, lambda size, limit: size <= limit, len)


def utf16_length(text):
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def exact(value):
    """A value of a description with its numbers as Decimal."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(str(value))
    if isinstance(value, list):
        return [exact(one) for one in value]
    if isinstance(value, dict):
        return {name: exact(one) for name, one in value.items()}
    return value


def same(value, constant):
    """Equality as in JSON: true is not 1."""
    constant = exact(constant)
    return isinstance(value, bool) == isinstance(constant, bool) and value == constant
