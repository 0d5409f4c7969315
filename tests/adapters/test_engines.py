"""What every engine of slots must do, tried against the platform that it writes to."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from shared.gcp.engines import registry
from shared.policies import slot_shape
from shared.slots.engine import Engine, Observed, Verb, Write, WriteRefused
from shared.slots.slot import FIRST_ENGINE, Slot
from tests.support.records.factories import a_slot
from tests.support.stack.environment import SETTINGS, environment
from tests.support.stack.observe import until
from tests.support.standins.cloud_run import CloudRun, cloud_run, done, service
from tests.support.standins.process import free_port

KEY = "the public key"
SHAPES = (
    {"SLOT_CPU": "2"},
    {"SLOT_MEMORY_BYTES": str(4 << 30)},
    {"SLOT_HOME_BYTES": "11000000000"},
    {"SLOT_HOME_MEDIUM": "memory", "SLOT_MEMORY_BYTES": str(20 << 30)},
)
PARENT = f"projects/{SETTINGS['GOOGLE_CLOUD_PROJECT']}/locations/{SETTINGS['REGION']}"


@dataclass
class Platform:
    """What an engine writes to. `boot` is of the container that answers for a slot; `add_foreign` makes what is no
    slot, and `unreachable` are the settings with which nobody answers."""

    name: str
    boot: Callable[[str], str]
    add_foreign: Callable[[str], None]
    unreachable: dict[str, str]

    @property
    def engine(self) -> Engine:
        return registry.engines(KEY, slot_shape())[self.name]

    def write(self, verb: Verb, slot: Slot) -> None:
        self.engine.apply(Write(verb, slot.name, None if verb == Verb.DELETE else slot, self.name))

    def look(self, slot: Slot) -> Observed | None:
        return self.engine.list([slot.name]).get(slot.name)

    def ready(self, slot: Slot) -> Observed:
        """What is seen of the slot once it is as its record wants it."""

        def seen() -> Observed | None:
            found = self.look(slot)
            fits = found and found.ready and (found.incarnation, found.kept) == (slot.incarnation, slot.kept)
            return found if fits else None

        return until(seen, f"{slot.name} is ready")

    def made(self, name: str, *, kept: bool = True) -> Slot:
        slot = replace(a_slot(name, engine=self.name), kept=kept)
        self.write(Verb.CREATE, slot)
        self.ready(slot)
        return slot


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudRun]:
    with cloud_run(tmp_path_factory.mktemp("run") / "state") as running:
        yield running


@pytest.fixture(params=["cloud-run"])
def platform(request: pytest.FixtureRequest, run: CloudRun) -> Iterator[Platform]:
    def add_foreign(name: str) -> None:
        done(run.services.create_service(parent=PARENT, service=service(), service_id=name))

    nobody = {"RUN_EMULATOR_HOST": f"http://127.0.0.1:{free_port()}"}
    with environment(SETTINGS | {"RUN_EMULATOR_HOST": f"http://127.0.0.1:{run.admin_port}"}):
        yield Platform(request.param, lambda name: str(run.about(name)["boot"]), add_foreign, nobody)


def test_every_engine_is_tried_here_and_new_slots_have_one_of_them() -> None:
    with environment(SETTINGS):
        engines = registry.engines(KEY, slot_shape())
    assert set(engines) == {"cloud-run"}
    assert FIRST_ENGINE in engines


def test_a_slot_that_is_made_has_an_address_and_is_what_its_record_says(platform: Platform) -> None:
    slot = replace(a_slot("ws-made", engine=platform.name), incarnation=3)
    platform.write(Verb.CREATE, slot)
    platform.write(Verb.CREATE, slot)  # the reply to the first was lost
    seen = platform.ready(slot)
    assert (seen.name, seen.engine, seen.incarnation, seen.kept) == ("ws-made", platform.name, 3, True)
    assert seen.url and not seen.outdated and seen.updated is not None
    assert platform.boot("ws-made")


def test_one_that_nobody_keeps_starts_when_it_is_called(platform: Platform) -> None:
    slot = platform.made("ws-unkept", kept=False)
    seen = platform.look(slot)
    assert seen and seen.url and not seen.kept
    assert platform.boot(slot.name)


def test_to_keep_a_container_or_no_longer_leaves_the_one_that_runs(platform: Platform) -> None:
    slot = platform.made("ws-scaled", kept=False)
    before = platform.boot(slot.name)
    kept = replace(slot, kept=True)
    platform.write(Verb.SCALE, kept)
    assert platform.ready(kept).incarnation == slot.incarnation
    assert platform.boot(slot.name) == before


def test_a_new_incarnation_is_a_fresh_container_at_the_same_address(platform: Platform) -> None:
    slot = platform.made("ws-replaced")
    before, address = platform.boot(slot.name), platform.ready(slot).url
    fresh = replace(slot, incarnation=slot.incarnation + 1)
    platform.write(Verb.REPLACE, fresh)
    platform.write(Verb.REPLACE, fresh)
    assert platform.ready(fresh).url == address
    assert platform.boot(slot.name) != before


def test_a_new_incarnation_may_have_another_image(platform: Platform) -> None:
    slot = platform.made("ws-imaged")
    assert platform.ready(slot).image == slot.image
    upgraded = replace(slot, image="another-image", incarnation=slot.incarnation + 1)
    platform.write(Verb.REPLACE, upgraded)
    seen = platform.ready(upgraded)
    assert (seen.image, seen.outdated) == ("another-image", False)


def test_one_whose_image_does_not_start_is_not_ready_and_the_one_before_goes_on(platform: Platform) -> None:
    slot = platform.made("ws-broken")
    before = platform.boot(slot.name)
    broken = replace(slot, image="no-such-image", incarnation=slot.incarnation + 1)
    platform.write(Verb.REPLACE, broken)
    until(lambda: (seen := platform.look(slot)) and seen.incarnation == broken.incarnation, "it is asked for")
    for _ in range(20):
        seen = platform.look(slot)
        assert seen and not seen.ready
        time.sleep(0.05)
    assert platform.boot(slot.name) == before


def test_a_container_is_not_taken_for_fresh_before_its_incarnation_is_ready(platform: Platform) -> None:
    slot = platform.made("ws-starting")
    fresh = replace(slot, incarnation=slot.incarnation + 1)
    before = platform.boot(slot.name)
    platform.write(Verb.REPLACE, fresh)
    while True:
        seen = platform.look(slot)
        assert seen is not None
        if seen.ready and seen.incarnation == fresh.incarnation:
            break
    assert platform.boot(slot.name) != before


def test_one_that_is_deleted_is_gone_also_when_it_was_gone_before(platform: Platform) -> None:
    slot = platform.made("ws-deleted")
    platform.write(Verb.DELETE, slot)
    until(lambda: platform.look(slot) is None, "it is gone")
    platform.write(Verb.DELETE, slot)
    assert slot.name not in platform.engine.list()


def test_the_slots_that_are_asked_for_are_found_be_they_few_or_many(platform: Platform) -> None:
    slots = [platform.made(f"ws-listed-{number}", kept=False) for number in range(2)]
    everything = platform.engine.list()
    assert {slot.name for slot in slots} <= set(everything)
    for absent in (1, 40):
        names = [slots[0].name, *(f"ws-absent-{number}" for number in range(absent))]
        assert platform.engine.list(names) == {slots[0].name: everything[slots[0].name]}
    assert platform.engine.list([]) == {}


def test_what_is_no_slot_is_not_listed(platform: Platform) -> None:
    platform.add_foreign("somebodys")
    assert "somebodys" not in platform.engine.list()
    assert platform.engine.list(["somebodys"]) == {}


def test_a_slot_is_outdated_when_the_operator_changes_what_it_is_made_of(platform: Platform) -> None:
    slot = platform.made("ws-outdated", kept=False)
    for changed in ({"PAGE_ORIGIN": "http://127.0.0.1:3"}, *SHAPES):
        with environment(changed):
            seen = platform.look(slot)
            assert seen and seen.outdated, changed
    seen = platform.look(slot)
    assert seen and not seen.outdated


def test_a_write_that_can_not_be_made_is_refused(platform: Platform) -> None:
    nobodys = a_slot("ws-nobodys", engine=platform.name)
    with pytest.raises(WriteRefused):
        platform.write(Verb.SCALE, nobodys)
    with environment(platform.unreachable):
        for verb in Verb:
            with pytest.raises(WriteRefused):
                platform.write(verb, nobodys)
