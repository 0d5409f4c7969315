"""What a member puts in the way of saving and restoring: links that lead out, full places, archives that nobody packed.

Packing and unpacking run as the member. So a link in the wrong moment shows them what the member may read anyway, and
the canaries here are root's.
"""

import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from subprocess import run

import msgspec
import pytest

from local.run.container import Image
from shared.snapshots.checkpoint import Checkpoint, Head, Layer, Manifest, Tier, Writer, head_of
from tests.attacks.terminal import PROGRAMS
from tests.support.slot import container
from tests.support.slot.bucket import Bucket
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SECOND, SID, WID, ControlPlane
from tests.support.slot.member import PAGE_ORIGIN, Member, opened
from tests.support.slot.runtime_table import with_small_places
from tests.support.stack.observe import until

CANARY = "the canary of root"
# a folder that the member can't read, with the names that swap.py swaps; and one that they can't write
OUTSIDE = f"""
mkdir -p /run/secret /run/public
for n in $(seq 0 19); do echo '{CANARY}' > /run/secret/f$n; echo public > /run/public/f$n; done
chmod 755 /run/secret /run/public; chmod 600 /run/secret/*; chmod 644 /run/public/*
"""
LOOK_OUTSIDE = "cd /run && find secret public -printf '%p %y %m %U %s %T@\\n' | sort && cat secret/* public/*"
BOOT = "forger0000000000"
WRITER = Writer(WID, 1, BOOT)


def start_swapping(slot: Container, target: str) -> None:
    """Goes on until somebody ends it, as the end of the session does."""
    slot.run(f"cat > /tmp/swap.py <<'END OF THE PROGRAM'\n{(PROGRAMS / 'swap.py').read_text()}\nEND OF THE PROGRAM\n")
    slot.run(f"nohup python3 /tmp/swap.py {target} >/dev/null 2>&1 &")
    until(lambda: "file-out" in slot.run("ls swapped 2>/dev/null || true"), "it swaps")


def test_links_that_are_swapped_in_while_it_packs_show_nothing_that_the_member_may_not_read(
    start: Callable[..., Container], plane: ControlPlane, store: Bucket
) -> None:
    slot = start(CHECKPOINT_SECONDS="0.05")
    slot.run_as_root(OUTSIDE)
    looked = slot.run_as_root(LOOK_OUTSIDE)
    member = opened(slot, plane)
    start_swapping(slot, "/run/secret")
    first = len(heads(plane))
    until(lambda: len(heads(plane)) >= first + 8, "it is saved again and again meanwhile")
    member.release().raise_for_status()
    assert CANARY.encode() not in store.unpacked()
    assert b"mine" in store.unpacked(), "what is the member's is saved"
    assert slot.run_as_root(LOOK_OUTSIDE) == looked


def heads(plane: ControlPlane) -> set[str]:
    """The checkpoints that were declared."""
    return {beat.checkpoint.manifest for beat in plane.beats if beat.checkpoint}


def test_links_that_are_swapped_in_while_it_unpacks_lead_no_write_out_of_the_home(
    start: Callable[..., Container], plane: ControlPlane
) -> None:
    """No program of a member's is there yet; but the editor, which runs as the member, is."""
    before = opened(start(), plane)
    before.slot.run("mkdir -p swapped/folder; for n in $(seq 0 19); do echo saved > swapped/folder/f$n; done")
    before.slot.run("echo saved > swapped/file; head -c 8000000 /dev/urandom > ballast")
    before.release().raise_for_status()

    after = Member(start(), plane)
    after.slot.run_as_root(OUTSIDE)
    looked = after.slot.run_as_root(LOOK_OUTSIDE)
    session = plane.open(SECOND, epoch=2, head=plane.sessions[SID].head)
    start_swapping(after.slot, "/run/public")
    for _ in range(3):
        assert after.attach(session).status_code in (200, 502)
    assert after.slot.run_as_root(LOOK_OUTSIDE) == looked
    after.slot.run("pkill -KILL -f swap.py")
    after.attach(session).raise_for_status()
    assert after.slot.run_as_root(LOOK_OUTSIDE) == looked


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", **more: int) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, link, more.pop("mode", 0o777)
    for field, value in more.items():
        setattr(made, field, value)
    return made


TMP = "/tmp"  # noqa: S108  the container's
LINK, HARD, DEVICE, FOLDER = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE
FORGED = {
    "an absolute name": [entry("/run/public/escaped"), entry(f"{TMP}/escaped")],
    "steps up": [entry("../../run/public/escaped"), entry("a/../../../tmp/escaped")],
    "a link, and a file through it": [entry("b", LINK, TMP), entry("b/escaped")],
    "a link up, and a file through it": [entry("c", LINK, "../../tmp"), entry("c/escaped")],
    "a link to a link": [entry("d", LINK, "e"), entry("e", LINK, TMP), entry("d/escaped")],
    "a link in place of a folder": [entry("f", FOLDER), entry("f", LINK, TMP), entry("f/escaped")],
    "a folder in place of a link": [entry("g", LINK, TMP), entry("g", FOLDER), entry("g/escaped")],
    "a hard link to root's file, and what to write to it": [
        entry("escaped-h", HARD, "/run/public/f0"),
        entry("escaped-h", size=3),
    ],
    "a hard link to a link": [entry("i", LINK, "/run/secret/f0"), entry("escaped-i", HARD, "i")],
    "a device": [entry("escaped-j", DEVICE, devmajor=1, devminor=1)],
    "root's own program": [entry("escaped-k", mode=0o6755, uid=0, gid=0)],
    "the home itself": [entry(".", LINK, TMP), entry("escaped-l")],
}
HARMLESS = {"root's own program", "a folder in place of a link", "a link in place of a folder"}
"""They unpack, and gain nothing. Of all others nothing is kept."""


