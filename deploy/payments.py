"""Sets up a Stripe account for Ondol: products, prices, the customer portal, the endpoint for events.

`python -m deploy.payments --project my-project --events URL`, with the key in STRIPE_KEY; URL is that of the function
`payment_events`. Prints the endpoint's secret, if it makes it. Doing so again changes nothing.
To a project, `make deploy` does all of it, and keeps the secret.
"""

import argparse
import os
import sys

from shared.gcp import emulators
from shared.payments.catalogue import set_up
from shared.payments.stripe_client import checked_key

KEY = "STRIPE_KEY"


def main() -> None:
    """Ends with 1 and why where there is no key, or what is none."""
    parser = argparse.ArgumentParser(prog="python -m deploy.payments", description=__doc__.partition("\n")[0])
    parser.add_argument("--project", required=True, help="the deployment's project, if several share the account")
    parser.add_argument("--events", required=True, metavar="URL", help="of the function payment_events")
    arguments = parser.parse_args()
    try:
        key = checked_key(os.environ.get(KEY, ""))
    except ValueError as e:
        sys.exit(f"{e} Give one in the environment: read -rs {KEY}; export {KEY}")
    secret = set_up(key, project=arguments.project, events_url=arguments.events, endpoint=emulators.stripe_endpoint())
    print(f"STRIPE_WEBHOOK_SECRET: {secret or 'as it was: Stripe tells it once'}")


if __name__ == "__main__":
    main()
