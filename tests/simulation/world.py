"""A whole control plane in one thread: members, functions, queue, containers, database and clock."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from random import Random
from types import ModuleType
from typing import Any

from google.api_core import exceptions
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState
from shared.billing.account import Billing
from shared.endpoint import refusal
from shared.errors import Problem
from shared.gcp import transient_errors
from shared.gcp.identity import Call, Member
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit, LostRace, encode
from shared.sessions.workspace import Workspace
from shared.slots.slot import Slot, SlotCounter, SlotState
from shared.views.operator_requests import Resume, Suspend
from tests.simulation.cloud_run import Fleet, url_of
from tests.simulation.container import Container
from tests.simulation.events import Events
from tests.simulation.firestore import Change, Client, Stored
from tests.simulation.functions import Loaded, Token
from tests.simulation.invariants import Invariants
from tests.simulation.losses import ERRORS, Loss
from tests.simulation.paying import Paying
from tests.simulation.people import Person
from tests.simulation.processes import Hub, Process
from tests.simulation.provider import Event, SimulatedProvider
from tests.simulation.queue import Queue, Task, decode
from tests.simulation.teams import CLOSES_ACCOUNTS, Asked, Teams
from tests.support.records.factories import IMAGE

SLOTS = 4
WARM = 2
EVERY = {"pool": timedelta(minutes=1), "meter": timedelta(minutes=15)}
"""The schedules of functions/functions.toml."""

CLOCK = "%d %H:%M:%S.%f"
LATE = timedelta(minutes=2)
"""By so much a message or a task is noted to have come late."""
CAUGHT = ("follow-up-failed", "meter-failed", "tidying-failed")
"""Events of functions that go on after an error: that of a lost reply is no fault of theirs, any other is."""


class World:
    """What `tests.simulation.functions` leads to. It begins with a warm pool."""

    def __init__(
        self,
        functions: Mapping[str, Loaded],
        now: datetime,
        billings: Sequence[Billing],
        heed: str = "",
        tell: Callable[[str], None] | None = None,
    ) -> None:
        """There is a member for each of `billings`; those that are equal share one. Of what does not hold, only that
        counts which has `heed` in its words. `tell` is given a line for each change and each event."""
        self.hub = Hub(now)
        self._heed = heed
        self._tell = tell
        self.firestore = Client()
        self.firestore.clock = lambda: self.hub.now
        self.firestore.on_read = self._read
        self.firestore.on_commit = self._commit
        self.queue = Queue(self.hub, self._deliver, self._lost_task)
        self._random = Random(0)  # noqa: S311
        self.fleet = Fleet(self.hub, self, self.draw)
        self.invariants = Invariants(self.fail)
        self.events = Events()
        self.provider = SimulatedProvider(self.hub, self.events.note)
        self.teams = Teams(self.invariants, self.events, self.fail)
        self.firestore.on_look = lambda path, fields: self.teams.looked(path, fields, self.hub.current)
        self.paying = Paying(self.provider, self.events, self.invariants.billings, self.is_closed, self.fail)
        self.heard: list[Event] = []
        """Of the provider's events, those that were delivered."""
        self.people = [self._join(n, billing) for n, billing in enumerate(billings)]
        self.posts: list[tuple[datetime, Token, Any]] = []
        self.loss: Loss | None = None
        """Of the next commit."""
        self.task_loss: Loss | None = None
        self.functions = functions
        self._requests = 0
        self._next = {name: _up_to(now, every) for name, every in EVERY.items()}
        self._fill_pool()

    # what the functions' modules are led to

    @property
    def now(self) -> datetime:
        return self.hub.now

    def sleep(self, seconds: float) -> None:
        self.hub.sleep(seconds)

    def begin(self, work: Callable[[], Any]) -> Process:
        return self.hub.spawn("a function's thread", work)

    def draw(self, count: int) -> int:
        return int(self._random.random() * count)

    def draw_letters(self, alphabet: str, count: int) -> str:
        return "".join(self._random.choices(alphabet, k=count))

    def logged(self, severity: str, event: str, fields: dict[str, Any]) -> None:
        if self._tell:
            self._say(f"{event} {fields}")
        if event == "ledger-differs":
            self.fail(f"{event}: {fields}")
        if event in CAUGHT and "Unavailable" not in fields["error"] and "Exceeded" not in fields["error"]:
            self.fail(f"{event}: {fields}")

    def fail(self, why: str, cause: BaseException | None = None) -> None:
        if self._heed in why:
            self.hub.fail(why, cause)

    # calls

    def call(self, function: str, caller: Any, body: Any) -> Process:
        """A request on its way. It ends with the handler's answer, or with the Problem that it raised."""
        loaded = self.functions[function]

        def work() -> Any:
            try:
                return loaded.handler(
                    loaded.authenticate(Call(function, caller, self.now, lambda: body)), body, self.now
                )
            except Exception as e:
                problem = e if isinstance(e, Problem) else transient_errors.as_problem(e)
                if problem is None:
                    self.fail(f"{function} answers 500: {e!r}", e)
                return problem

        process = self.hub.spawn(function, work, seconds=loaded.seconds)
        if function in CLOSES_ACCOUNTS:
            uid = caller.uid if isinstance(caller, Member) else ""
            self.teams.asks(process, Asked(function, uid, None, verified=False, at=self.now))
        return process

    def post(self, token: Token, message: Any) -> Process:
        """A heartbeat on its way."""
        self.posts.append((self.now, token, message))
        del self.posts[:-20]
        return self.call("heartbeat", token, message)

    def _deliver(self, task: Task) -> Process:
        self.events.note("a task came late" if self.now - task.at > LATE else None)
        of_meter = task.function == "payer" and b'"billing"' in task.body
        self.events.note("a payer was due, and asked about by meter" if of_meter else None)
        process = self.call(task.function, "tasks", decode(task.body, self._body_of(task.function)))
        work = process.work

        def answered_well() -> bool:
            answer = work()
            return not isinstance(answer, Problem) or refusal(answer, task=True).status_code == 200

        process.work = answered_well
        return process

    def schedule(self, function: str) -> Process:
        return self.call(function, "schedule", self._body_of(function)())

    def _body_of(self, function: str) -> Any:
        """The class of what the function is sent, as its handler declares it."""
        return _body_of(self.functions[function].module, function)

    def open(self, person: Person) -> Process:
        """The member presses Open, and enters when there is an editor."""
        module = self.functions["allocate"].module
        process = self.call("allocate", self.member(person), module.Allocate())

        def answered(process: Process) -> None:
            if isinstance(process.result, Problem) and process.result.name == "no-seat":
                self.events.note("somebody found no seat in their team")
            if process.result is not None and not isinstance(process.result, Problem):
                person.sid = process.result.session
                self.enter(person)

        process.on_end = answered
        return process

    def stop(self, person: Person) -> Process:
        module = self.functions["release"].module
        return self.call("release", self.member(person), module.Release(person.sid))

    def operate(self, what: str, person: Person) -> Process:
        """An operator suspends the account, or has it go on."""
        self._requests += 1
        requests: dict[str, type[Suspend] | type[Resume]] = {"suspend": Suspend, "resume": Resume}
        request = requests[what]
        asked = request(request=f"request-{self._requests}", note="so that it happens", uid=person.uid)
        return self.call(what, Member("operator", None, None, email_verified=True), asked)

    def delete_account(self, person: Person) -> Process:
        """The member has had enough."""
        return self.call("delete_account", self.member(person), self.functions["delete_account"].module.Delete())

    def is_closed(self, bid: str) -> bool:
        """Whether whoever has the billing account has left, or the team is not there any more."""
        if bid in self.teams.made:
            return bid not in self.teams.teams or bool(self.teams.teams[bid]["closed"])
        owners = [person.uid for person in self.people if person.bid == bid]
        accounts = [self.firestore.documents.get(f"accounts/{uid}") for uid in owners]
        return all(account is None or account.fields["state"] == "deleted" for account in accounts)

    def enter(self, person: Person) -> None:
        """A browser goes to the container that the member's session is at."""
        for container in self.fleet.containers():
            if (
                container.claims
                and container.claims.sid == person.sid
                and not container.dead
                and not container.browsers
            ):
                self.hub.spawn(f"browser of {person.uid}", partial(self._enter, container))

    def _enter(self, container: Container) -> None:
        container.requests += 1
        try:
            process = self.hub.spawn(f"enter {container.boot}", container.enter, owner=container)
            self.hub.wait(process, 30)
        finally:
            container.requests -= 1

    def change_billing(self, bid: str, change: Callable[[Billing], Billing]) -> Process:
        """As an operator would: read, and write under the guard."""

        def work() -> None:
            for _ in range(5):
                read = read_billing(bid)
                try:
                    Commit().change(billing_ref(bid), read, change(read.record)).run()
                except LostRace:
                    continue
                except exceptions.GoogleAPICallError:
                    pass
                return

        return self.hub.spawn("an operator", work, seconds=30)

    def used(self, container: Container, since: datetime, until: datetime) -> None:
        if container.honest and container.claims:
            self.invariants.used(container.claims.sid, since, until)

    # time and order

    def pass_time(self, until: datetime) -> None:
        """Nothing runs meanwhile."""
        if until <= self.now:
            return
        for container in self.fleet.containers():
            container.passes(until)
        self.hub.now = until
        self.hub.give_up()
        for name, every in EVERY.items():
            if self._next[name] <= until:
                self._next[name] = _up_to(until, every)
                self.schedule(name)
        self.check()

    def ready(self) -> list[Callable[[], None]]:
        """Whatever may happen now: each begins it, or goes on with it up to where it waits."""
        runnable: list[Callable[[], None]] = [partial(self.hub.go_on, process) for process in self.hub.runnable()]
        tasks: list[Callable[[], None]] = [partial(self.queue.begin, task) for task in self.queue.due()]
        beats: list[Callable[[], None]] = [each.tick for each in self.fleet.containers() if each.due]
        return [*runnable, *tasks, *beats]

    def exhaust(self) -> None:
        """All that can happen at this moment happens."""
        for _ in range(1000):
            ready = self.ready()
            if not ready:
                self.check()
                return
            for happens in ready:
                happens()
        self.fail(f"there is no end of it: {[f'{each.name} {each.at}' for each in self.hub.processes]}")

    def live(self, until: datetime) -> None:
        """Time passes, and whatever is to happen happens in time."""
        self.exhaust()
        while (at := self._next_at()) <= until:
            self.pass_time(at)
            self.exhaust()
        self.pass_time(until)
        self.exhaust()

    def _next_at(self) -> datetime:
        """After now: what there was to do at this moment is done, or nothing but time will help it."""
        beats = [each.next_beat for each in self.fleet.containers() if each.next_beat and each.runs]
        starts = [each.ready_at for each in self.fleet.containers()]
        times = [*self.hub.wakes(), self.queue.next_at(), *beats, *starts, *self._next.values()]
        return min(at for at in times if at is not None and at > self.now)

    def throttle(self) -> None:
        for container in self.fleet.containers():
            container.throttled, container.grows = self.fleet.throttles, self.fleet.grows

    def check(self) -> None:
        self.invariants.served(self.fleet.containers(), self.now)

    # inside

    def _say(self, what: str) -> None:
        if self._tell:
            self._tell(f"{self.now:{CLOCK}} {self.hub.current.name if self.hub.current else 'nobody'}: {what}")

    def _read(self, path: str) -> None:
        self.hub.give_way("before a read")
        self.teams.begins_to_look(path, self.hub.current)

    def _commit(self, make: Callable[[], Sequence[Change]]) -> None:
        self.hub.give_way("before a commit")
        loss, self.loss = self.loss, None
        self.events.note(loss and f"commit: {loss}")
        if loss != Loss.REQUEST:
            changes = make()
            for change in changes if self._tell else ():
                self._say(str(change))
            self.invariants.committed(changes, self.now)
            self.events.committed(changes, self.invariants.sessions)
            self.paying.committed(changes, self.hub.current)
            self.teams.committed(changes, self.hub.current, self.now)
            self.hub.give_way("after a commit")
        if loss:
            raise ERRORS[loss](loss)

    def _lost_task(self) -> Exception | None:
        loss, self.task_loss = self.task_loss, None
        self.events.note(loss and f"task: {loss}")
        return ERRORS[loss](loss) if loss in (Loss.REQUEST, Loss.SILENCE) else None

    def member(self, person: Person) -> Member:
        return Member(person.uid, None, None, email_verified=True, issued=self.now, signed_in=self.now)

    def teammate(self, person: Person) -> Member:
        """The member, by a token that has the address."""
        return replace(self.member(person), email=person.address, email_verified=person.verified)

    def _join(self, number: int, billing: Billing) -> Person:
        person = Person(f"u-{number}", billing.bid, f"w-{number:020}")
        account = Account(
            uid=person.uid, bid=person.bid, wid=person.wid, state=AccountState.ACTIVE,
            email=None, name=None, locale="en", created=self.now,
        )  # fmt: skip
        self._write(f"accounts/{person.uid}", account)
        self._write(f"workspaces/{person.wid}", Workspace(wid=person.wid, owner=person.uid, created=self.now))
        self._write(f"billing/{billing.bid}", billing)
        return person

    def _fill_pool(self) -> None:
        self._write("pool/roll", SlotCounter(made=SLOTS))
        for number in range(SLOTS):
            name, warm = f"ws-{number:010}", number < WARM
            state = SlotState.WARM if warm else SlotState.COLD
            slot = Slot(name=name, state=state, changed=self.now, url=url_of(name), kept=warm, settled=True)
            self._write(f"slots/{name}", slot)
            self.fleet.make(name, IMAGE, generation=1, min_instances=int(warm), seconds=0)

    def _write(self, path: str, record: Any) -> None:
        fields = encode(record)
        self.firestore.documents[path] = Stored(fields, self.firestore.next_version())
        self.invariants.committed([Change(path, None, fields)], self.now)
        self.teams.committed([Change(path, None, fields)], None, self.now)


@cache
def _body_of(module: ModuleType, function: str) -> Any:
    _caller, body, _now = inspect.signature(inspect.unwrap(getattr(module, function))).parameters.values()
    return body.annotation


def _up_to(now: datetime, every: timedelta) -> datetime:
    """The next moment of a schedule after `now`."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return start + (1 + (now - start) // every) * every
