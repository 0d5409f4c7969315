"""What only a person can do for a deployment: each with a link, what goes where, and whether it is done."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct

from deploy import quotas
from deploy.deployment import Deployment
from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import Busy, Refused
from deploy.kinds import key
from deploy.resources.sign_in import GITHUB_SECRET, github_secret_name


class StepState(StrEnum):
    DONE = "done"
    TO_DO = "to do"
    UNKNOWN = "not known whether done"


Check = Callable[[GoogleApis, Deployment], bool]


class ByHand(Struct, frozen=True, kw_only=True):
    """One thing to do. `text` has a line for each thing that goes somewhere."""

    title: str
    link: str
    text: Sequence[str]
    check: Check | None = None
    """Whether it is done; None where no API says so."""
    first: bool = False
    """True if nothing can be deployed before."""
    after: bool = False
    """True if it can only be done once Ondol is deployed."""


def steps(deployment: Deployment) -> list[ByHand]:
    """Everything that this deployment needs of a person: pure."""
    return [
        _billing(deployment),
        *([_currency(deployment)] if deployment.currency not in ("", deployment.operator.budget.currency) else []),
        _firebase_terms(),
        _google(deployment),
        _github(deployment),
        *([_domain(deployment)] if deployment.operator.domain else []),
        *_quotas(deployment),
    ]


def state_of(apis: GoogleApis, deployment: Deployment, step: ByHand) -> StepState:
    """Asks Google. What can't be asked, for a missing right or API, is for the person to see."""
    if step.check is None:
        return StepState.UNKNOWN
    try:
        return StepState.DONE if step.check(apis, deployment) else StepState.TO_DO
    except (Refused, Busy, OSError, LookupError):
        return StepState.UNKNOWN


def report(found: Sequence[tuple[ByHand, StepState]]) -> str:
    """What a person reads: what is to be done with links, what is done in one line. Pure."""
    lines = [
        *_listed("What only you can do, before `make deploy`:", [each for each in found if not each[0].after]),
        *_listed("What only you can do, once `make deploy` has run:", [each for each in found if each[0].after]),
    ]
    done = [step.title for step, how in found if how == StepState.DONE]
    lines += [f"Done by you: {', '.join(done)}"] if done else []
    return "\n".join(lines)


def left_after(found: Sequence[tuple[ByHand, StepState]]) -> list[str]:
    """What nobody has done yet of what takes a deployment: pure."""
    return [step.title for step, how in found if step.after and how != StepState.DONE]


def _listed(heading: str, found: Sequence[tuple[ByHand, StepState]]) -> list[str]:
    lines = []
    for step, how in found:
        if how != StepState.DONE:
            lines += [f"  {how}: {step.title}", f"    {step.link}", *(f"    {line}" for line in step.text)]
    return [heading, *lines] if lines else []


def missing_first(found: Sequence[tuple[ByHand, StepState]]) -> list[str]:
    """What has to be done before anything else, and is not: pure."""
    return [step.title for step, how in found if step.first and how == StepState.TO_DO]


def _billing(deployment: Deployment) -> ByHand:
    def is_linked(apis: GoogleApis, deployment: Deployment) -> bool:
        name = {"name": f"projects/{deployment.project}"}
        return apis.call("cloudbilling.v1", "projects.getBillingInfo", name).get("billingEnabled", False) is True

    return ByHand(
        title="link a billing account",
        link=f"https://console.cloud.google.com/billing/linkedaccount?project={deployment.project}",
        text=["Google asks for a means of payment. Ondol sets a budget, which closes new sessions when it is spent."],
        check=is_linked,
        first=True,
    )


