"""`make deploy`, `deploy-plan`, `deploy-images`, `undeploy`, `rotate-keys`: bring a project to the table of resources,
say what differs, build only the images that are missing, take away what is ours, or give Ondol's tokens another signing
key."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from google.auth.exceptions import GoogleAuthError, TransportError
from msgspec.structs import replace

from deploy import by_hand, rotation
from deploy.deployment import Deployment, ProjectId, Region, read_operator_file, stand_in_endpoint
from deploy.google_apis.client import GoogleApis
from deploy.google_apis.credentials import LOGIN, NoCredentials, session
from deploy.google_apis.refusals import Busy, Denied, Refused
from deploy.reconciler.apply import StepFailed, apply, destroy
from deploy.reconciler.plan import Action, Step, existing, plan
from deploy.reconciler.report import duration, named, plan_table
from deploy.reconciler.resource import Resource
from deploy.region import region
from deploy.resources.apis import api
from deploy.resources.images import IMAGES, SLOT
from deploy.resources.secrets import STRIPE_KEY
from deploy.resources.sign_in import FIREBASE
from deploy.resources.table import table, with_needs
from shared.billing.own_prices import OWN_PRICES
from shared.billing.price_list import PRICES, READ
from shared.billing.prices import read_prices
from shared.gcp import emulators
from shared.payments.stripe_client import checked_key

TOLD_BY = (api("cloudbilling"), api("firebase"), FIREBASE)
"""What says whether the project is paid for, and takes that somebody has accepted Firebase's terms."""
TARGETS = {"plan": "deploy-plan", "apply": "deploy", "images": "deploy-images", "destroy": "undeploy"}
"""By the command, make's target where it is another word."""
REMOVAL = "gcloud projects delete"
"""Removes a project with all that is in it; Google keeps it for 30 days for whoever did so by mistake."""


class NotYet(Exception):
    """A person has to do something first. The message says what was written, and what is to be done."""


def main() -> None:
    """Ends with 1 and a line that says what failed, why, and how to go on."""
    given = _arguments()
    try:
        endpoint = stand_in_endpoint()
        apis = GoogleApis(session(given.project, endpoint), endpoint, _hurry if endpoint else time.sleep)
        deployment = _deployment(apis, given)
        commands: dict[str, Callable[[GoogleApis, Deployment, bool], None]] = {
            "plan": _plan,
            "apply": partial(_apply, tested=given.slot_image),
            "images": partial(_images, write_to=given.write_slot_image),
            "destroy": _destroy,
            "rotate-keys": partial(_rotate_keys, at_once=given.at_once),
        }
        commands[given.command](apis, deployment, given.yes)
    except StepFailed as failed:
        sys.exit(f"\nThis failed: {failed}\nWhat came before is done. To go on: {_same(given)}")
    except (NotYet, Refused, Busy, OSError, TransportError, subprocess.SubprocessError) as e:
        sys.exit(f"\n{e}\nTo go on: {_same(given)}")
    except GoogleAuthError as e:
        sys.exit(f"\nGoogle does not take the login: {e}\nTo go on: {LOGIN} && {_same(given)}")
    except KeyboardInterrupt:
        sys.exit(f"\nInterrupted. What came before is done. To go on: {_same(given)}")
    except (NoCredentials, ValueError) as e:  # the message says what to type: the same again would fail again
        sys.exit(f"\n{e}")


def _hurry(seconds: float) -> None:
    """What a stand-in is waited for takes no time of its own."""
    time.sleep(seconds / 20)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy", description=__doc__)
    parser.add_argument("command", choices=["plan", "apply", "images", "destroy", "rotate-keys"])
    parser.add_argument(
        "--project", type=_project, required=True, help="the id of a Google Cloud project of Ondol's own"
    )
    parser.add_argument("--region", type=_region, help="of functions, slots and data")
    parser.add_argument("--file", type=Path, help="what the operator set; else deployment.toml, if there is one")
    parser.add_argument("--yes", action="store_true", help="do not ask before anything is written")
    parser.add_argument("--at-once", action="store_true", help="rotate-keys: wait for nothing, for a key that leaked")
    parser.add_argument("--write-slot-image", type=Path, help="images: the file that gets the address of the slot's")
    parser.add_argument("--slot-image", default="", help="apply: the address of the slot's image that was tested")
    return parser.parse_args()


