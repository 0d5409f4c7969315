"""A quantity that is known between two bounds."""

from decimal import Decimal

from msgspec import Struct


class Range(Struct, frozen=True, order=True):
    """From `low` to `high`, of quantities that are not negative."""

    low: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError(f"a range goes from 0 or more upwards, and not from {self.low} to {self.high}")

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.high + other.high)

    def __mul__(self, other: "Range | Decimal | int") -> "Range":
        times = other if isinstance(other, Range) else exactly(other)
        return Range(self.low * times.low, self.high * times.high)

    __rmul__ = __mul__

    @property
    def middle(self) -> Decimal:
        return (self.low + self.high) / 2


def exactly(quantity: Decimal | int | str) -> Range:
    """A quantity whose bounds are equal."""
    return Range(Decimal(quantity), Decimal(quantity))


def between(low: Decimal | int | str, high: Decimal | int | str) -> Range:
    return Range(Decimal(low), Decimal(high))


NOTHING = exactly(0)
