"""What is saved of a workspace: a session begins with it, changes it by checkpoints, and leaves it to the next one."""

from msgspec import Struct

from shared.snapshots.checkpoint import Head
from shared.snapshots.storage_quota import StorageUse


class SavedState(Struct, frozen=True, kw_only=True):
    """The saved state of a workspace, or of its open session."""

    head: Head | None = None
    """The current snapshot; None before the first checkpoint."""
    storage: StorageUse | None = None
    """What the newest checkpoint takes of the plan; None before the first checkpoint."""
    after_loss: bool = False
    """A container was lost with whatever was done after `head`, and the member has not been told in an editor yet."""

    @property
    def use(self) -> StorageUse:
        """What the newest checkpoint takes. Before the first checkpoint: what the head takes, without a limit."""
        return self.storage or StorageUse(used=self.head.bytes if self.head else 0, limit=None)