def _same(given: argparse.Namespace) -> str:
    """The command as a person types it."""
    target = TARGETS.get(given.command, given.command)
    place = f" REGION={given.region}" if given.region else ""
    return f"make {target} PROJECT={given.project}{place}{' FAKE=1' if stand_in_endpoint() else ''}"


def _project(text: str) -> str:
    return _matching(text, ProjectId, "the id of a project, as my-project: the console shows it beside the name")


def _region(text: str) -> str:
    return _matching(text, Region, "a region, as asia-northeast3: https://cloud.google.com/run/docs/locations")


def _matching(text: str, pattern: Any, wanted: str) -> str:
    try:
        return str(msgspec.convert(text, pattern))
    except msgspec.ValidationError:
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}") from None


def _deployment(apis: GoogleApis, given: argparse.Namespace) -> Deployment:
    stripe_key = _stripe_key()
    # of the APIs that say the number, the one that a new project has enabled
    name = f"projects/{given.project}/services/serviceusage.googleapis.com"
    service = apis.call("serviceusage.v1", "services.get", {"name": name})
    account, currency = _billing(apis, given.project)
    return Deployment(
        project=given.project,
        number=service["parent"].removeprefix("projects/"),
        region=region(apis, given.project, given.region or ""),
        billing_account=account,
        currency=currency,
        operator=read_operator_file(given.file),
        stripe_key=stripe_key,
    )


def _stripe_key() -> str:
    """Empty if none was given. Raises ValueError for what is no key, and for one that would have an attempt on a
    stand-in write to Stripe."""
    given = os.environ.get(STRIPE_KEY, "").strip()
    if given and stand_in_endpoint() and not emulators.stripe_endpoint():
        raise ValueError(f"Nothing was written. A stand-in of Google's takes no {STRIPE_KEY}: Stripe is no stand-in.")
    try:
        return given and checked_key(given)
    except ValueError as e:
        raise ValueError(f"Nothing was written. {STRIPE_KEY}: {e}") from None


def _billing(apis: GoogleApis, project: str) -> tuple[str, str]:
    """The billing account and its currency. Each is empty where Google does not say so: there is none, the project has
    not enabled the API that does, or whoever asks may not know."""
    account = currency = ""
    with suppress(Denied):
        found = apis.call("cloudbilling.v1", "projects.getBillingInfo", {"name": f"projects/{project}"})
        account = found.get("billingAccountName", "")
        if account:
            currency = apis.call("cloudbilling.v1", "billingAccounts.get", {"name": account}).get("currencyCode", "")
    return account, currency


def _check_prices() -> None:
    """Before the functions get them. Raises ValueError for a file of prices that `pool` could not read."""
    read_prices(OWN_PRICES, PRICES, READ)


def _plan(apis: GoogleApis, deployment: Deployment, _yes: bool) -> None:
    _check_prices()
    _say_what_is_by_hand(apis, deployment)
    _say_of_stripe(deployment)
    print(plan_table(plan(apis, table(deployment))))
    print("Nothing was written. `make deploy` with the same words brings the project to this.")


def _apply(apis: GoogleApis, deployment: Deployment, yes: bool, *, tested: str) -> None:
    begun = time.monotonic()
    _check_prices()
    if missing := _say_what_is_by_hand(apis, deployment):
        raise NotYet(f"Nothing was written. First: {', '.join(missing)}.")
    _say_of_stripe(deployment)
    wanted = table(deployment)
    if tested and (built := _slot_image(apis, wanted)) != tested:
        raise ValueError(
            f"Nothing was written. The tests had {tested}, and the slot's image is {built or 'not built'}."
        )
    if _is_to_be_done(apis, wanted, yes):
        apply(apis, table(_begun(apis, deployment)), _progress)
    print(f"Done in {duration(time.monotonic() - begun)}.")
    if left := by_hand.left_after(_states(apis, deployment)):
        print(f"Only you can do what is left: {', '.join(left)}. `make deploy-plan` says where, and what to paste.")
    print(f"Ondol is at {deployment.page_origin}")


def _images(apis: GoogleApis, deployment: Deployment, yes: bool, *, write_to: Path | None) -> None:
    wanted = with_needs(table(deployment), IMAGES)
    if _is_to_be_done(apis, wanted, yes):
        apply(apis, wanted, _progress)
    built = _slot_image(apis, wanted)
    print(f"The slot's image is {built}")
    if write_to:
        write_to.write_text(built)


