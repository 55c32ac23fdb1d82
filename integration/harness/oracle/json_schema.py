"""An interpretation of JSON Schema for the values of json_text.py. Keywords that it does not know are errors, never ignored."""

import math
import re
from datetime import date, datetime
from decimal import Decimal

from json_text import Invalid

ANNOTATIONS = {"$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "examples", "deprecated"}


def is_whole(value):
    return isinstance(value, Decimal) and (value.as_tuple().exponent >= 0 or value == value.to_integral_value())


TYPES = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, (Decimal, float)),
    "integer": lambda value: value.is_integer() if isinstance(value, float) else is_whole(value),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
# RFC 9562: a version, and the variant 10x; or all zeros or all ones.
UUID = r"[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}|0{8}(-0{4}){3}-0{12}|f{8}(-f{4}){3}-f{12}"
FORMATS = {
    "uuid": lambda text: re.fullmatch(UUID, text, re.IGNORECASE),
    "date": lambda text: re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) and date.fromisoformat(text),
    "date-time": lambda text: re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", text, re.ASCII
    ) and datetime.fromisoformat(re.sub(r"\.\d+|Z$", "", text)),
    "email": lambda text: re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text),
}


class Schema:
    """A JSON Schema, compiled to functions that return a value with its defaults or raise Invalid.

    In rules of TypeScript streams, `"format": "double"` says that a number is read as a double, and texts are measured in UTF-16 code
    units, as by zod; otherwise in characters.
    """

    def __init__(self, root, is_typescript):
        self.root = root
        self.length = utf16_length if is_typescript else len
        self.references = {}
        self.output = self.compile(root, "record")

    def compile(self, schema, path):
        if schema is True:
            schema = {}
        if schema is False:
            return lambda _: fail(f"{path} is not allowed")
        rules = [] if schema.get("format") != "double" else [to_double]
        for keyword, argument in schema.items():
            if keyword in ANNOTATIONS or keyword.startswith("x-"):
                continue
            compile_keyword = KEYWORDS.get(keyword)
            if compile_keyword is None:
                raise NotImplementedError(f"The oracle does not know the keyword {keyword} at {path}")
            rules.append(compile_keyword(self, argument, path, schema))
        rules = [rule for rule in rules if rule is not None]

        def check(value):
            if isinstance(value, Decimal) and not value.is_finite():
                fail(f"{path} is not finite")
            for rule in rules:
                value = rule(value)
            return value

        return check

    def reference(self, pointer, path, _):
        if pointer not in self.references:
            self.references[pointer] = None
            target = self.root
            for step in pointer.lstrip("#/").split("/") if pointer != "#" else []:
                target = target[step.replace("~1", "/").replace("~0", "~")]
            self.references[pointer] = self.compile(target, path)
        return lambda value: self.references[pointer](value)

    def properties(self, properties, path, _):
        checks = {name: self.compile(schema, f"{path}.{name}") for name, schema in properties.items()}
        defaults = {
            name: exact(schema["default"])
            for name, schema in properties.items() if isinstance(schema, dict) and "default" in schema
        }

        def check(value):
            if not isinstance(value, dict):
                return value
            value = dict(value)
            for name, rule in checks.items():
                if name in value:
                    value[name] = rule(value[name])
                elif name in defaults:
                    value[name] = defaults[name]
            return value

        return check

    def additional_properties(self, schema, path, parent):
        known = parent.get("properties", {})
        rule = self.compile(schema, f"{path}.*")
        return lambda value: value if not isinstance(value, dict) else {
            name: one if name in known else rule(one) for name, one in value.items()
        }

    def prefix_items(self, schemas, path, _):
        rules = [self.compile(schema, f"{path}[{i}]") for i, schema in enumerate(schemas)]
        return lambda value: value if not isinstance(value, list) else [
            rules[i](one) if i < len(rules) else one for i, one in enumerate(value)
        ]

    def items(self, schema, path, parent):
        start = len(parent.get("prefixItems", []))
        rule = self.compile(schema, f"{path}[*]")
        return lambda value: value if not isinstance(value, list) else value[:start] + [rule(one) for one in value[start:]]

    def any_of(self, schemas, path, _):
        rules = [self.compile(schema, path) for schema in schemas]

        def check(value):
            for rule in rules:
                try:
                    return rule(value)
                except Invalid as error:
                    problem = error
            raise problem

        return check

    def one_of(self, schemas, path, _):
        rules = [self.compile(schema, path) for schema in schemas]

        def check(value):
            results = []
            for rule in rules:
                try:
                    results.append(rule(value))
                except Invalid:
                    pass
            return results[0] if len(results) == 1 else fail(f"{path} matches {len(results)} of the alternatives")

        return check

    def all_of(self, schemas, path, _):
        rules = [self.compile(schema, path) for schema in schemas]

        def check(value):
            for rule in rules:
                value = rule(value)
            return value

        return check