def _currency(deployment: Deployment) -> ByHand:
    account, wanted = deployment.billing_account.rpartition("/")[2], deployment.operator.budget
    return ByHand(
        title=f"name the budget in {deployment.currency}",
        link=f"https://console.cloud.google.com/billing/{account}",
        text=[
            f"The billing account is in {deployment.currency}, and Google refuses a budget in {wanted.currency}.",
            "Into deployment.toml, below the line [budget]:",
            f'currency = "{deployment.currency}"',
            "amount = ...   (of a month, in that currency)",
        ],
        check=lambda _apis, _deployment: False,
        first=True,
    )


def _firebase_terms() -> ByHand:
    def is_added(apis: GoogleApis, deployment: Deployment) -> bool:
        apis.call("firebase.v1beta1", "projects.get", {"name": f"projects/{deployment.project}"})
        return True

    return ByHand(
        title="accept Firebase's terms",
        link="https://console.firebase.google.com/",
        text=["Once for your Google account: begin to create a project there, accept, and leave without creating one."],
        check=is_added,
    )


def _google(deployment: Deployment) -> ByHand:
    return ByHand(
        title="let members sign in with Google",
        link=f"https://console.firebase.google.com/project/{deployment.project}/authentication/providers",
        text=[
            "Choose Google, Enable, your address as the support email, Save.",
            "No API makes the OAuth client that this makes for you.",
        ],
        after=True,
        check=_has_provider("google.com"),
    )


def _github(deployment: Deployment) -> ByHand:
    def is_set(apis: GoogleApis, deployment: Deployment) -> bool:
        has_secret = key.newest(apis, github_secret_name(deployment)) is not None
        return has_secret and bool(deployment.operator.github_client_id)

    return ByHand(
        title="let members sign in with GitHub",
        link="https://github.com/settings/applications/new",
        text=[
            f"Homepage URL: {deployment.page_origin}",
            f"Authorization callback URL: https://{deployment.project}.firebaseapp.com/__/auth/handler",
            'Client ID: into deployment.toml, as github-client-id = "..."',
            f"Client secret: gcloud secrets versions add {GITHUB_SECRET} --data-file=- --project={deployment.project}",
            "Then `make deploy` again.",
        ],
        after=True,
        check=is_set,
    )


def _has_provider(provider: str) -> Check:
    def is_enabled(apis: GoogleApis, deployment: Deployment) -> bool:
        name = f"projects/{deployment.project}/defaultSupportedIdpConfigs/{provider}"
        found = apis.call("identitytoolkit.v2", "projects.defaultSupportedIdpConfigs.get", {"name": name})
        return found.get("enabled", False) is True

    return is_enabled


def _domain(deployment: Deployment) -> ByHand:
    def is_active(apis: GoogleApis, deployment: Deployment) -> bool:
        name = f"projects/{deployment.project}/sites/{deployment.project}/customDomains/{deployment.operator.domain}"
        found = apis.call("firebasehosting.v1beta1", "projects.sites.customDomains.get", {"name": name})
        return found.get("hostState") == "HOST_ACTIVE"

    return ByHand(
        title=f"lead {deployment.operator.domain} to the page",
        link=f"https://console.firebase.google.com/project/{deployment.project}/hosting/sites",
        text=[
            f"Add custom domain: {deployment.operator.domain}",
            "Firebase shows DNS records: paste them at whoever keeps the domain. It may take hours.",
        ],
        after=True,
        check=is_active,
    )


def _quotas(deployment: Deployment) -> list[ByHand]:
    return [_quota(deployment, each) for each in quotas.lacking(deployment)]


def _quota(deployment: Deployment, wanted: quotas.Quota) -> ByHand:
    def is_granted(apis: GoogleApis, deployment: Deployment) -> bool:
        return quotas.is_granted(apis, deployment, wanted)

    return ByHand(
        title=f"ask for {wanted.what} of Cloud Run in {deployment.region}",
        link=f"https://console.cloud.google.com/iam-admin/quotas?service=run.googleapis.com&project={deployment.project}",
        text=[f"deployment.toml asks for it; Google gives {wanted.given} at first. An answer may take days."],
        check=is_granted if wanted.metric else None,
    )
