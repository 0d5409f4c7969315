"""What a build may do that deploys: the roles of the account `ondol-deployer`, which exists where deployment.toml has
`[cloud-build]`.

Whoever deploys makes accounts and says what they may do, so this account is worth as much as the project. What it
cannot do: make anybody an owner or editor, read the billing account, or touch services that Ondol does not use.
"""

from collections.abc import Mapping

DEPLOYER, CHECKER = "deployer", "checker"
GIVES_ROLES = "resourcemanager.projectIamAdmin"
"""With a condition: it gives no role on the project that is not in Ondol's table."""

DEPLOYERS_ROLES: Mapping[str, str] = {
    "artifactregistry.admin": "it makes the repositories, and says who may write to them",
    "cloudbuild.builds.editor": "it has images built, and the checkout checked",
    "cloudscheduler.admin": "it makes the schedules",
    "cloudtasks.admin": "it makes the queues",
    "datastore.owner": "it makes the database, its indexes and backups",
    "firebase.admin": "it makes the web app",
    "firebaseauth.admin": "it sets how members sign in",
    "firebasehosting.admin": "it releases the page",
    "firebaserules.admin": "it releases the rules of the database",
    "iam.roleAdmin": "it makes Ondol's own roles",
    "iam.serviceAccountAdmin": "it makes the accounts",
    "iam.serviceAccountUser": "services, schedules and builds run as the accounts",
    "logging.admin": "it makes the metrics, and writes its log",
    "monitoring.admin": "it makes the alerts, the objective and the dashboard",
    "pubsub.admin": "it makes the budget's topic",
    GIVES_ROLES: "it gives the roles of this table, and no others, on the project",
    "run.admin": "it makes the functions",
    "secretmanager.admin": "it makes the keys",
    "serviceusage.serviceUsageAdmin": "it enables the APIs",
    "storage.admin": "it makes the buckets, and uploads what is built",
}
"""Each role on the project, and why."""
