"""Whether a line of a stack's logs is one that a filter of Cloud Logging takes."""

import re
from typing import Any

TERM = re.compile(r"(?P<field>[\w.]+)(?P<operator>=~|!=|>=|=|:)(?P<value>.+)")
SEVERITIES = ("INFO", "WARNING", "ERROR")


def takes(log_filter: str, service: str, line: dict[str, Any]) -> bool:
    """For the part of the language in which the metrics are written: terms that must all be true. A comparison with a
    field that the line does not have is false."""
    terms = log_filter.split(" AND ")
    return all(_is_true(term, service, line) for term in terms)


def _is_true(term: str, service: str, line: dict[str, Any]) -> bool:
    parsed = TERM.fullmatch(term)
    assert parsed, f"not understood: {term}"
    field, operator, value = parsed["field"], parsed["operator"], parsed["value"]
    if field == "severity":
        assert operator == ">=", f"not understood: {term}"
        return SEVERITIES.index(line["severity"]) >= SEVERITIES.index(value)
    found = {"resource.type": "cloud_run_revision", "resource.labels.service_name": service}.get(field)
    found = line.get(field.removeprefix("jsonPayload.")) if found is None else found
    if found is None:
        return False
    text = str(found).lower() if isinstance(found, bool) else str(found)
    values = [each.strip('"') for each in value.strip("()").split(" OR ")]
    if operator == "=~":
        return re.search(values[0], text) is not None
    return {"=": text in values, "!=": text not in values, ":": values == ["*"]}[operator]
