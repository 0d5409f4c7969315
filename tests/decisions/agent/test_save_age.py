"""When the member is warned that something has been unsaved for too long."""

from agent.state.save_age import SaveAge

EVERY = 30.0


def test_what_is_saved_is_never_late_however_long_nothing_changes() -> None:
    age = SaveAge(0)
    for now in range(0, 3600, 30):
        age.unchanged(now)
        assert not age.is_late(now + 90, EVERY)


def test_what_changes_is_late_after_three_intervals_until_a_save_is_accepted() -> None:
    age = SaveAge(0)
    assert not age.is_late(90, EVERY)
    assert age.is_late(91, EVERY)
    age.made(80)
    assert age.is_late(95, EVERY)
    age.accepted()
    assert not age.is_late(95, EVERY)
    assert age.unsaved_for(95, EVERY) is None
    assert age.unsaved_for(171, EVERY) == 91
    assert age.is_late(171, EVERY), "what was changed while it was saved counts from the save's beginning"


def test_a_short_interval_alarms_nobody_within_a_minute() -> None:
    assert not SaveAge(0).is_late(60, 3)
    assert SaveAge(0).is_late(61, 3)


def test_while_nothing_can_change_no_save_becomes_late() -> None:
    """A container without a browser is frozen, and saves nothing until somebody asks it something."""
    age = SaveAge(0)
    age.stand_still(20)
    age.stand_still(500)
    assert age.unsaved_for(3600, EVERY) is None
    age.go_on(3600)
    age.go_on(3700)
    assert age.unsaved_for(3600 + 70, EVERY) is None
    assert age.unsaved_for(3600 + 71, EVERY) == 91, "what was unsaved before is still unsaved"


def test_what_is_late_stays_late_while_nothing_can_change_and_what_is_saved_then_is_saved() -> None:
    age = SaveAge(0)
    age.stand_still(100)
    assert age.unsaved_for(3600, EVERY) == 100
    age.made(90)
    age.accepted()
    assert age.unsaved_for(3600, EVERY) is None
    age.go_on(3600)
    assert age.unsaved_for(3600 + 81, EVERY) == 91
    age.stand_still(4000)
    age.unchanged(4100)
    age.go_on(4200)
    assert age.unsaved_for(4291, EVERY) == 91, "nothing is saved before it can be changed"


def test_a_save_that_is_made_before_a_stop_and_accepted_after_it_counts_from_its_beginning() -> None:
    age = SaveAge(0)
    age.made(50)
    age.stand_still(60)
    age.go_on(1060)
    age.accepted()
    assert age.unsaved_for(1141, EVERY) == 91
