"""The operator's limits and levers as a test wants them, set behind the back of `admin`."""

from shared.accounts.operator_limits import Limits
from shared.gcp.store.database import encode
from shared.gcp.store.limits import limits_ref
from shared.gcp.store.slots import levers_ref
from shared.slots.levers import PoolLevers
from tests.support.stack.environment import environment
from tests.support.stack.running import Running


def limit(stack: Running, limits: Limits) -> None:
    with environment(stack.env):
        limits_ref().set(encode(limits))


def set_levers(stack: Running, levers: PoolLevers) -> None:
    with environment(stack.env):
        levers_ref().set(encode(levers))
