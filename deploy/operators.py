"""`make operator EMAIL=...`: makes somebody an operator or an auditor, or takes that back, in the stack that
deploy/target.py finds.

Nothing that Ondol serves can do it. It takes an administrator of the project's Firebase Auth and Firestore: in the
cloud, whoever has the credentials (`gcloud auth application-default login`); on a laptop, whoever can reach its
emulators.
"""

import argparse
import secrets
import sys
from datetime import UTC, datetime

from deploy import target
from shared.accounts.audit import ADMINISTRATOR, Action, AuditLine
from shared.accounts.roles import Role
from shared.errors import Problem
from shared.gcp import transient_errors
from shared.gcp.identity import current_role, person_by_email, principal, set_role
from shared.gcp.store.operators import record_role_change


def main() -> None:
    """Ends with 1 and why if nobody has the address, or the project can't be reached."""
    parser = argparse.ArgumentParser(prog="make operator", description=__doc__.partition(", in the")[0])
    parser.add_argument("email", help="of somebody who has signed in before")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--auditor", action="store_true", help="they see what operators see, and change nothing")
    instead.add_argument("--take-back", action="store_true", help="they are neither any more, from now on")
    parser.add_argument("--note", default="make operator", help="why, for the audit log")
    target.add_argument(parser)
    arguments = parser.parse_args()
    if not arguments.email:
        sys.exit("Say whose address: make operator EMAIL=ada@example.com")
    target.choose(arguments.state)
    role = None if arguments.take_back else Role.AUDITOR if arguments.auditor else Role.OPERATOR
    try:
        uid = change(arguments.email, role, note=arguments.note)
    except (LookupError, ValueError, Problem, *transient_errors.TRANSIENT) as error:
        sys.exit(f"{arguments.email}: {error}")
    if role is None:
        print(f"{arguments.email} ({uid}) is no operator any more, and no auditor.")
    else:
        print(f"{arguments.email} ({uid}) is an {role}, once they have signed out and in again.")


def change(email: str, role: Role | None, *, note: str) -> str:
    """Who it is by their uid. Raises LookupError if nobody has this address, or nobody has shown that it is theirs.

    The audit log is told first: two services share no commit, and a line of what then failed is better than an operator
    of whom there is none.
    """
    person = person_by_email(email)
    if person is None:
        raise LookupError(f"nobody has signed in as {email}")
    if not person.email_verified and role is not None:
        raise LookupError(f"whoever signed in as {email} has not verified that the address is theirs")
    by = principal()
    line = AuditLine(
        request=f"operator-{secrets.token_hex(8)}",
        at=datetime.now(UTC),
        by=by or ADMINISTRATOR,
        email=by,
        action=Action.OPERATOR_TAKEN_BACK if role is None else Action(role),
        target=person.uid,
        asked={},
        note=note,
    )
    record_role_change(line, before=current_role(person.uid), after=role)
    set_role(person.uid, role)
    return person.uid


if __name__ == "__main__":
    main()
