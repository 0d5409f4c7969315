"""The archive of classes from which the Firestore emulator starts: only that of the very Java and emulator."""

import shutil
from pathlib import Path

from local.firestore.class_archive import archive_path, start_options
from local.firestore.jar import emulator_jar
from local.firestore.java import java_program
from tests.support.checkout import ROOT
from tests.support.stack.processes import descendants, words
from tests.support.stack.running import running


def files(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).write_text(name)
    return [folder / name for name in names]


def test_the_emulator_takes_the_archive_that_the_set_up_has_made(tmp_path: Path) -> None:
    java, jar = java_program(ROOT), emulator_jar(ROOT)
    assert java
    assert jar
    assert archive_path(ROOT, java, jar).is_file()
    with running(tmp_path, "--only", "firestore") as stack:
        [command] = [words(pid) for pid in descendants(stack.process.pid) if Path(words(pid)[0]).name == "java"]
        assert set(start_options(ROOT, java, jar)) <= set(command)
        assert "[cds]" not in (stack.state / "logs/firestore.log").read_text(), "Java refuses the archive"


def test_an_archive_of_another_java_or_another_emulator_is_not_taken(tmp_path: Path) -> None:
    java, other_java, jar, other_jar = files(tmp_path, "java", "other-java", "jar", "other-jar")
    archive = archive_path(tmp_path, java, jar)
    archive.parent.mkdir(parents=True)
    archive.write_text("classes")
    assert start_options(tmp_path, java, jar) == [f"-XX:SharedArchiveFile={archive}"]
    assert start_options(tmp_path, other_java, jar) == []
    assert start_options(tmp_path, java, other_jar) == []
    jar.write_text("a newer emulator at the same place")
    assert start_options(tmp_path, java, jar) == []


def test_where_java_makes_no_archive_the_emulator_starts_without_one(tmp_path: Path) -> None:
    java, jar = files(tmp_path, "java", "jar")
    archive = archive_path(tmp_path, java, jar)
    archive.parent.mkdir(parents=True)
    archive.touch()
    assert start_options(tmp_path, java, jar) == []
    shutil.rmtree(archive.parent)
    assert start_options(tmp_path, java, jar) == []
