"""The jobs of the deployment: which functions are called on a schedule, and when each is called next."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cronsim import CronSim, CronSimError

SHORTEST, LONGEST = 15.0, 1800.0  # seconds: the attempt deadlines that Cloud Scheduler allows


@dataclass(frozen=True)
class Job:
    """A call of `url`. `every` is in seconds and goes before `cron`; an attempt may take `deadline` seconds."""

    name: str
    url: str
    cron: str
    every: float | None
    deadline: float

    def next_run(self, after: datetime) -> datetime:
        """The first time later than `after`, in UTC, as the deployment's jobs have it."""
        if self.every is not None:
            return after + timedelta(seconds=self.every)
        return next(CronSim(self.cron, after))


def load_jobs(table: Path, functions_url: str, every: float | None) -> list[Job]:
    """The functions of the TOML file `table` that have a `schedule`. With `every`, all run each so many seconds.
    `functions_url` has `{function}` for the id of a function's service.

    Raises ValueError naming the file and the function when a schedule is no cron expression.
    """
    jobs = []
    for name, function in tomllib.loads(table.read_text()).items():
        if "schedule" not in function:
            continue
        deadline = min(max(function["timeout"], SHORTEST), LONGEST)
        job = Job(
            name, functions_url.replace("{function}", name.replace("_", "-")), function["schedule"], every, deadline
        )
        try:
            CronSim(job.cron, datetime.now(UTC))
        except CronSimError as problem:
            raise ValueError(f"{table}: [{name}] schedule = {job.cron!r} is no cron expression: {problem}") from problem
        jobs.append(job)
    return jobs
