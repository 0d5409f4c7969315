"""New project: a repository, files of the member's, or a sample, brought in by the slot before the editor opens."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.dropping import drop
from tests.support.stack.observe import until
from tests.web.control_plane import Plane, Refusal
from tests.web.member import go, press, sign_in
from tests.web.test_opening import asked, expect_editor

ADDRESS = "https://github.com/owner/name"
PART = 8 << 20


def to_new(page: Page) -> None:
    sign_in(page)
    press(page, "New project")
    expect(page.get_by_role("heading", name="New project")).to_be_focused()


def clone(page: Page, address: str = ADDRESS) -> None:
    page.get_by_label("Address of the repository").fill(address)
    press(page, "Open the repository")


def choose(page: Page, button: str, files: Path) -> None:
    with page.expect_file_chooser() as chooser:
        press(page, button)
    chooser.value.set_files(files)


def test_a_repository_is_cloned_step_by_step_and_the_editor_opens_in_its_folder(page: Page, plane: Plane) -> None:
    plane.project.lines = [
        {"step": "restoring", "percent": None},
        {"step": "receiving", "percent": 45},
        {"step": "a-step-to-come", "percent": 10},
        {"step": "checking-out", "percent": 99},
        {"folder": "/home/member/name"},
    ]
    for each in (plane.claim, plane.restore):
        each.set()
    to_new(page)
    clone(page)
    current = page.locator("[aria-current=step]")
    expect(current).to_contain_text("Bringing your project in")
    expect(current).to_contain_text("Writing the files · 99 %")
    press(page, "한국어")
    expect(current).to_contain_text("파일 쓰는 중 · 99 %")
    plane.project.goes_on.set()
    expect_editor(page)
    assert plane.project.asked == [("repository", {"address": ADDRESS, "token": ""})]
    assert plane.entered[0][1]["folder"] == ["/home/member/name"]
    assert asked(plane, "allocate") == 1


def test_a_sample_is_copied(page: Page, plane: Plane) -> None:
    plane.at_once()
    to_new(page)
    press(page, "Open the sample")
    expect_editor(page)
    assert plane.project.asked == [("sample", {"name": "first-page"})]


def test_the_front_page_leads_a_visitor_there_and_says_to_sign_in_first(page: Page) -> None:
    page.get_by_role("link", name="Begin with a repository, your files or a sample").click()
    page.wait_for_url("**/new")
    expect(page.get_by_text("Sign in, then begin with a repository, your files or a sample.")).to_be_visible()
    page.get_by_role("button", name="Sign in as Haneul Kim").click()
    expect(page.get_by_role("button", name="Open the sample")).to_be_visible()


def test_a_link_is_shown_through_the_sign_in_and_waits_for_a_click(page: Page, plane: Plane, front: str) -> None:
    plane.at_once()
    page.goto(f"{front}/new?repo={ADDRESS}")
    page.get_by_role("button", name="Sign in as Haneul Kim").click()
    expect(page.get_by_label("Address of the repository")).to_have_value(ADDRESS)
    expect(page.get_by_text("A link led you here.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Address of the repository")).to_have_value(ADDRESS)
    assert asked(plane, "allocate") == 0
    press(page, "Open the repository")
    expect_editor(page)
    assert plane.project.asked[0][1]["address"] == ADDRESS


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://host/owner/name", "https://me:pass@host/a", "name"])
def test_what_is_no_address_is_said_at_once(page: Page, plane: Plane, address: str) -> None:
    to_new(page)
    clone(page, address)
    expect(page.get_by_role("alert")).to_have_text("Give the address as https://host/owner/name.")
    assert asked(plane, "allocate") == 0


def test_a_zip_is_sent_in_parts_and_goes_on_after_lost_ones(
    page: Page, plane: Plane, complaints: list[str], tmp_path: Path
) -> None:
    """One part is lost on its way, and of another only the answer."""
    complaints += ["ERR_EMPTY_RESPONSE", "status of 409"]
    archive = tmp_path / "work.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("work/file.bin", bytes(PART + 100_000))
    plane.project.lost = {PART: 1000, PART + 1000: PART}
    plane.claim.set()
    plane.restore.set()
    to_new(page)
    choose(page, "Choose an archive", archive)
    expect(page.locator("[aria-current=step]")).to_contain_text("Sending 8.5 MB of 8.5 MB · 100 %")
    until(lambda: plane.project.asked, "the whole archive came")
    plane.project.goes_on.set()
    expect_editor(page)
    assert plane.project.asked == [("archive", {"name": "work.zip"})]
    assert plane.project.archive == archive.read_bytes()
    offsets = [offset for offset, _ in plane.project.parts]
    assert (offsets[0], PART + 1000 in offsets) == (0, True), "it goes on where the slot says"


def test_a_chosen_folder_comes_as_a_tar(page: Page, plane: Plane, tmp_path: Path) -> None:
    deep = "/".join(["a-folder-with-a-name"] * 8)
    contents = {"README.md": b"# hi\n", ".idx/dev.nix": b"{}", f"{deep}/한글.txt": b"x" * 513, "empty": b""}
    for name, content in contents.items():
        path = tmp_path / "my app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    plane.at_once()
    to_new(page)
    choose(page, "Choose a folder", tmp_path / "my app")
    expect_editor(page)
    assert plane.project.asked == [("archive", {"name": "my app"})]
    with tarfile.open(fileobj=io.BytesIO(plane.project.archive)) as tar:
        found = {each.name: (tar.extractfile(each) or io.BytesIO()).read() for each in tar}
    assert found == {f"my app/{name}": content for name, content in contents.items()}


def test_dropped_files_and_folders_come_as_a_tar(page: Page, plane: Plane, tmp_path: Path) -> None:
    (tmp_path / "src/deep").mkdir(parents=True)
    for name in ("a.py", "src/b.py", "src/deep/c.py"):
        (tmp_path / name).write_text("pass\n")
    plane.at_once()
    to_new(page)
    drop(page, tmp_path / "a.py", tmp_path / "src")
    expect_editor(page)
    assert plane.project.asked == [("archive", {"name": "project"})]
    with tarfile.open(fileobj=io.BytesIO(plane.project.archive)) as tar:
        assert sorted(tar.getnames()) == ["a.py", "src/b.py", "src/deep/c.py"]


@pytest.mark.parametrize(
    ("problem", "english", "korean", "ways"),
    [
        ("repository-not-readable", "does not exist, or only some", "읽을 권한이 필요한", ["Try again"]),
        ("repository-not-reached", "can't be reached from your workspace", "서버에 연결할 수 없습니다", ["Try again"]),
        ("repository-not-cloned", "git could not clone", "git이 이 저장소를", ["Try again"]),
        ("archive-not-unpacked", "can't be unpacked", "풀 수 없습니다", []),
        ("no-room", "has no room for this project", "담을 자리가 없습니다", ["Open the workspace"]),
        ("no-such-sample", "does not have the sample", "예제가 없습니다", ["Try again"]),
    ],
)
def test_each_problem_has_its_sentence_and_way_on(
    page: Page, plane: Plane, problem: str, english: str, korean: str, ways: list[str]
) -> None:
    """No made-up person has GitHub: none is offered to sign in there."""
    plane.project.lines = [{"problem": problem, "detail": "the program's own words"}]
    plane.at_once()
    to_new(page)
    clone(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(english)
    assert alert.get_by_role("button").all_inner_texts() == ways
    expect(page.get_by_label("Address of the repository")).to_have_value(ADDRESS)
    press(page, "한국어")
    expect(alert).to_contain_text(korean)
    assert plane.entered == []


@pytest.mark.parametrize(
    ("status", "problem", "said"),
    [
        (409, "session-over", "Your workspace was closed meanwhile."),
        (409, "project-coming", "Another project is being brought in"),
        (401, "bad-token", "longer than the hour"),
        (401, "signed-out", "You were signed out in another tab."),
    ],
)
def test_a_refusal_is_said_and_can_be_tried_again(
    page: Page, plane: Plane, complaints: list[str], status: int, problem: str, said: str
) -> None:
    complaints.append(f"status of {status}")
    plane.project.refusals = [(status, problem)]
    plane.at_once()
    to_new(page)
    clone(page)
    expect(page.get_by_role("alert")).to_contain_text(said)
    press(page, "Try again")
    expect_editor(page)


def test_a_slot_that_is_gone_meanwhile_is_said(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("ERR_FAILED")
    plane.at_once()
    to_new(page)
    page.route("**/_slot/project/*", lambda route: route.abort())
    clone(page)
    expect(page.get_by_role("alert")).to_contain_text("Your workspace does not answer.")
    page.unroute("**/_slot/project/*")
    press(page, "Try again")
    expect_editor(page)


def test_lines_without_an_end_are_no_success(page: Page, plane: Plane) -> None:
    plane.project.lines = [{"step": "receiving", "percent": 3}]
    plane.at_once()
    to_new(page)
    clone(page)
    expect(page.get_by_role("alert")).to_contain_text("It may be in your workspace already")
    press(page, "Open the workspace")
    expect_editor(page)


def test_a_refused_opening_is_said_where_the_project_was_chosen(
    page: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("status of 429")
    plane.refuse("allocate", Refusal(429, "too-many-opens", "You opened 30 sessions within an hour.", 600))
    to_new(page)
    press(page, "Open the sample")
    expect(page.get_by_role("alert")).to_contain_text("You opened 30 sessions")


def test_cancelling_leads_back_to_the_choice(page: Page, plane: Plane) -> None:
    to_new(page)
    clone(page)
    press(page, "Cancel")
    expect(page.get_by_label("Address of the repository")).to_have_value(ADDRESS)
    plane.at_once()
    go(page, "Workspace")
    expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()


def test_the_badge_leads_to_this_deployment(page: Page, front: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    to_new(page)
    page.get_by_text("A badge for your README").click()
    expect(page.get_by_role("img", name="Open in Ondol")).to_have_js_property("naturalWidth", 128)
    press(page, "Copy the Markdown")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"[![Open in Ondol]({front}/open-in-ondol.svg)]({front}/new?repo=https://github.com/OWNER/NAME)"


def test_home_shows_it_large_to_whoever_has_nothing_saved(page: Page, plane: Plane) -> None:
    sign_in(page)
    expect(page.get_by_role("heading", name="Begin with a project")).to_be_visible()
    plane.last = {"reason": "idle", "ended": 1_790_000_000, "saved_at": 1_790_000_000}
    page.reload()
    expect(page.get_by_role("button", name="New project")).to_be_visible()
    expect(page.get_by_role("heading", name="Begin with a project")).to_be_hidden()