def test_an_archive_that_nobody_packed_unpacks_nothing_outside_the_home(
    slot: Container, plane: ControlPlane, store: Bucket
) -> None:
    """One container meets them all: a layer that can't be unpacked sends it to the snapshot before."""
    slot.run_as_root(OUTSIDE)
    looked = slot.run_as_root(LOOK_OUTSIDE)
    refused = [entries for name, entries in FORGED.items() if name not in HARMLESS]
    first, *others = [forged_head(store, seq, entries) for seq, entries in enumerate(refused, 1)]
    plane.older = [*others, forged_head(store, 100, [entry("sound")])]
    member = Member(slot, plane)
    assert member.restore(plane.open(epoch=2, head=first))["work"] == "done"
    assert slot.run("cat sound") == "own"
    assert slot.run_as_root(LOOK_OUTSIDE) == looked
    assert slot.run_as_root("find / -path /proc -prune -o -name 'escaped*' -print || true") == ""
    member.release().raise_for_status()


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_an_archive_that_nobody_packed_gains_nobodys_rights(
    slot: Container, plane: ControlPlane, store: Bucket, name: str
) -> None:
    slot.run_as_root(OUTSIDE)
    looked = slot.run_as_root(LOOK_OUTSIDE)
    member = Member(slot, plane)
    member.restore(plane.open(epoch=2, head=forged_head(store, 1, FORGED[name])))
    assert slot.run_as_root(LOOK_OUTSIDE) == looked
    found = slot.run_as_root("find / -path /proc -prune -o -name 'escaped*' -printf '%p %y %u:%g %m\n' || true")
    for path, kind, owner, mode in map(str.split, found.splitlines()):
        assert path.startswith("/home/member/")
        assert (kind, owner, mode) == ("f", "member:member", "755" if "escaped-k" in path else "777")
    member.release().raise_for_status()


def forged_head(store: Bucket, seq: int, entries: list[tarfile.TarInfo]) -> Head:
    """A head whose only layer holds these, written by a container that lies."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for made in entries:
            made.size = 3 if made.isreg() else 0
            tar.addfile(made, io.BytesIO(b"own"))
    content = packed.getvalue()
    layer = run(["zstd", "-qc"], input=content, capture_output=True, check=True).stdout
    name = f"{WRITER.prefix}{seq}-work.tar.zst"
    size, digest = 3 * len(entries), sha256(layer).hexdigest()
    told = Layer("work", "whole", name, digest, len(layer), len(content), len(entries), size)
    held = {"work": Tier(size, len(entries))}
    manifest = Manifest(2, WID, 1, BOOT, seq, None, held, [told])
    encoded = msgspec.json.encode(manifest)
    digest = sha256(encoded).hexdigest()
    checkpoint = Checkpoint(seq, WRITER.manifest_name(seq), digest, size, len(entries))
    store.overwrite(name, layer)
    store.overwrite(checkpoint.manifest, encoded)
    return head_of(checkpoint, manifest, WRITER, datetime.now(UTC))


FILL = """
head -c 1000000 /dev/urandom > precious
for place in /tmp /var/tmp /dev/shm /run/member ~; do
    cat /dev/urandom > $place/filling 2>/dev/null || true
    for n in $(seq 2000); do : > $place/empty-$n 2>/dev/null || break; done
    df --output=avail -B1 $place | tail -n 1 | tr -d " "
done
sha256sum precious filling
"""
SMALL_PLACES = {"home_member": 24, "tmp": 4, "var_tmp": 4, "dev_shm": 4, "run": 8}
"""In MiB."""


@pytest.fixture
def cramped(tmp_path: Path, plane: ControlPlane) -> Iterator[Callable[[], Container]]:
    """Starts warm slots with little room."""
    table = with_small_places(tmp_path, **SMALL_PLACES)
    with ExitStack() as stack:

        def start() -> Container:
            log = tmp_path / f"cramped-{datetime.now(UTC).timestamp()}.log"
            return stack.enter_context(container.running(log, plane.signer.public_pem, PAGE_ORIGIN, table))

        yield start


def test_a_member_who_fills_every_place_is_saved_and_comes_back_with_all_of_it(
    cramped: Callable[[], Container], plane: ControlPlane
) -> None:
    member = opened(cramped(), plane)
    filled = member.slot.run(FILL).splitlines()
    assert filled[:5] == ["0"] * 5, "every place that the member may write to is full"
    member.attach(plane.sessions[SID]).raise_for_status()
    member.release().raise_for_status()
    head = plane.sessions[SID].head
    assert head is not None
    assert head.bytes > 20_000_000
    assert head.files > 2000

    after = Member(cramped(), plane)
    assert set(after.restore(plane.open(SECOND, epoch=2, head=head)).values()) == {"done"}
    after.enter(SECOND)
    assert after.slot.run("sha256sum precious filling").splitlines() == filled[5:]
    assert after.get("/?folder=/home/member").status_code == 200, "the editor works in a full home"


def test_the_member_has_a_room_of_their_own_next_to_the_agents() -> None:
    assert "/run/member" in {place.path for place in Image(container.FOLDER, container.RUNTIME).runtime.tmpfs}
