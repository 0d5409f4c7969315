"""An HTTP server that answers as the test says and remembers what it was sent: the far end of tasks and schedules."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

from tests.support.http_server import Handler, serving

Answer = int | tuple[int, dict[str, str]]


@dataclass(frozen=True)
class Received:
    """One request; `at` is in seconds of the monotonic clock."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)


class Target:
    """Answers 200 unless `answer` says otherwise; `answer` may block, and may give headers too."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[Received], Answer] = lambda _: 200
        self._changed = threading.Condition()
        self.url = ""

    @classmethod
    @contextlib.contextmanager
    def serving(cls) -> Iterator[Self]:
        target = cls()
        with serving(target._handler()) as target.url:
            yield target

    def wait_for(self, count: int) -> list[Received]:
        """What was received, once it is at least `count` requests. Raises TimeoutError after 30 s."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.received) >= count, timeout=30):
                raise TimeoutError(f"{len(self.received)} of {count} requests arrived: {self.received}")
            return list(self.received)

    def _handler(target: Self) -> type[Handler]:
        class Answering(Handler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = Received(self.path, dict(self.headers), body)
                with target._changed:
                    target.received.append(request)
                    target._changed.notify_all()
                answer = target.answer(request)
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

        return Answering
