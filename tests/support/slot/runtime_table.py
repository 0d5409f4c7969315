"""A slot whose places are small, so that a test can fill them without filling the machine."""

import re
from pathlib import Path

from tests.support.checkout import ROOT

MIB = 1 << 20


def with_small_places(into: Path, **mebibytes: int) -> Path:
    """The image's table with some of its places made smaller; by path, with `_` for `/`, as `home_member=24`."""
    text = (ROOT / "workspace-image/runtime.toml").read_text()
    for name, size in mebibytes.items():
        place = f'path = "/{name.replace("_", "/")}"\n'
        text, found = re.subn(rf"({place}mode = .*\nsize = )\d+", rf"\g<1>{size * MIB}", text)
        assert found == 1, f"the image has no {place}"
    table = into / "runtime.toml"
    table.write_text(text)
    return table
