"""History and storage on the page."""

import re
import time
from typing import Any
from unicodedata import normalize

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack.observe import until
from tests.web.control_plane import FILES_PAGE, HISTORY_PAGE, Plane, Refusal
from tests.web.member import go, press, sign_in

MB = 10**6
FULL = {
    "state": "ok", "used": 20 * MB, "limit": 100 * MB, "over": 290 * MB, "lifted_by": "Starter", "largest": [],
    "left_out": {
        "count": 3, "bytes": 370 * MB, "lost_bytes": 160 * MB, "entries": [
            {"path": "proj/node_modules", "bytes": 210 * MB, "kind": "dependencies", "kept": True},
            {"path": "clip.mp4", "bytes": 160 * MB, "kind": "file", "kept": False},
        ],
        "own": {"count": 2, "bytes": 160 * MB, "lost_bytes": 160 * MB},
    },
}  # fmt: skip


def a_snapshot(number: int, **fields: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "bytes": 12 * MB,
        "files": 340,
        "final": False,
        "changes": None,
        "current": False,
        "returned": None,
        "inconsistent": [],
        "inconsistent_unnamed": 0,
    }
    return {"snapshot": f"7-b-{number}", "at": time.time() - 60 * number, **defaults, **fields}


@pytest.fixture(autouse=True)
def some_history(plane: Plane) -> None:
    plane.history = [
        a_snapshot(1, current=True, returned="notes.txt"),
        a_snapshot(2),
    ]


def look(page: Page, count: int = 2) -> None:
    go(page, "History")
    expect(page.get_by_role("heading", name="History")).to_be_focused()
    expect(page.get_by_role("listitem")).to_have_count(count)


def test_the_history_says_what_can_be_done_with_each(page: Page) -> None:
    sign_in(page)
    look(page)
    now, older = page.get_by_role("listitem").all()
    expect(now).to_contain_text("12 MB · 340 files · current version · notes.txt restored")
    expect(now.get_by_role("button")).to_have_text(["Look into it", "Download"])
    expect(older.locator("button:visible")).to_have_text(["Go back to this version", "Look into it", "Download"])
    press(page, "Back")
    expect(page.get_by_role("button", name="Open")).to_be_visible()


def files_of(name: str, size: int) -> list[dict[str, Any]]:
    entry = {"name": name, "kind": "file", "bytes": size, "files": 1, "exact": True}
    return [{**entry, "name": f"a{number}"} for number in range(FILES_PAGE)] + [entry]


def test_the_editors_link_looks_for_its_file_in_every_version_at_once(page: Page, plane: Plane) -> None:
    plane.files = {"proj": files_of("main.py", 4200)}
    sign_in(page)
    page.goto(f"{page.url}history?path=proj%2Fmain.py")
    expect(page.get_by_label("Earlier versions of a file")).to_have_value("proj/main.py")
    versions = page.get_by_role("listitem").filter(has_text="proj/main.py: 4.2 kB")
    expect(versions).to_have_count(2)
    now, older = versions.all()
    expect(page.get_by_role("status")).to_have_text("In 2 of these versions.")
    expect(now.get_by_role("button", name="Restore: proj/main.py")).to_have_count(0)
    older.get_by_role("button", name="Restore: proj/main.py").click()
    expect(page.locator(".notice")).to_contain_text("proj/main.py will be there")
    assert ("snapshots/restore", {"snapshot": "7-b-2", "path": "proj/main.py"}) in plane.asked


