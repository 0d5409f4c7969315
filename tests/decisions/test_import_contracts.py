"""The contracts of `.importlinter` that list modules list all of them."""

from configparser import ConfigParser

import pytest

from tests.support.checkout import ROOT

FORMAT = "shared.snapshots.format"


def listed(contract: str, key: str) -> set[str]:
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter")
    return set(parser[f"importlinter:{contract}"][key].split())


def modules(folder: str) -> set[str]:
    """Modules and packages that are in the folder itself."""
    files = [*(ROOT / folder).glob("*.py"), *(each.parent for each in (ROOT / folder).glob("*/__init__.py"))]
    return {f"{folder.replace('/', '.')}.{file.stem}" for file in files} - {f"{folder.replace('/', '.')}.__init__"}


def test_whatever_is_in_shared_and_not_the_format_is_forbidden_to_the_format() -> None:
    others = modules("shared") - {"shared.snapshots"} | modules("shared/snapshots") - {FORMAT}
    assert others - listed("format", "forbidden_modules") == set()


@pytest.mark.parametrize(("contract", "exception"), [("google", "shared.gcp"), ("stripe", "shared.payments")])
def test_whatever_is_in_shared_may_import_no_sdk_but_the_module_that_is_for_it(contract: str, exception: str) -> None:
    assert modules("shared") - {exception} - listed(contract, "source_modules") == set()
