"""What Ondol's commands in the editor, its messages and its status bar lead to. A stand-in answers for the editor."""

import json
import socket
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.slot.window.playing import played

PAGE = "https://ide.example"
COMMANDS = f"""
const {{ Commands }} = extension("commands");
const words = wordsFor("LANGUAGE");
const commands = new Commands(words, "LANGUAGE", "{PAGE}", (event) => calls.push(["agent", event]));
const command = (id, given) => ran[`ondol.ko.${{id}}`](given);
const choosing = (text) => (items) => items.find(({{ label }}) => label.includes(text));
"""


def commands(language: str = "en") -> str:
    return COMMANDS.replace("LANGUAGE", language)


def called(play: str, home: Path, language: str = "en") -> list[Any]:
    """The calls of the editor's interface, without what Ondol shows."""
    result: list[Any] = played(f"{commands(language)} {play}; return calls;", home)
    return [call for call in result if call[0] not in ("window.showQuickPick", "commands.executeCommand", "setContext")]


def test_the_menu_runs_what_is_chosen_and_usage_opens_the_page_on_it(tmp_path: Path) -> None:
    opens = ["env.openExternal", f"{PAGE}/usage"]
    assert called('await command("usage")', tmp_path) == [opens]
    choose = 'answers["window.showQuickPick"] = choosing(words.titles.usage); await command("menu")'
    assert called(choose, tmp_path) == [opens]
    assert called('await command("menu")', tmp_path) == [], "nothing is chosen"


@pytest.mark.parametrize(
    ("choice", "leads_to"),
    [
        ("timeline", ["commands.executeCommand", "files.openTimeline", "HOME/proj/a b.py"]),
        ("restoreSaved", ["commands.executeCommand", "workbench.action.localHistory.restoreViaPicker"]),
        ("history", ["env.openExternal", f"{PAGE}/history?path=proj%2Fa%20b.py"]),
    ],
)
def test_earlier_versions_lead_to_the_editors_own_or_to_the_history_of_the_file(
    tmp_path: Path, choice: str, leads_to: list[str]
) -> None:
    file = f"{tmp_path}/proj/a b.py"
    calls = played(
        f"""{commands()}
        vscode.window.activeTextEditor = {{ document: {{ uri: vscode.Uri.file({json.dumps(file)}) }} }};
        answers["window.showQuickPick"] = choosing(words.{choice});
        await command("versions");
        return calls;""",
        tmp_path,
    )
    assert calls[-1] == [part.replace("HOME", str(tmp_path)) for part in leads_to]


def test_earlier_versions_of_no_file_are_not_asked_for(tmp_path: Path) -> None:
    play = 'vscode.window.activeTextEditor = undefined; await command("versions")'
    assert [call[0] for call in called(play, tmp_path)] == ["window.showInformationMessage"]


