"""Stripe's account is set up by the same plan as Google's project: empty, the same again, drifts, interruptions."""

import traceback
from collections.abc import Callable, Iterable

import pytest
import stripe
from msgspec.structs import replace

from deploy.google_apis.refusals import Busy, Denied
from deploy.kinds import key
from deploy.kinds.stripe_account import refusing
from deploy.reconciler.apply import bring, destroy
from deploy.reconciler.plan import Action, in_order, plan
from deploy.reconciler.resource import Output, Resource
from deploy.resources.apis import api, apis
from deploy.resources.payments import payments
from deploy.resources.secrets import EVENTS_ROW, STRIPE_KEY, STRIPE_WEBHOOK_SECRET, secret_name, secrets, version
from local.google_apis.documents import Json
from local.google_apis.session import Interrupted
from shared.billing.plans import PLANS
from shared.payments.stripe_client import checked_key
from shared.payments.stripe_provider import EVENTS, portal_of
from tests.deploy.project import Project, deployment
from tests.support.standins.stripe_in_process import KEY, InProcess

DEPLOYMENT = replace(deployment(), stripe_key=KEY)
WEBHOOK = secret_name(DEPLOYMENT, STRIPE_WEBHOOK_SECRET)
PORTALS = ["Stripe portal for persons", "Stripe portal for teams"]
ROWS = ["Stripe events", *PORTALS, "Stripe price pro", "Stripe price starter", "Stripe price team"]


def rows(account: InProcess) -> list[Resource]:
    """Those of Stripe's account, with the keys and their secrets."""
    kept = [each for each in secrets(DEPLOYMENT) if is_stripes(each)]
    return with_api([*kept, *payments(DEPLOYMENT, account.client())])


def is_stripes(row: Resource) -> bool:
    return row.id.endswith((f" {STRIPE_KEY}", f" {STRIPE_WEBHOOK_SECRET}"))


def with_api(wanted: Iterable[Resource]) -> list[Resource]:
    return [*(each for each in apis(deployment()) if each.id == api("secretmanager")), *wanted]


def begun() -> tuple[Project, InProcess]:
    """A project that was deployed to without a key of Stripe's, and an empty account."""
    project = Project.begin()
    project.apply(with_api(each for each in secrets(deployment()) if is_stripes(each)))
    return project, InProcess()


@pytest.fixture(scope="module")
def sold() -> tuple[Project, InProcess]:
    """Both set up. A test takes copies."""
    project, account = begun()
    project.apply(rows(account))
    return project, account


@pytest.fixture(name="both")
def copies(sold: tuple[Project, InProcess]) -> tuple[Project, InProcess]:
    project, account = sold
    return project.copy(), account.copy()


def test_an_empty_account_gets_everything_and_the_same_again_changes_nothing() -> None:
    project, account = begun()
    wanted = rows(account)
    planned = project.differing(wanted)
    assert sorted(each.partition(":")[0] for each in planned) == [
        f"change key {STRIPE_KEY}", *(f"create {each}" for each in ROWS)
    ]  # fmt: skip
    taken = [step.resource.id for step in project.apply(wanted)]
    assert sorted(taken) == sorted([f"key {STRIPE_KEY}", *ROWS])
    [endpoint] = account.client().v1.webhook_endpoints.list().data
    assert (endpoint.url, sorted(endpoint.enabled_events)) == (DEPLOYMENT.service_url("payment-events"), sorted(EVENTS))
    assert key.content(project.apis, secret_name(DEPLOYMENT, STRIPE_KEY)) == KEY
    assert key.content(project.apis, WEBHOOK) == account.account.world.state.secrets[endpoint.id]
    account.written.clear()
    assert (project.differing(wanted), project.apply(wanted), account.written) == ([], [], [])


def test_functions_are_given_the_version_that_stripe_made() -> None:
    """So they are started anew with it. A run without the key names the same version: it is the newest."""
    for wanted, row in ((DEPLOYMENT, EVENTS_ROW), (deployment(), f"key {STRIPE_WEBHOOK_SECRET}")):
        assert version(wanted, STRIPE_WEBHOOK_SECRET) == Output(row, "version")
        assert version(wanted, STRIPE_KEY) == Output(f"key {STRIPE_KEY}", "version")
    project, account = begun()
    wanted_rows = rows(account)
    project.apply(wanted_rows)
    [made] = [each.kind.read(project.apis, each) for each in wanted_rows if each.id == EVENTS_ROW]
    newest = key.newest(project.apis, WEBHOOK)
    assert made and newest and made["version"] == newest["version"] == "2"


