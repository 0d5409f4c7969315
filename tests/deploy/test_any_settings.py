"""Whatever an operator sets, each resource is made and changed in a form that Google's own descriptions allow."""

from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from deploy.deployment import Budget, CloudBuild, Deployment, Links, OperatorFile
from deploy.kinds import key
from deploy.reconciler.resource import Resource
from deploy.resources import payments
from deploy.resources.apis import api
from deploy.resources.sign_in import GITHUB_SECRET
from deploy.resources.table import table
from local.google_apis.cloud import Cloud
from local.google_apis.facts import Facts
from shared.billing.plans import GB
from tests.deploy.project import FACTS, Project, deployment
from tests.support.checkout import SOAK
from tests.support.standins.stripe_in_process import InProcess

STRIPE = "sk_test_any_settings"

SETTINGS: Mapping[str, st.SearchStrategy[str]] = {
    "POOL_WARM": st.integers(0, 5).map(str),
    "POOL_WRITES": st.integers(1, 60).map(str),
    "SLOT_MEMORY_BYTES": st.integers(2, 32).map(lambda gib: str(gib << 30)),
    "REQUEST_RATE_TIMES": st.floats(0.5, 100).map(str),
    "POOL_MAX": st.integers(5, 1000).map(str),
    "SLOT_CPU": st.sampled_from(["1", "2", "4", "8"]),
    "IDLE_SECONDS": st.floats(121, 1e9).map(str),
    "KEPT_SNAPSHOTS": st.integers(1, 10_000).map(str),
    "FIRST_PLAN": st.sampled_from(["free", "starter"]),
    "SLOT_ORIGIN": st.just("https://{slot}.slots.example"),
    "SLOT_HOME_MEDIUM": st.sampled_from(["disk", "memory"]),
    "SLOT_HOME_BYTES": st.integers(10, 100).map(lambda gb: str(gb * GB)),
}


def with_memory(values: dict[str, str]) -> dict[str, str]:
    """A home in memory gets half of a slot's memory, and has to hold what the plans sell."""
    return values | ({"SLOT_MEMORY_BYTES": str(32 << 30)} if values.get("SLOT_HOME_MEDIUM") == "memory" else {})


ADDRESSES = st.just("") | st.from_regex(r"\Ahttps://[a-z]{1,20}\.example(/[a-z]{1,9})?\Z")
LINKS = st.builds(Links, help=ADDRESSES, status=ADDRESSES, terms=ADDRESSES, privacy=ADDRESSES)

REGIONS = st.sampled_from(["asia-northeast3", "us-central1", "europe-west4"])


def cloud_builds(project: str, region: str) -> st.SearchStrategy[CloudBuild | None]:
    repository = f"projects/{project}/locations/{region}/connections/github/repositories/ada-ondol"
    return st.none() | st.builds(
        CloudBuild, repository=st.sampled_from(["", repository]), branch=st.sampled_from(["main", "release"])
    )


@st.composite
def deployments(draw: st.DrawFn) -> tuple[Facts, list[Deployment]]:
    """A project, and two deployments to it, one after the other: with other settings each."""
    project = draw(st.from_regex(r"\A[a-z][a-z0-9-]{4,28}[a-z0-9]\Z"))
    number, region, currency = str(draw(st.integers(1, 10**12))), draw(REGIONS), draw(st.from_regex(r"\A[A-Z]{3}\Z"))
    facts = Facts(project=project, number=number, currency=currency)
    operators = st.builds(
        OperatorFile,
        settings=st.fixed_dictionaries({}, optional=SETTINGS).map(with_memory),
        budget=st.builds(Budget, amount=st.integers(1, 10**9), currency=st.just(currency)),
        alerts_to=st.just("") | st.emails(),
        domain=st.just("") | st.from_regex(r"\A[a-z][a-z0-9-]{0,20}\.[a-z]{2,6}\Z"),
        cloud_build=cloud_builds(project, region),
        slot_image_days=st.integers(1, 365),
        source=st.sampled_from(["", "https://github.com/ada/ondol"]),
        links=LINKS,
        github_client_id=st.just("") | st.from_regex(r"\A[A-Za-z0-9.]{8,24}\Z"),
    )
    to_deploy = st.builds(
        Deployment,
        project=st.just(project),
        number=st.just(number),
        region=st.just(region),
        billing_account=st.sampled_from(["", facts.billing_account]),
        currency=st.just(currency),
        operator=operators,
        stripe_key=st.sampled_from(["", STRIPE]),
    )
    return facts, [draw(to_deploy), draw(to_deploy)]