def test_another_path_is_looked_for_by_hand_also_where_its_folder_is_not(
    page: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("status of 404")
    plane.files = {"": files_of("notes.txt", 300)}
    sign_in(page)
    look(page)
    field = page.get_by_label("Earlier versions of a file")
    field.fill("../etc/passwd")
    press(page, "Look")
    expect(page.get_by_role("alert")).to_contain_text("does not lie in your home folder")
    field.fill("~/notes.txt")
    press(page, "Look")
    expect(page.get_by_text("notes.txt: 300 B")).to_have_count(2)
    gone = Refusal(404, "not-found", "There is no such folder.")
    plane.refuse("snapshots/files", gone, gone)
    field.fill("gone/notes.txt")
    press(page, "Look")
    expect(page.get_by_text("gone/notes.txt: not in this version")).to_have_count(2)


FOLDER, NAME = "자료", "한글.txt"
MAC_FOLDER, MAC_NAME = normalize("NFD", FOLDER), normalize("NFD", NAME)


def test_a_korean_name_from_a_mac_is_found_as_it_is_typed_and_restored_as_it_is_spelled(
    page: Page, plane: Plane
) -> None:
    plane.files = {MAC_FOLDER: files_of(MAC_NAME, 300)}
    sign_in(page)
    look(page)
    field = page.get_by_label("Earlier versions of a file")
    field.fill(f"{FOLDER}/{NAME}")
    press(page, "Look")
    expect(page.get_by_role("status")).to_have_text("In 2 of these versions.")
    expect(page.get_by_text(f"{MAC_FOLDER}/{MAC_NAME}: 300 B")).to_have_count(2)
    page.get_by_role("button", name=f"Restore: {MAC_FOLDER}/{MAC_NAME}").click()
    until(lambda: "snapshots/restore" in [name for name, _ in plane.asked], "it was asked for")
    assert ("snapshots/restore", {"snapshot": "7-b-2", "path": f"{MAC_FOLDER}/{MAC_NAME}"}) in plane.asked


def test_of_names_that_look_the_same_the_one_as_it_is_typed_is_meant_and_else_all_are_offered(
    page: Page, plane: Plane
) -> None:
    plane.files = {
        FOLDER: [a_path(MAC_NAME, size=100)],
        MAC_FOLDER: [a_path(NAME, size=200), a_path(MAC_NAME, size=300)],
    }
    sign_in(page)
    look(page)
    older = page.get_by_role("listitem").last
    field = page.get_by_label("Earlier versions of a file")
    field.fill(f"{FOLDER}/{NAME}")
    press(page, "Look")
    expect(older.get_by_text(re.compile("[123]00 B"))).to_have_count(3)
    expect(older.get_by_role("button", name="Restore: ")).to_have_count(3)
    field.fill(f"{MAC_FOLDER}/{NAME}")
    press(page, "Look")
    expect(older.get_by_text(re.compile("[123]00 B"))).to_have_count(1)
    expect(older.get_by_text("200 B")).to_be_visible()


def test_each_tells_what_changed_and_offers_what_may_be_missed(page: Page, plane: Plane) -> None:
    hostile = "<img src=x onerror=alert(1)>\u202e.txt"
    plane.history = [
        a_snapshot(1, current=True, changes=changes(removed=1, paths=[("proj/a.py", "removed")])),
        a_snapshot(2, final=True, changes=changes(added=1234, changed=1, paths=[(hostile, "added")])),
        a_snapshot(3),
    ]
    sign_in(page)
    look(page, 3)
    newest, older, oldest = page.get_by_role("listitem").all()
    expect(newest).to_contain_text("1 deleted: proj/a.py")
    expect(older).to_contain_text("saved at the end of a session")
    expect(older).to_contain_text("1,234 added, 1 changed: <img src=x onerror=alert(1)>")
    expect(older.locator("img")).to_have_count(0)
    oldest.locator("summary").click()
    expect(oldest.get_by_role("button", name="proj/a.py")).to_have_count(0)
    older.locator("summary").click()
    older.get_by_role("button", name="proj/a.py").click()
    expect(page.get_by_role("status")).to_contain_text("proj/a.py will be there")
    assert ("snapshots/restore", {"snapshot": "7-b-2", "path": "proj/a.py"}) in plane.asked
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("listitem").first).to_contain_text("삭제 1개: proj/a.py")


def test_files_that_may_be_damaged_are_named_in_the_list_and_with_what_brings_them_back(
    page: Page, plane: Plane
) -> None:
    plane.history = [a_snapshot(1, current=True), a_snapshot(2, inconsistent=["proj/<b>.db", "b.img"])]
    sign_in(page)
    look(page)
    now, older = page.get_by_role("listitem").all()
    expect(now).not_to_contain_text("damaged")
    expect(older).to_contain_text("may be damaged: proj/<b>.db, b.img")
    older.locator("summary").click()
    older.get_by_label("Path in your home folder").fill("proj")
    older.get_by_role("button", name="Restore").click()
    expect(page.locator(".notice")).to_contain_text("proj will be there")
    expect(page.locator(".notice")).to_contain_text("may be damaged: proj/<b>.db, b.img.")
    page.get_by_role("button", name="한국어").click()
    expect(page.locator(".notice")).to_contain_text("온전하지 않을 수 있으니 내용을 확인해 주세요: proj/<b>.db, b.img.")


