"""All kinds of what a member leaves, without a container: after the erasing nothing of it is found."""

from pathlib import Path

from shared.snapshots.checkpoint import Tier
from tests.functions.saved import MB, clip, downloaded, left_out, signed_in
from tests.functions.saving import saving
from tests.functions.test_accounts import erase_again, everything, last_mails
from tests.support.stack.observe import document, objects, until
from tests.support.stack.running import Running


def test_what_was_left_out_brought_back_and_exported_goes_with_the_account(bare_stack: Running, tmp_path: Path) -> None:
    person = signed_in(bare_stack, "canary-left-out")
    for number in (1, 2):
        with saving(bare_stack, person, f"boot0000000000{number}a") as saver:
            small = saver.shelf.layer("work", {f"canary-small-{number}": b"small"})
            saver.save(1, small, largest=[{"path": "canary-largest", "bytes": 5}])
            large = saver.shelf.layer("work", {f"canary-clip-{number}": b"clip"})
            entries = [clip(f"canary-clip-{number}", 120)]
            saver.keep_apart(2, large, entries=entries, tiers={"work": Tier(120 * MB, 1)})
    packages = [each["snapshot"] for each in left_out(person)]
    downloaded(person, tmp_path / "home")
    downloaded(person, tmp_path / "package", packages[0])
    back = person.post("snapshots/restore", {"snapshot": packages[0], "path": "canary-clip-2"})
    assert back.status_code == 200, back.text
    person.post("usage/zone", {"time_zone": "Antarctica/Troll"})
    account = document(bare_stack, f"accounts/{person.uid}") or {}
    wid = account["wid"]
    elsewhere = person.with_claims(auth_time=1764000000)
    assert elsewhere.post("account/sign-out", {"browser": "f" * 16}).status_code == 200
    assert len(objects(bare_stack, f"exports/{wid}/")) == 2
    canaries = [person.uid, wid, "canary-", "Canary-", "ffffffffffffffff", "Antarctica/Troll", "2025-11-24 16:00:00"]
    texts = everything(bare_stack)
    found = {each for each in canaries if any(each in text for text in texts)}
    assert {person.uid, wid, "canary-", "2025-11-24 16:00:00"} <= found, "the search finds what there is"

    person.delete_account()
    until(lambda: (document(bare_stack, f"workspaces/{wid}") or {}).get("erased_once"), "it is erased")
    erase_again(bare_stack, wid)
    until(lambda: set(last_mails(bare_stack)) == {"sent"}, "the last mail is sent")
    texts = everything(bare_stack)
    left = {each: [text[:300] for text in texts if each in text] for each in canaries}
    assert {each: where for each, where in left.items() if where} == {}
