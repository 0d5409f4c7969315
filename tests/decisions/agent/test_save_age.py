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
