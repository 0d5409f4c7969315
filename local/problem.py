"""Something that a person has to mend: what is wrong, and the command that mends it."""


class Problem(Exception):
    """Ends a command with one line. `mend` is a command or a short instruction; empty when there is none."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend

    def line(self) -> str:
        """The one line, without a full stop after a command that a person will copy."""
        return f"{self.what}. To mend it: {self.mend}" if self.mend else f"{self.what}."