def _slot_image(apis: GoogleApis, wanted: Sequence[Resource]) -> str:
    """Its address, empty where it is not built or out of date."""
    [images] = [each for each in wanted if each.id == IMAGES]
    return str((existing(apis, images) or {}).get(SLOT, ""))


def _is_to_be_done(apis: GoogleApis, wanted: Sequence[Resource], yes: bool) -> bool:
    """Shows the plan, and asks. False where nothing is to be done."""
    steps = plan(apis, wanted)
    print(plan_table(steps))
    if any(step.action == Action.UNKNOWN for step in steps):
        remedies = dict.fromkeys(step.remedy for step in steps if step.remedy)
        raise NotYet(" ".join(["Nothing was written.", *remedies]))
    if any(step.action != Action.LEAVE for step in steps):
        if not yes and not _agreed("Bring the project to this?"):
            sys.exit("Nothing was written.")
        return True
    return False


def _begun(apis: GoogleApis, deployment: Deployment) -> Deployment:
    """The deployment with what a new project says only now. Two APIs come first that tell whether a person has done
    what is theirs: if not, nothing else is written."""
    apply(apis, [each for each in table(deployment) if each.id in TOLD_BY], _progress)
    account, currency = _billing(apis.waiting_for_apis(), deployment.project)
    known = replace(deployment, billing_account=account, currency=currency)
    found = _states(apis, known)
    if missing := by_hand.missing_first(found):
        print(by_hand.report([each for each in found if each[0].title in missing]))
        raise NotYet(f"Nothing else was written. First: {', '.join(missing)}.")
    return known


def _say_what_is_by_hand(apis: GoogleApis, deployment: Deployment) -> list[str]:
    """What has to be done before anything is deployed, and is not."""
    found = _states(apis, deployment)
    print(f"{by_hand.report(found)}\n")
    return by_hand.missing_first(found)


def _say_of_stripe(deployment: Deployment) -> None:
    if not deployment.stripe_key:
        print(f"Stripe's account is left as it is: no {STRIPE_KEY} was given.\n")


def _states(apis: GoogleApis, deployment: Deployment) -> list[tuple[by_hand.ByHand, by_hand.StepState]]:
    return [(step, by_hand.state_of(apis, deployment, step)) for step in by_hand.steps(deployment)]


def _progress(step: Step, seconds: float) -> None:
    if step.action != Action.LEAVE:
        print(f"  {step.action:<7} {', '.join(step.named)}  {seconds:.1f} s", flush=True)


def _destroy(apis: GoogleApis, deployment: Deployment, yes: bool) -> None:
    wanted = table(deployment)
    stays = [each for each in wanted if each.holds_data]
    _say_of_stripe(deployment)
    print("These stay, for they hold data or are not Ondol's alone:")
    print("\n".join(f"  {each.id}{f': {each.removed_by}' if each.removed_by else ''}" for each in stays))
    print(f"\nThese go:\n{named(each.id for each in wanted if not each.holds_data)}\n")
    if not yes and not _agreed(f"Delete the other {len(wanted) - len(stays)} resources of {deployment.project}?"):
        sys.exit("Nothing was deleted.")

    def progress(resource: Resource, seconds: float) -> None:
        print(f"  deleted {resource.id}  {seconds:.1f} s", flush=True)

    destroy(apis, wanted, progress)
    print(f"Done. The commands above delete what stays. This deletes all of it: {REMOVAL} {deployment.project}")


def _rotate_keys(apis: GoogleApis, deployment: Deployment, yes: bool, *, at_once: bool) -> None:
    class Terminal:
        def begin(self) -> bool:
            return yes or _agreed("No rotation goes on. Begin one?")

        def deploy(self) -> None:
            _check_prices()
            wanted = table(deployment)
            steps = plan(apis, wanted)
            if any(step.action != Action.LEAVE for step in steps):
                print(plan_table(steps))
                if not yes and not _agreed("Bring the project to this?"):
                    sys.exit("Nothing was written.")
                apply(apis, wanted, _progress)

        def say(self, line: str) -> None:
            print(line, flush=True)

    rotation.rotate(apis, deployment, Terminal(), at_once=at_once)


def _agreed(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        print("Nobody is there to answer. ARGS=--yes answers beforehand.")
        return False


if __name__ == "__main__":
    main()
