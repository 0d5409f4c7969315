"""The trigger that deploys what is pushed, once somebody has approved it."""

import re

from deploy.deployment import Deployment
from deploy.kinds.build_trigger import BuildTrigger
from deploy.reconciler.resource import Resource
from deploy.resources.apis import api
from deploy.resources.deployer import CHECKER, DEPLOYER
from deploy.resources.identities import account_name, needs_of

TRIGGER = "trigger deploy"
FILE = "cloudbuild.yaml"


def cloud_build(deployment: Deployment) -> list[Resource]:
    """Nothing where the operator names no repository. Raises ValueError for one of another region, in which Cloud Build
    would find neither."""
    wanted = deployment.operator.cloud_build
    if wanted is None or not wanted.repository:
        return []
    if wanted.repository.split("/")[3] != deployment.region:
        raise ValueError(f"deployment.toml: the repository is connected in another region than {deployment.region}")
    deployer = deployment.account(account_name(DEPLOYER))
    return [
        Resource(
            id=TRIGGER,
            kind=BuildTrigger(),
            name=deployment.location,
            body={
                "name": "ondol-deploy",
                "description": f"Ondol: deploys what is pushed to {wanted.branch}, once somebody has approved it",
                "repositoryEventConfig": {
                    "repository": wanted.repository,
                    "push": {"branch": f"^{re.escape(wanted.branch)}$"},
                },
                "filename": FILE,
                "serviceAccount": f"projects/{deployment.project}/serviceAccounts/{deployer}",
                "approvalConfig": {"approvalRequired": True},
            },
            why=f"deploys what is pushed to {wanted.branch}, once somebody has approved it",
            needs=(api("cloudbuild"), *needs_of(DEPLOYER), *needs_of(CHECKER)),
        )
    ]
