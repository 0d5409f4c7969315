"""What the bucket of all state is to be like: as docs/erasing.md promises."""

import tomllib

from tests.support.checkout import ROOT


def test_the_bucket_keeps_nothing_that_was_deleted() -> None:
    bucket = tomllib.loads((ROOT / "functions/bucket.toml").read_text())
    assert bucket["softDeletePolicy"]["retentionDurationSeconds"] == "0"
    assert bucket["versioning"]["enabled"] is False
    assert "retentionPolicy" not in bucket
    assert "`functions/bucket.toml` sets it to 0 s" in (ROOT / "docs/erasing.md").read_text()
