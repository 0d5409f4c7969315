"""How many examples are tried, and how one that fails is shown."""

from hypothesis import HealthCheck, Phase, settings

from tests.running import SOAK


def examples(many: int, *, soak: int) -> settings:
    """So many, the same each time; in the long form others each time. What fails then is made smaller, which takes
    minutes: in the short form it is shown as it was found."""
    return settings(
        max_examples=soak if SOAK else many,
        phases=tuple(Phase) if SOAK else (Phase.explicit, Phase.generate),
        derandomize=not SOAK,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
