"""Keeps changing a database, as a program of the member's does, and checks a restored one. A kind is a journal mode of
SQLite, or lmdb."""

import sqlite3
from pathlib import Path
from random import Random

import lmdb

ROWS = 40


def change(kind: str, folder: str) -> None:
    """Writes transactions without end."""
    if kind == "lmdb":
        _change_lmdb(Path(folder))
    else:
        _change_sqlite(Path(folder), kind)


def _change_sqlite(folder: Path, mode: str) -> None:
    database = sqlite3.connect(folder / "data.db", isolation_level=None)
    database.execute(f"PRAGMA journal_mode={mode}")
    database.execute("PRAGMA synchronous=OFF")
    database.execute("PRAGMA wal_autocheckpoint=20")
    # a small cache makes SQLite write to the file in the middle of a transaction
    database.execute("PRAGMA cache_size=8")
    database.execute("CREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY, filling BLOB, of INTEGER)")
    random, at = Random(mode), 0  # noqa: S311
    while True:
        at += 1
        database.execute("BEGIN IMMEDIATE")
        for row in range(ROWS):
            filling = random.randbytes(random.randrange(3000))
            database.execute("REPLACE INTO a VALUES (?, ?, ?)", (row, filling, at))
        database.execute("COMMIT")


def _change_lmdb(folder: Path) -> None:
    environment = lmdb.open(str(folder), map_size=1 << 26, sync=False, metasync=False)
    random, at = Random("lmdb"), 0  # noqa: S311
    while True:
        at += 1
        with environment.begin(write=True) as change:
            for row in range(ROWS):
                change.put(b"%d" % row, b"%d:" % at + random.randbytes(random.randrange(3000)))


def check(kind: str, folder: Path) -> str | None:
    """The faults of a restored database, all rows of which must be of one transaction."""
    if kind == "lmdb":
        return _check_lmdb(folder)
    if not (folder / "data.db").exists():
        return None  # the program had not begun to write
    database = sqlite3.connect(folder / "data.db")
    try:
        verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            return str(verdict)
        has_table = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        of = database.execute("SELECT DISTINCT of FROM a").fetchall() if has_table else []
        return None if len(of) <= 1 else f"rows of {len(of)} transactions"
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        database.close()


def _check_lmdb(folder: Path) -> str | None:
    if not (folder / "data.mdb").exists() or (folder / "data.mdb").stat().st_size == 0:
        return None
    try:
        with lmdb.open(str(folder), map_size=1 << 26) as environment, environment.begin() as reading:
            of = {value.partition(b":")[0] for _, value in reading.cursor()}
    except lmdb.Error as error:
        return str(error)
    return None if len(of) <= 1 else f"rows of {len(of)} transactions"
