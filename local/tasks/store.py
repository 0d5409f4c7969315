"""What must survive a restart: queues, tasks, and the names that may not be used again. One SQLite file."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from google.cloud.tasks_v2 import Queue, Task

TOMBSTONE = (
    24 * 3600
)  # seconds for which the name of a task that ran or was deleted stays taken: Google says "up to 24 hours"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS queues (name TEXT PRIMARY KEY, message BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS tasks (
    name TEXT PRIMARY KEY, queue TEXT NOT NULL, due REAL NOT NULL, executions INTEGER NOT NULL, message BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS tasks_due ON tasks (queue, due);
CREATE TABLE IF NOT EXISTS tombstones (name TEXT PRIMARY KEY, expires REAL NOT NULL);
"""


@dataclass
class Entry:
    """A task in its queue. `executions` counts the answers that were not 5xx; Task has no field for that."""

    task: Task
    executions: int = 0

    @property
    def queue(self) -> str:
        return str(self.task.name).split("/tasks/")[0]

    @property
    def due(self) -> float:
        """When the task may be dispatched, in Unix seconds."""
        return float(self.task.schedule_time.timestamp())


class Store:
    """The tables. Each method is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def put_queue(self, queue: Queue) -> None:
        with self._db:
            self._db.execute("REPLACE INTO queues VALUES (?, ?)", (queue.name, Queue.serialize(queue)))

    def queue(self, name: str) -> Queue | None:
        row = self._db.execute("SELECT message FROM queues WHERE name = ?", (name,)).fetchone()
        return Queue.deserialize(row[0]) if row else None

    def busy_queues(self) -> list[str]:
        """The names of the queues that hold tasks."""
        return [name for (name,) in self._db.execute("SELECT DISTINCT queue FROM tasks")]

    def put(self, entry: Entry) -> None:
        """Adds the task, or replaces the stored one."""
        row = (entry.task.name, entry.queue, entry.due, entry.executions, Task.serialize(entry.task))
        with self._db:
            self._db.execute("REPLACE INTO tasks VALUES (?, ?, ?, ?, ?)", row)

    def get(self, name: str) -> Entry | None:
        row = self._db.execute("SELECT message, executions FROM tasks WHERE name = ?", (name,)).fetchone()
        return _entry(row) if row else None

    def page(self, queue: str, after: str, size: int) -> list[Entry]:
        """At most `size` tasks of the queue, in order of their names, from the one that follows `after`."""
        rows = self._db.execute(
            "SELECT message, executions FROM tasks WHERE queue = ? AND name > ? ORDER BY name LIMIT ?",
            (queue, after, size),
        )
        return [_entry(row) for row in rows]

    def next_due(self, queue: str, besides: Iterable[str]) -> Entry | None:
        """The task that is due first, without those named in `besides`."""
        row = self._db.execute(
            "SELECT message, executions FROM tasks WHERE queue = ? AND name NOT IN (SELECT value FROM json_each(?)) "
            "ORDER BY due, rowid LIMIT 1",
            (queue, json.dumps(list(besides))),
        ).fetchone()
        return _entry(row) if row else None

    def remove(self, name: str, now: float) -> None:
        """Forgets the task and leaves its tombstone. `now` is in Unix seconds."""
        with self._db:
            self._db.execute("DELETE FROM tasks WHERE name = ?", (name,))
            self._db.execute("REPLACE INTO tombstones VALUES (?, ?)", (name, now + TOMBSTONE))
            self._db.execute("DELETE FROM tombstones WHERE expires < ?", (now,))

    def entombed(self, name: str, now: float) -> bool:
        """Whether a task of this name ran or was deleted too recently."""
        row = self._db.execute("SELECT 1 FROM tombstones WHERE name = ? AND expires >= ?", (name, now)).fetchone()
        return row is not None


def _entry(row: tuple[bytes, int]) -> Entry:
    message, executions = row
    return Entry(Task.deserialize(message), executions)
