"""Each function may do what its code calls, and nothing else."""

import re

import pytest

from deploy.deployment import Deployment
from deploy.reconciler.resource import Resource
from deploy.resources.deployer import DEPLOYER
from deploy.resources.identities import PARTS, PROJECT, Grant, account_name, functions, grants, identities
from deploy.resources.images import service_id
from deploy.resources.secrets import SECRETS
from tests.support.settings_read import reached

DEPLOYMENT = Deployment(project="my-project", number="123456789012", region="asia-northeast3")
AS_INVOKER = "iam.serviceAccountUser on account invoker"
SEES_OBJECTS = "storage.objectViewer on bucket state"
MAKES_OBJECTS = "storage.objectCreator on bucket state"
DELETES_OBJECTS = "storage.objectUser on bucket state"
LOOKS_UP_PEOPLE = "ondolPeople"
ENDS_SIGN_INS = "ondolSignIns"

NEEDS = {
    "store.database": {"database": {"datastore.user"}},
    "tasks": {
        "schedule_reclaim_check": {"cloudtasks.enqueuer on queue reclaim", AS_INVOKER},
        "schedule_background_hold": {"cloudtasks.enqueuer on queue background-hold", AS_INVOKER},
        "run_pool": {"cloudtasks.enqueuer on queue pool", AS_INVOKER},
        "export_home": {"cloudtasks.enqueuer on queue export", AS_INVOKER},
        "erase_workspace": {"cloudtasks.enqueuer on queue erase", AS_INVOKER},
        "ask_about_customer": {"cloudtasks.enqueuer on queue payer", AS_INVOKER},
        "send_mail": {"cloudtasks.enqueuer on queue mail", AS_INVOKER},
        "ask_about_billing": {"cloudtasks.enqueuer on queue payer", AS_INVOKER},
    },
    "identity": {
        "find_user": {LOOKS_UP_PEOPLE},
        "people": {LOOKS_UP_PEOPLE},
        "delete_person": {ENDS_SIGN_INS},
        "end_sign_ins": {ENDS_SIGN_INS},
    },
    "buckets": {
        # a role that may read and not list is answered 403 for an object that is absent, where these expect 404
        "head_manifest": {SEES_OBJECTS},
        "list_objects": {SEES_OBJECTS},
        "measure": {SEES_OBJECTS},
        "open_layer": {SEES_OBJECTS},
        "verify_checkpoint": {SEES_OBJECTS},
        "create": {MAKES_OBJECTS},
        "delete": {DELETES_OBJECTS},
    },
    "exports": {
        "exists": {SEES_OBJECTS},
        "find": {SEES_OBJECTS, "ondolSigning on account {function}"},
        "fail": {MAKES_OBJECTS},
        "sweep": {DELETES_OBJECTS},
        "write": {MAKES_OBJECTS},
    },
    "credentials": {"slot_access": {"ondolLending on account state"}},
    "engines.cloud_run": {
        "CloudRun": {
            "ondolSlots",
            "iam.serviceAccountUser on account slot",
            "artifactregistry.reader on repository slots",
        }
    },
}
"""By the module below shared/gcp and its definition: the roles that Google asks of whoever calls what it calls."""
HOLDS_TOO = {DELETES_OBJECTS: {SEES_OBJECTS, MAKES_OBJECTS}, ENDS_SIGN_INS: {LOOKS_UP_PEOPLE}}
"""What a role allows of others' besides its own."""


def needed(function: str) -> set[str]:
    found = {
        role.format(function=function)
        for module, definition in reached(function)
        for role in NEEDS.get(module.removeprefix("shared.gcp."), {}).get(definition, ())
    }
    return found - {each for role in found for each in HOLDS_TOO.get(role, ())}


@pytest.mark.parametrize("function", functions())
def test_a_function_has_the_roles_that_its_code_needs_and_no_others(function: str) -> None:
    roles = functions()[function]["roles"]
    assert set(roles) == needed(function)
    assert len(roles) == len(set(roles))


def test_what_the_roles_are_read_from_is_there() -> None:
    """A definition that was renamed would make every function need less."""
    seen = {node for function in functions() for node in reached(function)}
    named = {(f"shared.gcp.{module}", name) for module, names in NEEDS.items() for name in names}
    assert named <= seen


def test_a_key_is_read_by_the_functions_that_are_given_it() -> None:
    readers = {each.scope: set[str]() for each in grants() if each.scope.startswith("secret ")}
    for each in grants():
        if each.scope in readers:
            assert each.role == "secretmanager.secretAccessor"
            readers[each.scope].add(each.identity)
    assert readers == {
        f"secret {name}": {function for function, row in functions().items() if name in row["settings"]}
        for name in SECRETS
    }
    assert readers["secret SIGNING_KEY"] == {"allocate", "heartbeat", "reclaim", "background_hold"}
    assert readers["secret STRIPE_KEY"] == {"billing", "payment_events", "payer"}
    assert readers["secret STRIPE_WEBHOOK_SECRET"] == {"payment_events"}
    assert readers["secret SMTP_PASSWORD"] == {"mail"}


def test_a_slot_and_the_invoker_have_no_role() -> None:
    assert not [each for each in grants() if each.identity in ("slot", "invoker")]
    slot = DEPLOYMENT.account("ondol-slot")
    assert not [each.id for each in identities(DEPLOYMENT) if slot in str(each.body.get("bindings", ""))]


def test_only_what_has_no_resource_of_its_own_is_given_on_the_whole_project() -> None:
    roles = {each.role for each in grants() if each.scope == PROJECT and each.identity != DEPLOYER}
    assert roles == {"datastore.user", "logging.logWriter", "ondolPeople", "ondolSignIns", "ondolSlots"}


def test_every_role_has_a_reason() -> None:
    assert all(each.why for each in grants())
    with pytest.raises(KeyError):
        _ = Grant("login", "owner", PROJECT).why


@pytest.mark.parametrize("identity", [*functions(), *PARTS])
def test_an_account_has_a_name_that_iam_allows(identity: str) -> None:
    assert re.fullmatch(r"[a-z]([-a-z0-9]{4,28}[a-z0-9])", account_name(identity))


def test_bindings_name_each_account_once_and_in_order() -> None:
    table = {each.id: each for each in identities(DEPLOYMENT)}
    assert bindings(table["roles on queue background-hold"]) == {
        "roles/cloudtasks.enqueuer": ["ondol-background-hold", "ondol-heartbeat", "ondol-reclaim"]
    }
    assert bindings(table["roles on account state"]) == {"projects/my-project/roles/ondolLending": ["ondol-heartbeat"]}
    project = bindings(table["roles on project"])
    assert project["projects/my-project/roles/ondolSlots"] == ["ondol-pool"]
    reading = {f"ondol-{service_id(name)}" for name, row in functions().items() if row["verifies"] != "nothing"}
    assert set(project["roles/datastore.user"]) == reading, "what anybody may ask reads no data"


def bindings(resource: Resource) -> dict[str, list[str]]:
    ends = "@my-project.iam.gserviceaccount.com"
    return {
        each["role"]: [member.removeprefix("serviceAccount:").removesuffix(ends) for member in each["members"]]
        for each in resource.body["bindings"]
    }
