"""`make operator EMAIL=...`: makes somebody an operator, or takes that back, in the stack that deploy/target.py finds.

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
from shared.errors import Problem
from shared.gcp import transient_errors
from shared.gcp.identity import is_operator, person_by_email, principal, set_operator
from shared.gcp.store.operators import tell_of_operator


def main() -> None:
    """Ends with 1 and why if nobody has the address, or the project can't be reached."""
    parser = argparse.ArgumentParser(prog="make operator", description=__doc__.splitlines()[0])
    parser.add_argument("email", help="of somebody who has signed in before")
    parser.add_argument("--take-back", action="store_true", help="they are no operator any more, from now on")
    parser.add_argument("--note", default="make operator", help="why, for the audit log")
    target.add_argument(parser)
    arguments = parser.parse_args()
    target.choose(arguments.state)
    try:
        uid = change(arguments.email, take_back=arguments.take_back, note=arguments.note)
    except (LookupError, ValueError, Problem, *transient_errors.TRANSIENT) as error:
        sys.exit(f"{arguments.email}: {error}")
    if arguments.take_back:
        print(f"{arguments.email} ({uid}) is no operator any more.")
    else:
        print(f"{arguments.email} ({uid}) is an operator, once they have signed out and in again.")


def change(email: str, *, take_back: bool, note: str) -> str:
    """Who it is by their uid. Raises LookupError if nobody has this address, or nobody has shown that it is theirs.

    The audit log is told first: two services share no commit, and a line of what then failed is better than an operator
    of whom there is none.
    """
    person = person_by_email(email)
    if person is None:
        raise LookupError(f"nobody has signed in as {email}")
    if not person.email_verified and not take_back:
        raise LookupError(f"whoever signed in as {email} has not verified that the address is theirs")
    by = principal()
    line = AuditLine(
        request=f"operator-{secrets.token_hex(8)}",
        at=datetime.now(UTC),
        by=by or ADMINISTRATOR,
        email=by,
        action=Action.OPERATOR_TAKEN_BACK if take_back else Action.OPERATOR,
        target=person.uid,
        asked={},
        note=note,
    )
    tell_of_operator(line, before=is_operator(person.uid), after=not take_back)
    set_operator(person.uid, to=not take_back)
    return person.uid


if __name__ == "__main__":
    main()