def drift_features(account: InProcess) -> None:
    client = account.client()
    found = portal_of(client, DEPLOYMENT.project, of_team=True)
    assert found is not None
    client.v1.billing_portal.configurations.update(found.id, {"features": {"invoice_history": {"enabled": False}}})


def drift_endpoint(account: InProcess) -> None:
    client = account.client()
    [found] = client.v1.webhook_endpoints.list().data
    client.v1.webhook_endpoints.update(found.id, {"enabled_events": ["invoice.paid"], "disabled": True})


def put_portal_away(account: InProcess) -> None:
    client = account.client()
    found = portal_of(client, DEPLOYMENT.project, of_team=False)
    assert found is not None
    client.v1.billing_portal.configurations.update(found.id, {"active": False})


def lose_endpoint(account: InProcess) -> None:
    client = account.client()
    [found] = client.v1.webhook_endpoints.list().data
    client.v1.webhook_endpoints.delete(found.id)


def second_endpoint(account: InProcess) -> None:
    client = account.client()
    [found] = client.v1.webhook_endpoints.list().data
    marks = {"ondol_project": DEPLOYMENT.project}
    client.v1.webhook_endpoints.create({"url": found.url, "enabled_events": ["invoice.paid"], "metadata": marks})


@pytest.mark.parametrize(
    ("drift", "said"),
    [
        (drift_features, "change Stripe portal for teams: differs in features"),
        (put_portal_away, "create Stripe portal for persons: is where members change and cancel what they pay for"),
        (drift_endpoint, "change Stripe events: differs in enabled_events, status"),
        (lose_endpoint, "create Stripe events: tells Ondol that somebody has paid, or has not"),
        (second_endpoint, "change Stripe events: there are others of this project"),
    ],
)
def test_a_drift_is_mended_and_nothing_else_is_written(
    both: tuple[Project, InProcess], drift: Callable[[InProcess], None], said: str
) -> None:
    project, account = both
    drift(account)
    wanted = rows(account)
    assert project.differing(wanted) == [said]
    assert len(project.apply(wanted)) == 1
    assert project.differing(wanted) == []
    assert len(account.client().v1.webhook_endpoints.list().data) == 1


