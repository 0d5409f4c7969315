"""What a queue is: its settings with Google's defaults, and when a failed task is tried again."""

import json
import tomllib
from pathlib import Path
from typing import Any

from google.cloud.tasks_v2 import Queue, RetryConfig
from google.protobuf.json_format import ParseError

DEFAULTS: dict[str, dict[str, Any]] = {
    "rate_limits": {"max_dispatches_per_second": 500.0, "max_concurrent_dispatches": 1000},
    "retry_config": {"max_attempts": 100, "min_backoff": "0.100s", "max_backoff": "3600s", "max_doublings": 16},
}


def load_queues(path: Path) -> dict[str, Queue]:
    """The queues of the TOML file `path` by id, each a table with the fields of Google's Queue, and its defaults.

    Raises ValueError when it is no TOML, or, naming file and queue, when a field is unknown or of a wrong type.
    """
    queues = {}
    for name, table in tomllib.loads(path.read_text()).items():
        try:
            queues[name] = _parse(table)
        except ParseError as problem:
            raise ValueError(f"{path}: [{name}] {problem}") from problem
    return queues


def with_defaults(queue: Queue) -> Queue:
    """`queue`, with Google's defaults where a field was not given."""
    given = json.loads(
        Queue.to_json(queue, always_print_fields_with_no_presence=False, preserving_proto_field_name=True)
    )
    return _parse(given)


def _parse(fields: dict[str, Any]) -> Queue:
    filled = {key: {**defaults, **fields.get(key, {})} for key, defaults in DEFAULTS.items()}
    queue: Queue = Queue.from_json(json.dumps({"state": "RUNNING", **fields, **filled}))
    limits = queue.rate_limits
    # Google picks the burst by itself and documents no formula; this one gives its 100 for the default rate of 500.
    limits.max_burst_size = max(1, round(limits.max_dispatches_per_second / 5))
    return queue


def retry_delay(config: RetryConfig, attempts: int) -> float:
    """Seconds between the failure of attempt number `attempts` (the first is 1) and the next attempt.

    Doubles `max_doublings` times, then rises linearly, and stops rising at `max_backoff`.
    """
    doublings = min(attempts - 1, config.max_doublings)
    linear = attempts - doublings
    delay: float = config.min_backoff.total_seconds() * 2**doublings * linear
    longest: float = config.max_backoff.total_seconds()
    return min(delay, longest)


def may_retry(config: RetryConfig, attempts: int, age: float) -> bool:
    """Whether a task is tried again after `attempts` failures, the first attempt being `age` seconds ago.

    Google gives up only when both limits are reached; -1 attempts and a duration of 0 mean "no limit of this kind".
    """
    limit = config.max_retry_duration.total_seconds()
    if config.max_attempts < 0 and limit == 0:
        return True
    return attempts < config.max_attempts or age < limit
