"""Lighthouse's score of the signed-out page's speed, as a phone on a slow network. It wants the machine alone."""

from bench.opening import until_warm
from bench.report import Figure
from bench.rig import Rig
from tests.support.browser.lighthouse import Look, look

TIMES = 3
CATEGORY = "performance"


def measure(rig: Rig) -> list[Figure]:
    """Every sample is a visit with an empty cache."""
    until_warm(rig.stack)  # a pool that is filling takes the processor
    seen: list[Look] = [look(rig.stack.url, [CATEGORY], rig.folder) for _ in range(rig.times(TIMES))]
    return [
        Figure("Page: Lighthouse's score of its speed", "of 100", [each.scores[CATEGORY] for each in seen], aim="95"),
        *(
            Figure(f"Page: {name.replace('-', ' ')}", "ms", [each.measures[name] for each in seen])
            for name in ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time")
        ),
    ]
