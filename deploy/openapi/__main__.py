"""`make schema`: writes functions/openapi.yaml and internal.yaml from the endpoints of the functions.

Python: `python -m deploy.openapi [FOLDER]`; FOLDER is `functions` unless it is given.
"""

import importlib
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy.openapi.document import Described, document
from shared.endpoint import operations_of
from shared.settings import REQUIRED

ROOT = Path(__file__).resolve().parents[2]
NOTE = "# Made by `make schema` from what the functions declare.\n"
WIDTH = 120
SHORT = 80
"""Characters that stand on one line."""
AUTH = {"id-token": "firebase", "container-token": "container", "oidc-token": "invoker", "nothing": None}
"""The security scheme of a function, by what it `verifies` in functions.toml; None if it needs none."""
SCHEMES = {
    "firebase": {"type": "http", "scheme": "bearer", "bearerFormat": "Firebase ID token"},
    "container": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "attach+jwt for a hello, heartbeat+jwt for everything else",
    },
    "invoker": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "Google's OIDC token of the invoker's service account",
    },
}
BROWSERS = {
    "title": "Ondol",
    "description": (
        "What a browser calls. Every request carries a Firebase ID token, but for those that name no scheme; every "
        "refusal is problem+json with a stable `type`, and a `detail` that says what to do next. Times are Unix "
        "seconds, sizes bytes."
    ),
}
BEHIND = {
    "title": "Ondol, behind the page",
    "description": (
        "What slots, Cloud Tasks and Cloud Scheduler call. docs/protocol.md says what a heartbeat's fields mean."
    ),
}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "functions"
    _be_a_function()
    table = tomllib.loads((ROOT / "functions/functions.toml").read_text())
    rows = {name: row for name, row in table.items() if row["verifies"] in AUTH}
    for file, info, server, browser in (
        ("openapi.yaml", BROWSERS, "/api", True),
        ("internal.yaml", BEHIND, "/", False),
    ):
        operations = [each for name, row in rows.items() if row["browser"] == browser for each in _described(name, row)]
        used = {name: SCHEMES[name] for name in dict.fromkeys(each.auth for each in operations) if name}
        text = yaml.dump(document(info, server, used, operations), Dumper=_Dumper, sort_keys=False, width=WIDTH)
        (folder / file).write_text(NOTE + text)


def _described(name: str, row: dict[str, Any]) -> list[Described]:
    module = importlib.import_module(f"functions.{name}.main")
    auth = AUTH[row["verifies"]]
    service = name.replace("_", "-")
    return [
        Described(
            f"/{service}/{part}" if part else f"/{service}", operation, auth, is_limited=auth in ("firebase", None)
        )
        for part, operation in operations_of(getattr(module, name)).items()
    ]


def _be_a_function() -> None:
    """A function reads its settings when it is imported. Nothing is called with these."""
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    os.environ.update(dict.fromkeys(REQUIRED, "{function}" + "-" * 32) | {"SIGNING_KEY": key.decode()})


class _Dumper(yaml.SafeDumper):
    """YAML without anchors, with block texts, and with short lists and mappings on one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _mapping(dumper: yaml.SafeDumper, mapping: dict[str, Any]) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", mapping.items(), flow_style=_is_short(mapping))


def _list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=_is_short(value))


def _is_short(value: Any) -> bool:
    """Whether a list or a mapping is written on one line."""
    return len(repr(value)) <= SHORT


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _list)

if __name__ == "__main__":
    main()
