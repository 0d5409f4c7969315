"""An OpenAPI document of some operations, each as its endpoint declares it."""

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from deploy.openapi.docstrings import class_description, described, summary_and_description
from deploy.openapi.refusals import all_refusals, problem_ref, refusal, shared_refusals, wait
from deploy.openapi.shapes import Schema, answer_schemas, merged, message_schemas
from shared.endpoint import XLSX, AcceptedAnswer, CsvDownload, Operation, XlsxDownload
from shared.errors import ProblemAnswer

UNCHANGED = "The answer is the one whose ETag the header If-None-Match names."


@dataclass(frozen=True)
class Described:
    """An operation at its path below the server's URL, such as /account/delete."""

    path: str
    operation: Operation
    auth: str | None
    """The name of a security scheme; None if anybody may call it."""
    is_limited: bool
    """Whether whoever calls too often is refused."""

    @property
    def id(self) -> str:
        """Its path in camel case."""
        first, *others = self.path.strip("/").replace("/", "-").split("-")
        return first + "".join(each.capitalize() for each in others)

    @property
    def refusals(self) -> dict[int, tuple[str, ...]]:
        """Names of problems, by status."""
        operation, takes_body = self.operation, self.operation.method != "GET"
        return all_refusals(
            operation.refuses,
            takes_body=takes_body,
            task=operation.task,
            limited=self.is_limited,
            open_to_all=self.auth is None,
        )


@dataclass
class Shapes:
    """The schema of each type that is sent or answered."""

    messages: dict[Any, Schema] = dataclasses.field(default_factory=dict)
    answers: dict[Any, Schema] = dataclasses.field(default_factory=dict)
    components: dict[str, Schema] = dataclasses.field(default_factory=dict)


def document(
    info: Mapping[str, str], server: str, security: Mapping[str, Schema], operations: list[Described]
) -> Schema:
    """The whole document. `security`: the schemes by name, of which each operation names one."""
    shapes = _shapes(operations)
    named = shared_refusals([each.refusals for each in operations])
    paths: dict[str, Schema] = {}
    for each in operations:
        refusals = {
            str(status): {"$ref": f"#/components/responses/{named[status, names]}"}
            if (status, names) in named
            else refusal(status, names)
            for status, names in each.refusals.items()
        }
        paths.setdefault(each.path, {})[each.operation.method.lower()] = _operation(each, shapes, refusals)
    responses = {name: refusal(*entry) for entry, name in sorted(named.items(), key=lambda each: each[1])}
    return {
        "openapi": "3.1.0",
        "info": {**info, "version": "1"},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"securitySchemes": dict(security), "responses": responses, "schemas": shapes.components},
    }


def _shapes(operations: list[Described]) -> Shapes:
    sent = _once(each.operation.body for each in operations)
    answered = _once([ProblemAnswer, *(body for each in operations for body, _ in _answers(each.operation))])
    messages, sent_components = message_schemas(sent)
    answers, components = answer_schemas(answered)
    queries = {each.operation.body.__name__ for each in operations if each.operation.method == "GET"}
    kept = merged({name: each for name, each in sent_components.items() if name not in queries}, components)
    shapes = Shapes(dict(zip(sent, messages, strict=True)), dict(zip(answered, answers, strict=True)), kept)
    for each in operations:
        if each.operation.method == "GET":
            shapes.messages[each.operation.body] = sent_components[each.operation.body.__name__]
    return shapes


def _once(operations: Iterable[Any]) -> list[Any]:
    return [*dict.fromkeys(each for each in operations if each is not CsvDownload)]


def _answers(operation: Operation) -> list[tuple[Any, int]]:
    """The types that it answers, with the status of each."""
    returned = typing.get_type_hints(operation.handler)["return"]
    parts = get_args(returned) if get_origin(returned) in (types.UnionType, typing.Union) else [returned]
    plain = [part for part in parts if get_origin(part) is not AcceptedAnswer]
    accepted = [get_args(part)[0] for part in parts if get_origin(part) is AcceptedAnswer]
    return [*((part, 200) for part in plain), *((part, 202) for part in accepted)]


def _operation(each: Described, shapes: Shapes, refusals: Mapping[str, Schema]) -> Schema:
    operation = each.operation
    summary, description = summary_and_description(operation.handler.__doc__ or "")
    schema: Schema = {"operationId": each.id, "summary": summary}
    if description:
        schema["description"] = description
    schema["security"] = [{each.auth: []}] if each.auth else []
    message = shapes.messages[operation.body]
    if operation.method != "GET":
        schema["requestBody"] = {
            "required": not _may_be_empty(message, shapes.components),
            "content": {"application/json": {"schema": message}},
        }
    elif message["properties"]:
        schema["parameters"] = [_parameter(name, field, message) for name, field in message["properties"].items()]
    unchanged: dict[str, Schema] = {"304": {"description": UNCHANGED}} if operation.method == "GET" else {}
    schema["responses"] = {
        **{str(status): response for status, response in _good(operation, shapes)},
        **unchanged,
        **refusals,
    }
    return schema


def _may_be_empty(message: Schema, components: Mapping[str, Schema]) -> bool:
    """Whether a request without a body means what one with an empty object does."""
    name = message.get("$ref", "").rpartition("/")[2]
    return name in components and not components[name].get("required")


def _parameter(name: str, field: Schema, message: Schema) -> Schema:
    """A field of a query: one that may be null is left out instead."""
    field = dict(field)
    description = field.pop("description", None)
    if field.get("default", 0) is None:
        del field["default"]
        [field] = [part for part in field["anyOf"] if part != {"type": "null"}]
    return {
        "name": name,
        "in": "query",
        "required": name in message.get("required", ()),
        **({"description": description} if description else {}),
        "schema": field,
    }


def _good(operation: Operation, shapes: Shapes) -> Iterable[tuple[int, Schema]]:
    answers = _answers(operation)
    for status in dict.fromkeys(status for _, status in answers):
        bodies = [body for body, answered in answers if answered == status]
        if bodies == [CsvDownload]:
            yield status, _table()
            continue
        if bodies == [XlsxDownload]:
            yield status, _workbook()
            continue
        schemas = [shapes.answers[body] for body in bodies]
        response: Schema = {
            "description": " Or: ".join(class_description(body) or "The answer." for body in bodies),
            "content": {"application/json": {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}},
        }
        if status == 202:
            response["headers"] = {"Retry-After": wait("Seconds after which to ask whether it is done")}
        if operation.task:
            response["description"] += " Or a refusal that another delivery would only repeat."
            response["content"]["application/problem+json"] = {"schema": problem_ref()}
        yield status, response


ATTACHED: Schema = {
    "Content-Disposition": {"required": True, "schema": {"type": "string", "pattern": "^attachment; filename="}},
}


def _workbook() -> Schema:
    return {"description": described(XlsxDownload.__doc__ or ""), "headers": ATTACHED, "content": {XLSX: {}}}


def _table() -> Schema:
    return {
        "description": described(CsvDownload.__doc__ or ""),
        "headers": {
            **ATTACHED,
            "Link": {
                "description": "Where the rest of the table is, without a header (RFC 8288)",
                "schema": {"type": "string"},
            },
        },
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