def test_a_folder_is_packed_with_what_lies_in_it_and_downloaded(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    (folder / ".hidden").mkdir(parents=True)
    (folder / ".hidden/one.txt").write_text("one")
    (folder / "link").symlink_to("/etc/hostname")
    calls = played(
        f"""{commands()}
        answers["window.showOpenDialog"] = [vscode.Uri.file({json.dumps(str(folder))})];
        await command("download");
        return calls;""",
        tmp_path,
    )
    name, command, packed = calls[-1]
    assert (name, command) == ("commands.executeCommand", "ondol.downloaded")
    with zipfile.ZipFile(packed) as archive:
        assert archive.read("a folder/.hidden/one.txt") == b"one"
        assert archive.read("a folder/link") == b"/etc/hostname", "a link stays one"
    Path(packed).unlink()
    Path(packed).parent.rmdir()


def test_a_folder_that_cannot_be_packed_is_told_of(tmp_path: Path) -> None:
    gone = json.dumps(str(tmp_path / "gone"))
    [[name, told]] = called(f'await command("download", vscode.Uri.file({gone}))', tmp_path)
    assert name == "window.showErrorMessage"
    assert told.startswith("The folder could not be packed.")


def test_the_preview_of_a_port_opens_that_a_program_listens_on_or_that_is_typed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        choose = f'answers["window.showQuickPick"] = choosing("{port}"); await command("port")'
        assert called(choose, tmp_path) == [["env.openExternal", f"http://localhost:{port}/"]]
    type_one = """
        answers["window.showQuickPick"] = choosing(words.otherPort);
        answers["window.showInputBox"] = ({ validateInput }) => {
          calls.push(["allowed", ["3000", "65535", "65536", "0", "http", "08"].filter((text) => !validateInput(text))]);
          return "3000";
        };
        await command("port")"""
    box, *then = called(type_one, tmp_path)
    assert box[0] == "window.showInputBox"
    assert then == [["allowed", ["3000", "65535"]], ["env.openExternal", "http://localhost:3000/"]]


def test_the_list_of_ports_says_what_a_dev_server_needs_to_show_changes(tmp_path: Path) -> None:
    look = """
        answers["window.showQuickPick"] = (items) => {
          const hint = items.find(({ label }) => label === words.hotReload);
          calls.push(["hint", hint.detail]);
          return hint;
        };
        await command("port")"""
    [[_, detail]] = called(look, tmp_path)
    assert 'client.webSocketURL: "auto://0.0.0.0:0/ws"' in detail, "and it opens nothing"


def test_the_warning_of_the_plans_end_keeps_stops_and_leads_to_the_usage(tmp_path: Path) -> None:
    done = played(
        """
        const { Ends } = extension("ends");
        const words = wordsFor("en");
        const does = (what) => () => calls.push([what]);
        const ends = new Ends(words, does("keep"), does("stop"), does("usage"));
        const done = [];
        for (const choice of ["keep", "saveAndStop", "usage"]) {
          for (const [show, seconds] of [["showWarningMessage", 600], ["showErrorMessage", 120]]) {
            answers[`window.${show}`] = words[choice];
            await ends.warnOfTime(seconds);
            done.push(calls.at(-1)[0]);
          }
        }
        return done;
        """,
        tmp_path,
    )
    assert done == ["keep", "keep", "stop", "stop", "usage", "usage"]


def test_the_last_message_before_an_end_stays_and_is_put_away_once_it_is_not_true(tmp_path: Path) -> None:
    said = played(
        """
        const { Ends } = extension("ends");
        const ends = new Ends(wordsFor("en"));
        const item = status["ondol.time"];
        answers["window.showErrorMessage"] = () => new Promise(() => {});
        const shown = (directive, idle_in, time_left) => {
          calls.length = 0;
          ends.show({ directive, idle_in, time_left });
          return [item.isShown && item.text, item.tooltip?.includes("unless"), ...calls.map(([name]) => name)];
        };
        return [
          shown("continue", 900, 9000),
          shown("warn", 118, 8882),
          shown("warn", 88, 8852),
          shown("continue", 900, 8850),
          shown("continue", 900, 110),
          shown("warn", 80, 80),
          shown("continue", 900, 5400),
        ];
        """,
        tmp_path,
    )
    asks, away = "window.showErrorMessage", "commands.executeCommand"
    assert said == [
        ["$(watch) 2 h left", False],
        ["$(watch) 2 min left", True, asks],
        ["$(watch) 1 min left", True],
        ["$(watch) 2 h left", False, away],
        ["$(watch) 2 min left", False, asks],
        ["$(watch) 1 min left", False],
        ["$(watch) 1 h left", False, away],
    ]


def test_the_status_counts_up_what_is_restored_and_never_says_all_before_it_is(tmp_path: Path) -> None:
    seen = played(
        """
        const { RestoreStatus } = extension("status");
        const restore = new RestoreStatus(wordsFor("en"));
        const item = status["ondol.restore"];
        const shown = (done, total, tiers) => {
          restore.show({ done, total, tiers, older: {} });
          return item.isShown ? item.text : null;
        };
        return [
          shown(0, null, { boot: "here", work: "waiting", deps: "waiting" }),
          shown(427, 1000, { boot: "here", work: "fetching", deps: "waiting" }),
          shown(1000, 1000, { boot: "here", work: "here", deps: "fetching" }),
          calls.length,
          shown(1000, 1000, { boot: "here", work: "here", deps: "here" }),
          shown(1000, 1000, { boot: "here", work: "here", deps: "here" }),
          calls,
        ];
        """,
        tmp_path,
    )
    said = "$(sync~spin) Restoring your"
    assert seen[:3] == [
        f"{said} files, dependencies: 0 %",
        f"{said} files, dependencies: 42 %",
        f"{said} dependencies: 99 %",
    ]
    assert seen[3:] == [0, None, None, [["commands.executeCommand", "workbench.files.action.refreshFilesExplorer"]]]


def test_what_came_from_an_older_save_or_not_at_all_is_told_once(tmp_path: Path) -> None:
    told = played(
        """
        const { RestoreStatus } = extension("status");
        const restore = new RestoreStatus(wordsFor("en"));
        const news = { done: 1, total: 1, tiers: { work: "here", deps: "failed" }, inconsistent: ["a.db"] };
        for (const _ of [1, 2]) restore.show({ ...news, older: { work: Date.now() / 1000 - 7260 } });
        return calls.filter(([name, , button]) => name === "window.showErrorMessage" && button).map(([, text]) => text);
        """,
        tmp_path,
    )
    older, unrestored, inconsistent = told
    assert "as they were saved 2 h ago" in older
    assert "Your dependencies could not be restored." in unrestored
    assert "may be damaged: a.db. Everything else is sound" in inconsistent


@pytest.mark.parametrize("language", ["en", "ko"])
def test_more_files_that_may_be_damaged_than_are_named_are_counted(tmp_path: Path, language: str) -> None:
    [text] = played(
        f"""
        const {{ RestoreStatus }} = extension("status");
        const names = ["a", "b", "c", "d", "e"].map((name) => `${{name}}.db`);
        const news = {{ done: 1, total: 1, tiers: {{ work: "done" }}, older: {{}}, inconsistent: names, unnamed: 20 }};
        new RestoreStatus(wordsFor("{language}")).show(news);
        return calls.filter(([name]) => name === "window.showErrorMessage").map(([, text]) => text);
        """,
        tmp_path,
    )
    more, rest = {"en": ("up to 20 more", "verything else"), "ko": ("최대 20개", "다른 파일은 온전")}[language]
    assert "a.db, b.db, c.db, d.db, e.db" in text and more in text
    assert rest not in text


STORAGE = """
const { StorageWarning } = extension("status");
const storage = new StorageWarning(wordsFor("%s"), () => calls.push(["page"]));
const entries = %s.map((path) => ({ path, bytes: 165e6, kept: true }));
const left_out = { entries, count: entries.length, bytes: 165e6 * entries.length, lost_bytes: 0 };
const news = { state: "over", used: 90e6, limit: 100e6, left_out };
"""


@pytest.mark.parametrize(
    ("language", "paths", "leads_to"),
    [
        ("en", ["proj/clip.mp4"], ["commands.executeCommand", "revealInExplorer", "HOME/proj/clip.mp4"]),
        ("ko", ["proj/clip.mp4"], ["commands.executeCommand", "revealInExplorer", "HOME/proj/clip.mp4"]),
        ("en", ["one", "two", "three"], ["commands.executeCommand", "revealInExplorer", "HOME/two"]),
        # what the explorer leaves out
        ("en", [".local/lib"], ["window.createTerminal", {"cwd": "HOME/.local"}]),
        ("en", ["proj/.git"], ["window.createTerminal", {"cwd": "HOME/proj"}]),
        ("en", [".localized"], ["commands.executeCommand", "revealInExplorer", "HOME/.localized"]),
    ],
)
def test_one_click_leads_from_the_message_to_what_is_not_saved(
    tmp_path: Path, language: str, paths: list[str], leads_to: list[Any]
) -> None:
    calls = played(
        STORAGE % (language, json.dumps(paths))
        + """
        answers.excluded = { "**/.git": true, ".local": true, "**/three": false };
        answers["window.showErrorMessage"] = (_, ...buttons) => buttons[0];
        answers["window.showQuickPick"] = (items) => items.find(({ label }) => label === "two");
        storage.show(news);
        storage.show(news);
        await new Promise(setImmediate);
        calls[0].splice(1, 1);
        return calls;
        """,
        tmp_path,
    )
    button = {"en": ["Show", "Open the Ondol page"], "ko": ["위치 보기", "온돌 페이지 열기"]}[language]
    assert calls[0] == ["window.showErrorMessage", *button], "told once, though the news came twice"
    assert [call[0] for call in calls[1:-1]] == ["window.showQuickPick"] * (len(paths) > 1)
    assert json.dumps(calls[-1]) == json.dumps(leads_to).replace("HOME", str(tmp_path))


def test_the_message_also_leads_to_the_page_and_the_status_says_it_again(tmp_path: Path) -> None:
    calls = played(
        STORAGE % ("en", '["clip.mp4"]')
        + """
        storage.show(news);
        answers["window.showErrorMessage"] = (_, ...buttons) => buttons[1];
        await ran["ondol.notSaved"]();
        return [status["ondol.storage"].text, ...calls.map(([name]) => name)];
        """,
        tmp_path,
    )
    assert calls == ["$(warning) 165 MB not saved", "window.showErrorMessage", "window.showErrorMessage", "page"]


FULL = """
const entries = [
  { path: "film.mp4", bytes: 600e6, kept: false },
  ...[1, 2, 3, 4].map((number) => ({ path: `clip${number}.mp4`, bytes: 165e6, kept: true })),
];
const left_out = { entries, count: 9, bytes: 1300e6, lost_bytes: 600e6 };
const news = { asked_saves: 0, saving: false, storage: { state: "over", used: 90e6, limit: 100e6, left_out } };
commands.learn(news);
"""
KEPT = {"en": "kept for 30 days", "ko": "30일 동안 따로 보관되는 항목"}
GONE = {"en": "gone when the session ends", "ko": "세션이 끝나면 사라지는 항목"}
ALL = {"en": ("verything and", "verything is saved"), "ko": ("모두 저장하고", " 모두 저장됩니다")}
LANGUAGES = pytest.mark.parametrize("language", ["en", "ko"])


def full(play: str, home: Path, language: str) -> list[Any]:
    """As `called`, of a workspace that the plan's storage has no room for."""
    return called(f"{FULL} {play}".replace("LANGUAGE", language), home, language)


@LANGUAGES
def test_stop_names_what_is_not_saved_and_what_of_it_is_lost(tmp_path: Path, language: str) -> None:
    answer = 'answers["window.showInformationMessage"] = (_, asked, button) => button; await command("stop")'
    _, [_, question, asked, _], said = full(answer, tmp_path, language)
    assert not any(claim in question for claim in ALL[language])
    kept, gone = asked["detail"].split("\n\n")
    assert KEPT[language] in kept and "clip4.mp4 (165 MB)" in kept and "40 MB" in kept, "the list has the largest only"
    assert GONE[language] in gone and "film.mp4 (600 MB)" in gone and "MB," not in gone
    assert said == ["agent", "stop"]
    assert ["agent", "stop"] not in full('await command("stop")', tmp_path, language)


@LANGUAGES
def test_stop_without_such_files_asks_as_ever(tmp_path: Path, language: str) -> None:
    _, [_, question, asked, _] = called('await command("stop")', tmp_path, language)
    assert ALL[language][0] in question and asked == {"modal": True}


@LANGUAGES
def test_save_now_says_what_is_not_saved(tmp_path: Path, language: str) -> None:
    save = """const saving = command("saveNow");
    await new Promise(setImmediate);
    commands.learn({ ...news, asked_saves: 1 });
    await saving;"""
    [told] = [call for call in full(save, tmp_path, language) if call[0].startswith("window.s")]
    assert told[0] == "window.showWarningMessage"
    assert "film.mp4 (600 MB), clip1.mp4 (165 MB), clip2.mp4 (165 MB)" in told[1]


@LANGUAGES
def test_warnings_of_an_end_name_what_is_not_saved_and_their_button_asks(tmp_path: Path, language: str) -> None:
    warn = """
    const { Ends } = extension("ends");
    const ends = new Ends(words, () => {}, () => commands.stopAtOnce(), () => {});
    answers["window.showErrorMessage"] = words.saveAndStop;
    const end = { time_left: null, idle_in: 118 };
    ends.show({ ...news, ...end, directive: "warn" });
    await ends.warnOfTime(2);
    await new Promise(setImmediate);
    commands.learn({ ...news, storage: null });
    ends.show({ ...end, directive: "continue", storage: null });
    await ends.warnOfTime(2);
    calls.push(["tooltip", status["ondol.time"].tooltip]);
    """
    calls = full(warn, tmp_path, language)
    idle, timed, fits = [text for name, text, *_ in calls if name == "window.showErrorMessage"]
    for warning in (idle, timed):
        assert KEPT[language] in warning and GONE[language] in warning and "film.mp4 (600 MB)" in warning
    assert ALL[language][1] in fits and "film" not in fits
    assert len([name for name, *_ in calls if name == "window.showInformationMessage"]) == 2, "both ask"
    assert calls.count(["agent", "stop"]) == 1, "one click is enough where everything is saved"
    assert not any(claim in dict(calls[-1:])["tooltip"] for claim in ALL[language])
