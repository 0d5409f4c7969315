"""JSON schemas of msgspec's types, with their docstrings as descriptions."""

import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Any

import msgspec
from msgspec import inspect as shapes

from deploy.openapi.docstrings import class_description, field_descriptions

Schema = dict[str, Any]
REF = "#/components/schemas/{name}"


def message_schemas(types: Iterable[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """Of what is sent to Ondol: a schema for each type, and those that they refer to, by name."""
    return _schemas(types, lambda _schema, _cls: None)


def answer_schemas(types: Iterable[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """Of what Ondol answers: every field is there, and none besides."""
    return _schemas(types, _all_fields)


def merged(some: dict[str, Schema], others: dict[str, Schema]) -> dict[str, Schema]:
    """Both, by name. Raises ValueError for a name that means two things."""
    twice = sorted(name for name in some.keys() & others.keys() if some[name] != others[name])
    if twice:
        raise ValueError(f"{', '.join(twice)}: what is sent and what is answered differ; give them two names")
    return dict(sorted({**some, **others}.items()))


def _schemas(types: Iterable[Any], finish: Callable[[Schema, type], None]) -> tuple[list[Schema], dict[str, Schema]]:
    types = [*types]
    outer, components = msgspec.json.schema_components(types, ref_template=REF)
    classes = {cls.__name__: cls for each in types for cls in _classes(shapes.type_info(each))}
    unknown = sorted(components.keys() - classes.keys())
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: two classes have this name; give each its own")
    for name, schema in components.items():
        cls = classes[name]
        _describe(schema, cls)
        if "properties" in schema:
            schema["additionalProperties"] = False
            finish(schema, cls)
    return [_plain(each) for each in outer], {name: _plain(_in_order(each)) for name, each in components.items()}


def _all_fields(schema: Schema, _cls: type) -> None:
    schema["required"] = [*schema["properties"]]
    for field in schema["properties"].values():
        field.pop("default", None)


def _describe(schema: Schema, cls: type) -> None:
    schema.pop("title", None)
    schema.pop("description", None)
    text, below = class_description(cls), field_descriptions(cls)
    if issubclass(cls, Enum):
        members = {cls[name].value: text for name, text in below.items()}
        text = "\n".join([*([text] if text else []), *(f"- `{value}`: {each}" for value, each in members.items())])
        schema["type"] = "string"
    for name, field in schema.get("properties", {}).items():
        if name in below:
            schema["properties"][name] = {**field, "description": below[name]}
    if text:
        schema["description"] = text


def _in_order(schema: Schema) -> Schema:
    """As one reads it: what it is, and then what it consists of."""
    first = {key: schema[key] for key in ("description", "type") if key in schema}
    schema = first | {key: value for key, value in schema.items() if key not in first}
    return {key: value for key, value in schema.items() if key != "required" or value}


def _classes(node: object) -> Iterator[type]:
    """Every class within a type that has a schema of its own."""
    if isinstance(node, shapes.StructType | shapes.EnumType):
        yield node.cls
    for name in getattr(node, "__struct_fields__", ()):
        below = getattr(node, name)
        for each in below if isinstance(below, tuple) else (below,):
            if isinstance(each, shapes.Type | shapes.Field):
                yield from _classes(each)


def _plain(value: Any) -> Any:
    """A schema as JSON schema has it: regular expressions are ECMA's."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    plain = {key: _plain(each) for key, each in value.items()}
    if isinstance(plain.get("pattern"), str):
        plain["pattern"] = re.sub(r"\(\?P<\w+>", "(", plain["pattern"]).replace(r"\Z", "$")
    return plain
