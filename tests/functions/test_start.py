"""A member whose container has to start is told how long that took lately, by what sessions have measured."""

from datetime import UTC, datetime, timedelta

from shared.gcp.store.accounts import workspace_ref
from shared.gcp.store.database import Commit
from shared.gcp.store.ids import new_id
from shared.gcp.store.sessions import session_ref
from shared.sessions.session import Opening, SessionState
from tests.support.members.person import Person
from tests.support.records.factories import a_session
from tests.support.stack.environment import environment
from tests.support.stack.observe import document
from tests.support.stack.running import Running

NOW = datetime.now(UTC)


def test_who_waits_for_a_container_is_told_how_long_others_waited(bare_stack: Running) -> None:
    person = Person(bare_stack, "patient")
    person.me()
    wid = str((document(bare_stack, f"accounts/{person.uid}") or {})["wid"])
    waiting = a_session(SessionState.OPENING, sid=new_id("s-"), uid=person.uid, wid=wid, opening=Opening(cold=True))
    with environment(bare_stack.env):
        Commit().create(session_ref(waiting.sid), waiting).run()
        workspace_ref(wid).update({"session": waiting.sid})
        assert person.me()["session"]["start"] == {"usually": None, "mostly": None}
        for seconds in (9, 14, 31):
            opening = Opening(cold=True, hello=NOW + timedelta(seconds=seconds))
            other = a_session(SessionState.ENDED, sid=new_id("s-"), opened=NOW, opening=opening, ended=NOW, due=None)
            Commit().create(session_ref(other.sid), other).run()
        assert person.me()["session"]["start"] == {"usually": 14, "mostly": 31}
        session_ref(waiting.sid).update({"opening.hello": NOW})
    assert person.me()["session"]["start"] is None, "the container runs by now"
