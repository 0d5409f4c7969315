"""`make operator EMAIL=...`: makes somebody an operator, or takes that back, in the stack that deploy/target.py finds.

Nothing that Ondol serves can do it. It takes an administrator of the project's Firebase Auth: in the cloud, whoever has
the credentials (`gcloud auth application-default login`); on a laptop, whoever can reach its emulators.
"""

import argparse
import sys

from deploy import target
from shared.gcp.identity import make_operator


def main() -> None:
    """Ends with 1 and why if nobody has the address."""
    parser = argparse.ArgumentParser(prog="make operator", description=__doc__.splitlines()[0])
    parser.add_argument("email", help="of somebody who has signed in before")
    parser.add_argument("--take-back", action="store_true", help="they are no operator any more, from now on")
    target.add_argument(parser)
    arguments = parser.parse_args()
    target.choose(arguments.state)
    try:
        uid = make_operator(arguments.email, take_back=arguments.take_back)
    except (LookupError, ValueError) as error:
        sys.exit(f"{arguments.email}: {error}")
    if arguments.take_back:
        print(f"{arguments.email} ({uid}) is no operator any more.")
    else:
        print(f"{arguments.email} ({uid}) is an operator, once they have signed out and in again.")


if __name__ == "__main__":
    main()
