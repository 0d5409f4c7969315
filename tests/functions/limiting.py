"""The operator's limits as a test wants them, set behind the back of `admin`."""

from shared.accounts.operator_limits import Limits
from shared.gcp.store.database import encode
from shared.gcp.store.limits import limits_ref
from tests.environment import environment
from tests.running import Running


def limit(stack: Running, limits: Limits) -> None:
    with environment(stack.env):
        limits_ref().set(encode(limits))