def test_files_that_may_be_damaged_and_have_no_name_there_are_counted(page: Page, plane: Plane) -> None:
    named = a_snapshot(2, inconsistent=["a.db"], inconsistent_unnamed=5)
    plane.history = [a_snapshot(1, current=True), named, a_snapshot(3, inconsistent_unnamed=7)]
    sign_in(page)
    look(page, 3)
    _, named_entry, unnamed_entry = page.get_by_role("listitem").all()
    expect(named_entry).to_contain_text("may be damaged: a.db, and up to 5 more")
    expect(unnamed_entry).to_contain_text("Up to 7 more files that are not named")
    unnamed_entry.locator("summary").click()
    unnamed_entry.get_by_label("Path in your home folder").fill("proj")
    unnamed_entry.get_by_role("button", name="Restore").click()
    expect(page.locator(".notice")).to_contain_text("proj will be there")
    expect(page.locator(".notice")).to_contain_text("Up to 7 more files that are not named")
    page.get_by_role("button", name="한국어").click()
    expect(page.locator(".notice")).to_contain_text("이름 없이 최대 7개")


def test_older_ones_are_a_press_away(page: Page, plane: Plane) -> None:
    plane.history = [a_snapshot(number) for number in range(1, HISTORY_PAGE + 3)]
    sign_in(page)
    go(page, "History")
    expect(page.get_by_role("listitem")).to_have_count(HISTORY_PAGE)
    press(page, "Show older ones")
    expect(page.get_by_role("listitem")).to_have_count(HISTORY_PAGE + 2)
    expect(page.get_by_role("button", name="Show older ones")).to_have_count(0)


def changes(added: int = 0, changed: int = 0, removed: int = 0, paths: list[tuple[str, str]] | None = None) -> Any:
    named = [{"path": path, "how": how} for path, how in paths or []]
    return {"added": added, "changed": changed, "removed": removed, "paths": named}


def a_path(name: str, kind: str = "file", size: int = 1000, **fields: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "bytes": size, "files": 1, "exact": True, **fields}


def some_files() -> dict[str, list[dict[str, Any]]]:
    return {
        "": [
            a_path(".bashrc"),
            a_path("notes\ufffd.txt", exact=False),
            a_path("proj", "folder", 4 * MB, files=4),
        ],
        "proj": [a_path("data", "folder", 3 * MB, files=3), a_path("main.py", size=4200)],
        "proj/data": [a_path(f"{letter}.csv", size=MB) for letter in "abcd"],
    }


def test_a_snapshot_is_looked_into_as_a_tree_and_a_file_of_it_restored(page: Page, plane: Plane) -> None:
    plane.files = some_files()
    sign_in(page)
    look(page)
    page.get_by_role("button", name="Look into it").nth(1).click()
    tree = page.get_by_role("region", name="Files at")
    expect(tree.get_by_role("listitem")).to_have_count(3)
    expect(tree).to_contain_text(re.compile(r"4 files ·\s4 MB"))
    expect(tree).to_contain_text("This name can't be restored by itself.")
    tree.get_by_role("button", name="proj", exact=True).press("Enter")
    tree.get_by_role("button", name="data", exact=True).click()
    expect(tree.get_by_text("c.csv")).to_be_visible()
    expect(tree.get_by_text("d.csv")).to_have_count(0)
    tree.get_by_role("button", name="Show more").click()
    expect(tree.get_by_text("d.csv")).to_be_visible()
    tree.get_by_role("button", name="data", exact=True).click()
    expect(tree.get_by_text("d.csv")).to_have_count(0)
    tree.get_by_role("button", name="Restore: proj/main.py").click()
    expect(page.get_by_role("status")).to_contain_text("proj/main.py will be there")
    assert ("snapshots/restore", {"snapshot": "7-b-2", "path": "proj/main.py"}) in plane.asked
    expect(tree, "it stays as it was unfolded").to_contain_text("main.py")


def test_what_an_open_workspace_has_saved_can_be_looked_into_too(page: Page, plane: Plane) -> None:
    plane.files, plane.partial = some_files(), True
    plane.open()
    sign_in(page)
    look(page)
    page.get_by_role("button", name="Look into it").first.click()
    tree = page.get_by_role("region", name="Files at")
    expect(tree).to_contain_text("more files than can be listed")
    expect(tree.get_by_role("button", name="Restore")).to_have_count(0)


