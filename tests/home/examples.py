"""How many examples hypothesis tries, and how a failing one is shown."""

from hypothesis import HealthCheck, Phase, settings

from tests.support.checkout import SOAK


def examples(many: int, *, soak: int) -> settings:
    """Settings for `count` examples: the same each time in the short form, others each time in the long form. Only the
    long form makes failing examples smaller, which takes minutes."""
    return settings(
        max_examples=soak if SOAK else many,
        phases=tuple(Phase) if SOAK else (Phase.explicit, Phase.generate),
        derandomize=not SOAK,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
