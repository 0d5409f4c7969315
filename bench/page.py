"""Lighthouse's score of the signed-out page's speed, as a phone on a slow network. It wants the machine alone."""

from statistics import median

from bench.opening import until_warm
from bench.report import Figure
from bench.rig import Rig
from tests.support.browser.lighthouse import SLOWDOWN, Look, look

TIMES = 3
CATEGORY = "performance"
PHONE = 1750 / SLOWDOWN
"""The speed of the phone that Lighthouse means: a quarter of the middle of its high-end desktops, 1,500 to 2,000
(https://github.com/GoogleChrome/lighthouse/blob/main/docs/throttling.md)."""


def measure(rig: Rig) -> list[Figure]:
    """Every sample is a visit with an empty cache. Lighthouse slows the machine down to a phone by a constant that is
    meant for a fast desktop; on a slower machine its documentation asks for a smaller one. Both are reported."""
    until_warm(rig.stack)  # a pool that is filling takes the processor
    uncalibrated = _visits(rig, SLOWDOWN)
    index = median(each.benchmark_index for each in uncalibrated)
    slowdown = min(SLOWDOWN, max(1.0, index / PHONE))
    return [
        Figure("Page: Lighthouse's index of this machine", "", [each.benchmark_index for each in uncalibrated]),
        *_figures("Page", uncalibrated),
        *_figures(f"Page, slowed down {slowdown:.1f} times", _visits(rig, slowdown)),
    ]


def _visits(rig: Rig, slowdown: float) -> list[Look]:
    return [look(rig.stack.url, [CATEGORY], rig.folder, slowdown) for _ in range(rig.times(TIMES))]


def _figures(name: str, seen: list[Look]) -> list[Figure]:
    return [
        Figure(
            f"{name}: Lighthouse's score of its speed", "of 100", [each.scores[CATEGORY] for each in seen], aim="95"
        ),
        *(
            Figure(f"{name}: {what.replace('-', ' ')}", "ms", [each.measures[what] for each in seen])
            for what in ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time")
        ),
    ]