def test_a_snapshot_that_can_not_be_read_says_so_and_may_be_tried_again(
    page: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("status of 422")
    plane.files = some_files()
    sign_in(page)
    look(page)
    plane.refuse("snapshots/files", Refusal(422, "state-broken", "This snapshot can't be read."))
    page.get_by_role("button", name="Look into it").nth(1).click()
    expect(page.get_by_role("alert")).to_have_text("This snapshot can't be read.")
    page.get_by_role("button", name="Look into it").nth(1).click()
    page.get_by_role("button", name="Look into it").nth(1).click()
    expect(page.get_by_role("button", name="proj", exact=True)).to_be_visible()


@pytest.mark.parametrize("typed", ["~/proj/x", "/home/member/proj/x", " proj/x/ ", "./proj/x"])
def test_a_path_is_taken_as_members_write_it(page: Page, plane: Plane, typed: str) -> None:
    sign_in(page)
    look(page)
    page.locator("summary").first.click()
    page.get_by_label("Path in your home folder").fill(typed)
    page.get_by_label("Path in your home folder").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("proj/x will be there")
    assert ("snapshots/restore", {"snapshot": "7-b-2", "path": "proj/x"}) in plane.asked


def test_a_refused_path_keeps_the_form_and_what_was_typed(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 404")
    sign_in(page)
    look(page)
    page.locator("summary").first.click()
    field = page.get_by_label("Path in your home folder")
    field.fill("/etc/passwd")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not lie in your home folder")
    assert "snapshots/restore" not in [name for name, _ in plane.asked]
    plane.refuse("snapshots/restore", Refusal(404, "not-found", "proj/y is not in this snapshot."))
    field.fill("~/proj/y")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("proj/y is not in this snapshot.")
    expect(field).to_have_value("~/proj/y")


def go_back(page: Page) -> None:
    page.get_by_role("button", name="Go back to this version").first.click()
    page.get_by_role("alertdialog").get_by_role("button", name="Go back", exact=True).click()


def test_going_back_asks_first(page: Page, plane: Plane) -> None:
    sign_in(page)
    look(page)
    page.get_by_role("button", name="Go back to this version").first.click()
    dialog = page.get_by_role("alertdialog", name="Go back to")
    expect(dialog).to_contain_text("The current version stays in this list")
    dialog.get_by_role("button", name="Stay").click()
    expect(dialog).to_have_count(0)
    assert "snapshots/restore" not in [name for name, _ in plane.asked]


def test_going_back_says_what_opens_next(page: Page, plane: Plane) -> None:
    sign_in(page)
    look(page)
    go_back(page)
    expect(page.get_by_role("status")).to_contain_text("Your workspace opens as it was at")
    assert ("snapshots/restore", {"snapshot": "7-b-2", "path": None}) in plane.asked
    expect(page.get_by_role("listitem").nth(1)).to_contain_text("current version")


def test_one_path_is_brought_back_by_the_keyboard_alone(page: Page, plane: Plane) -> None:
    sign_in(page)
    look(page)
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("proj/main.py")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("proj/main.py will be there")
    assert ("snapshots/restore", {"snapshot": "7-b-2", "path": "proj/main.py"}) in plane.asked


def test_what_went_wrong_is_said_and_the_history_stays(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 404")
    sign_in(page)
    look(page)
    plane.refuse("snapshots/restore", Refusal(404, "not-found", "x is not in that snapshot."))
    go_back(page)
    expect(page.get_by_role("alert")).to_have_text("x is not in that snapshot.")
    expect(page.get_by_role("listitem")).to_have_count(2)


def test_a_download_is_waited_for(page: Page, plane: Plane) -> None:
    plane.packing = 2
    sign_in(page)
    look(page)
    page.get_by_role("button", name="Download").first.click()
    until(
        lambda: [name for name, _ in plane.asked].count("snapshots/download") == 3, "it was asked for until it is there"
    )
    page.wait_for_url("**/home.tar.zst")


def test_nobody_goes_back_while_the_workspace_is_open(page: Page, plane: Plane) -> None:
    plane.open()
    sign_in(page)
    look(page)
    expect(page.get_by_text("Stop your workspace to go back")).to_be_visible()
    expect(page.get_by_role("button", name="Go back to this version")).to_have_count(0)


def test_a_full_plan_is_said_before_anything_else(page: Page, plane: Plane) -> None:
    plane.storage = FULL
    sign_in(page)
    notice = page.get_by_role("alert")
    for said in ("proj/node_modules 210 MB", "clip.mp4 160 MB", "And 1 more", "at least 290 MB", "the Starter plan"):
        expect(notice).to_contain_text(said)
    expect(notice.locator("ul").last, "what is not even kept apart").to_have_text("clip.mp4 160 MB")
    expect(page.get_by_text("20 MB of 100 MB")).to_be_visible()
    page.get_by_role("button", name="한국어").click()
    expect(notice).to_contain_text("요금제")