def with_all(number: int) -> Deployment:
    """Everything is set, and is another with another number."""
    repository = f"projects/{FACTS.project}/locations/asia-northeast3/connections/github/repositories/ondol-{number}"
    made = deployment(
        settings={
            "POOL_MAX": f"{number}0",
            "SLOT_CPU": str(number),
            "SLOT_MEMORY_BYTES": str(10 * (number + 1) << 30),
            "SLOT_HOME_MEDIUM": ["disk", "memory"][number % 2],
            "SLOT_HOME_BYTES": str(20 * number * GB),
        },
        budget=Budget(amount=number),
        alerts_to=f"ada{number}@example.com",
        domain=f"ide{number}.example.com",
        cloud_build=CloudBuild(repository=repository, branch=f"release-{number}"),
        slot_image_days=number,
        source=f"https://github.com/ada/ondol-{number}",
        links=Links(*(f"https://{each}{number}.example" for each in ("help", "status", "terms", "privacy"))),
        github_client_id=f"Iv1.000{number}",
    )
    return replace(made, stripe_key=f"{STRIPE}_{number}")


@pytest.fixture(scope="module")
def stripes_account() -> Iterator[None]:
    """Stripe's stand-in answers in this process."""
    account = InProcess()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(payments, "connect", lambda key, _endpoint, _http: account.client(key))
        yield


@pytest.mark.soak
@pytest.mark.usefixtures("archived_once", "stripes_account")
@settings(max_examples=100 if SOAK else 5, deadline=None)
@example((FACTS, [with_all(1), with_all(2)]))
@given(deployments())
def test_whatever_is_set_a_deployment_and_a_change_of_it_come_to_their_end(
    drawn: tuple[Facts, list[Deployment]],
) -> None:
    """Every request is checked against Google's description before it is sent, and by the stand-in once more."""
    facts, wanted = drawn
    project = Project.begin(Cloud(facts))
    for each in wanted:
        rows = table(each)
        with_github_secret(project, rows)
        project.apply(rows)
        assert project.differing(rows) == []
    assert {asked.url: asked.ignored for asked in project.cloud.log if asked.ignored} == {}


def with_github_secret(project: Project, rows: Sequence[Resource]) -> None:
    """What a person does whose `deployment.toml` names GitHub's OAuth app."""
    before = [each for each in rows if each.id in (api("secretmanager"), f"secret {GITHUB_SECRET}")]
    project.apply(before)
    key.add(project.apis, before[-1].name, "the client secret")


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"POOL_WARMTH": "3"}, "there is no setting POOL_WARMTH"),
        ({"SIGNING_KEY": "k"}, "SIGNING_KEY follows from the project"),
        ({"POOL_WARM": "many"}, "POOL_WARM"),
        ({"FIRST_PLAN": "gold"}, "FIRST_PLAN"),
        ({"SLOT_HOME_BYTES": "5000000000"}, "set SLOT_HOME_BYTES to 10000000000"),
        ({"SLOT_HOME_MEDIUM": "memory"}, "set SLOT_HOME_MEDIUM to disk"),
    ],
)
def test_a_setting_that_a_function_would_not_start_with_is_refused_before_anything_is_asked(
    values: dict[str, str], wrong: str
) -> None:
    operator = OperatorFile(settings=values)
    with pytest.raises(ValueError, match=wrong):
        table(Deployment(project="my-project", number="1", region="asia-northeast3", operator=operator))