def fail(problem):
    raise Invalid(problem)


def to_double(value):
    if isinstance(value, Decimal):
        value = float(value)
        if not math.isfinite(value):
            fail("is not finite")
    return value


def predicate(holds_for):
    """A keyword that accepts or rejects a value. `holds_for` makes a test of the keyword's argument."""

    def compile_keyword(_, argument, path, __):
        holds = holds_for(argument)
        problem = f"{path} violates {argument}"
        return lambda value: value if holds(value) else fail(problem)

    return compile_keyword


def bound(kind, holds, size=None):
    """A keyword that compares a number, or the size of a value of this kind, with its argument."""

    def holds_for(argument):
        limit, limit_of_doubles = exact(argument), float(argument)

        def test(value):
            if isinstance(value, float) and float in kind:
                return holds(value, limit_of_doubles)
            return not isinstance(value, kind) or holds(value if size is None else size(value), limit)

        return test

    return predicate(holds_for)


def type_test(names):
    if isinstance(names, str):
        return TYPES[names]
    return lambda value: any(TYPES[name](value) for name in names)


def format_test(name):
    if name not in FORMATS:
        raise NotImplementedError(f"The oracle does not know the format {name}")

    def test(value):
        try:
            return not isinstance(value, str) or FORMATS[name](value)
        except ValueError:
            return False

    return test


def required_test(names):
    return lambda value: not isinstance(value, dict) or all(name in value for name in names)


def pattern_test(pattern):
    search = re.compile(pattern, re.ASCII).search
    return lambda value: not isinstance(value, str) or search(value)


KEYWORDS = {
    "type": predicate(type_test),
    "enum": predicate(lambda values: lambda value: any(same(value, one) for one in values)),
    "const": predicate(lambda constant: lambda value: same(value, constant)),
    "required": predicate(required_test),
    "pattern": predicate(pattern_test),
    "format": lambda schema, name, path, parent: (
        None if name == "double" else predicate(format_test)(schema, name, path, parent)
    ),
    "default": lambda *_: None,
    "$ref": Schema.reference,
    "properties": Schema.properties,
    "additionalProperties": Schema.additional_properties,
    "prefixItems": Schema.prefix_items,
    "items": Schema.items,
    "anyOf": Schema.any_of,
    "oneOf": Schema.one_of,
    "allOf": Schema.all_of,
    "minimum": bound((Decimal, float), lambda value, limit: value >= limit),
    "maximum": bound((Decimal, float), lambda value, limit: value <= limit),
    "exclusiveMinimum": bound((Decimal, float), lambda value, limit: value > limit),
    "exclusiveMaximum": bound((Decimal, float), lambda value, limit: value < limit),
    "multipleOf": bound((Decimal, float), lambda value, limit: value % limit == 0),
    "minLength": lambda schema, *rest: bound((str,), lambda size, limit: size >= limit, schema.length)(schema, *rest),
    "maxLength": lambda schema, *rest: bound((str,), lambda size, limit: size <= limit, schema.length)(schema, *rest),
    "minItems": bound((list,), lambda size, limit: size >= limit, len),
    "maxItems": bound((list,), lambda size, limit: size <= limit, len),
}


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