def test_another_price_is_offered_and_who_pays_the_old_one_goes_on(
    both: tuple[Project, InProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, account = both
    monkeypatch.setitem(PLANS, "pro", replace(PLANS["pro"], price=12))
    wanted = rows(account)
    assert project.differing(wanted) == [
        "change Stripe price pro: is 1000 usd cents; who pays that goes on to",
        "change Stripe portal for persons: differs in prices, once there is Stripe price pro",
    ]
    project.apply(wanted)
    assert project.differing(wanted) == []
    prices = account.client().v1.prices.list({"product": "ondol-pro"}).data
    assert [(each.unit_amount, each.active, each.lookup_key) for each in prices] == [
        (1200, True, "ondol-pro-month"), (1000, True, None)
    ]  # fmt: skip


def test_a_secret_that_was_replaced_by_hand_has_another_endpoint_made(both: tuple[Project, InProcess]) -> None:
    project, account = both
    key.add(project.apis, WEBHOOK, "whsec_somebody_elses")
    wanted = rows(account)
    [said] = project.differing(wanted)
    assert said.startswith("change Stripe events: its secret is not the newest version")
    project.apply(wanted)
    [endpoint] = account.client().v1.webhook_endpoints.list().data
    assert key.content(project.apis, WEBHOOK) == account.account.world.state.secrets[endpoint.id]


def test_another_key_becomes_the_newest_version_and_no_plan_reads_it(both: tuple[Project, InProcess]) -> None:
    project, account = both
    other = replace(DEPLOYMENT, stripe_key="sk_test_other")
    wanted = [each for each in secrets(other) if each.id == f"key {STRIPE_KEY}"]
    wanted = [replace(each, needs=()) for each in wanted]
    assert project.differing(rows(account)) == []
    assert project.differing(wanted) == [f"change key {STRIPE_KEY}: the key that was given is not its newest version"]
    assert [each.url for each in project.cloud.log if each.url.endswith(":access")] == []
    project.apply(wanted)
    assert key.content(project.apis, secret_name(other, STRIPE_KEY)) == "sk_test_other"


def test_a_key_that_stripe_does_not_take_is_said() -> None:
    project, account = begun()
    wanted = [replace(each, needs=()) for each in payments(DEPLOYMENT, account.client("sk_live_wrong"))]
    assert all(each.startswith("unknown Stripe ") for each in project.differing(wanted))
    remedies = {step.remedy for step in plan(project.apis, with_api(wanted)) if step.action == Action.UNKNOWN}
    assert any("https://dashboard.stripe.com/apikeys" in each for each in remedies)
    assert all("owner of the project" not in each for each in remedies), "Google's roles do not help"
    with pytest.raises(Denied, match="Stripe does not take the key"):
        wanted[0].kind.read(project.apis, wanted[0])


@pytest.mark.parametrize("text", ["sk_test_x\rx", "sk_test_x\nx", "sk_test_x y", "pk_test_x", "x", ""])
def test_what_is_no_key_is_not_sent_and_not_repeated(text: str) -> None:
    """A line break would come back in the error of the HTTP library, with all of the key."""
    with pytest.raises(ValueError, match="no secret key of Stripe's") as refused:
        checked_key(text)
    assert not text or text not in str(refused.value)
    assert checked_key("sk_test_x\r") == checked_key(" rk_x\n").replace("rk", "sk_test") == "sk_test_x"


def test_who_cannot_reach_stripe_is_not_told_what_was_sent() -> None:
    with pytest.raises(Busy) as told, refusing():
        sent = f"Invalid header value b'Bearer {KEY}'"
        raise stripe.APIConnectionError(sent)  # type: ignore[no-untyped-call]  # of the SDK
    said = "".join(traceback.format_exception(told.value))
    assert str(told.value) == "Stripe: APIConnectionError"
    assert "Bearer" not in said


def test_a_run_that_dies_at_any_request_is_taken_up_by_the_next() -> None:
    """Of Stripe's or of Google's, before or after it is carried out."""
    project, account = begun()
    live: dict[str, Json] = {}
    for number, resource in enumerate(in_order(rows(account))):
        counts = counted(project, account, number, live)
        for which, count in enumerate(counts):
            for request in range(1, count + 1):
                for after in (False, True):
                    die_and_go_on(project, account, number, live, (which, request, after))
        _step, live[resource.id] = bring(project.apis, in_order(rows(account))[number], live)
    [endpoint] = account.client().v1.webhook_endpoints.list().data
    assert endpoint.url == DEPLOYMENT.service_url("payment-events")


def counted(project: Project, account: InProcess, number: int, live: dict[str, Json]) -> tuple[int, int]:
    """How many requests of Google's and of Stripe's bring the row."""
    cloud, stripe = project.copy(), account.copy()
    bring(cloud.apis, in_order(rows(stripe))[number], live)
    return cloud.session.asked, stripe.asked


def die_and_go_on(
    project: Project, account: InProcess, number: int, live: dict[str, Json], at: tuple[int, int, bool]
) -> None:
    which, request, after = at
    cloud, stripe = project.copy(), account.copy()
    resource = in_order(rows(stripe))[number]
    (cloud.session, stripe)[which].interrupt_at(request, after=after)
    with pytest.raises(Interrupted):
        bring(cloud.apis, resource, live)
    bring(cloud.apis, resource, live)
    step, _found = bring(cloud.apis, resource, live)
    assert step.action == Action.LEAVE, f"{resource.id}: {at}"
    known = stripe.account.world.state.secrets
    for endpoint in stripe.client().v1.webhook_endpoints.list().data:
        assert key.content(cloud.apis, WEBHOOK) == known[endpoint.id], f"{resource.id}: {at}"


def test_only_the_endpoint_goes_and_what_members_pay_is_said_to_stay(both: tuple[Project, InProcess]) -> None:
    project, account = both
    wanted = rows(account)
    destroy(project.apis, wanted, lambda _resource, _seconds: None)
    assert account.client().v1.webhook_endpoints.list().data == []
    assert len(account.client().v1.prices.list().data) == 3
    stays = {each.id: each.removed_by for each in wanted if each.holds_data}
    assert "goes on being charged until you cancel" in stays["Stripe price pro"]
    project.apply(wanted)
    assert project.differing(wanted) == []
