"""A stack that is stopped and started again still has its people, their uids and their work."""

from pathlib import Path

from tests.support.members.operator import make_operator
from tests.support.members.person import Person
from tests.support.stack.observe import document, objects, until
from tests.support.stack.running import SESSIONS, running

SMALL = {"POOL_WARM": "1", "POOL_MAX": "2"}


def test_people_and_their_work_survive_a_restart(tmp_path: Path) -> None:
    with running(tmp_path, *SESSIONS, "admin", **SMALL) as before:
        person = Person(before, "stayer")
        sid = person.open()["session"]
        assert make_operator(before, "stayer@example.com").returncode == 0
    # nobody pressed Stop: the containers made their last checkpoints when the stack was stopped
    with running(tmp_path, *SESSIONS, "admin", **SMALL) as after:
        again = Person(after, "stayer")
        assert again.uid == person.uid
        assert again.get("admin").status_code == 200, "who was made an operator is one"
        session = document(after, f"sessions/{sid}") or {}
        assert (session["reason"], session["final"]) == ("stopped", True)
        entry = again.open()
        assert entry["session"] != sid
        assert again.enter(entry).status_code == 303
        account = document(after, f"accounts/{again.uid}") or {}
        assert objects(after, f"workspaces/{account['wid']}/")
        assert until(lambda: again.me()["last"], "the old session is over")["reason"] == "stopped"
