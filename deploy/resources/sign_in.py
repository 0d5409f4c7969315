"""How members sign in: Firebase, its web app, and Identity Platform with its providers.

Google's own provider is begun by a person (deploy/by_hand.py): no API makes the OAuth client that it needs.
"""

from deploy.deployment import LABELS, Deployment
from deploy.kinds.hosting_site import HostingSite
from deploy.kinds.sign_in import FirebaseProject, Provider, SignInSettings, WebApp
from deploy.reconciler.resource import Resource
from deploy.resources.apis import api
from deploy.resources.secrets import SECRET

FIREBASE = "Firebase"
WEB_APP, APP_NAME = "web app", "Ondol"
"""Its id in the table; its `config.apiKey` and `config.authDomain` are what the page is told."""
SITE = "site"
SETTINGS = "sign-ins"
GITHUB_SECRET = "github-client-secret"  # noqa: S105  a name
"""The secret that an operator puts the client secret of the GitHub OAuth app into."""


def sign_in(deployment: Deployment) -> list[Resource]:
    """GitHub is a way to sign in once `deployment.toml` has the id of its OAuth app."""
    return [
        _firebase(deployment),
        _site(deployment),
        _web_app(deployment),
        _settings(deployment),
        _github_secret(deployment),
        *([_github(deployment)] if deployment.operator.github_client_id else []),
    ]


def github_secret_name(deployment: Deployment) -> str:
    return f"projects/{deployment.project}/secrets/{GITHUB_SECRET}"


def _firebase(deployment: Deployment) -> Resource:
    return Resource(
        id=FIREBASE,
        kind=FirebaseProject(),
        name=f"projects/{deployment.project}",
        body={},
        why="signs members in, and serves the page",
        needs=(api("firebase"),),
        holds_data=True,
    )


def _site(deployment: Deployment) -> Resource:
    return Resource(
        id=SITE,
        kind=HostingSite(),
        name=f"projects/{deployment.project}/sites/{deployment.project}",
        body={},
        why="is where the page is released to",
        needs=(FIREBASE, api("firebasehosting")),
        holds_data=True,
    )


def _web_app(deployment: Deployment) -> Resource:
    return Resource(
        id=WEB_APP,
        kind=WebApp(),
        name=f"projects/{deployment.project}",
        body={"displayName": APP_NAME},
        why="names the page to Firebase Auth",
        needs=(FIREBASE,),
    )


def _settings(deployment: Deployment) -> Resource:
    project, domain = deployment.project, deployment.operator.domain
    return Resource(
        id=SETTINGS,
        kind=SignInSettings(),
        name=f"projects/{project}/config",
        body={
            "authorizedDomains": sorted(
                {f"{project}.firebaseapp.com", f"{project}.web.app", *([domain] if domain else [])}
            ),
            # By a link in an email. With it Identity Platform takes passwords, for addresses that anybody can type: the
            # functions refuse such a sign-in until its address is verified, which a link does.
            "signIn": {
                "email": {"enabled": True, "passwordRequired": False},
                "phoneNumber": {"enabled": False},
                "anonymous": {"enabled": False},
                "allowDuplicateEmails": False,
            },
            "emailPrivacyConfig": {"enableImprovedEmailPrivacy": True},
        },
        why="says who may sign in, and from which pages",
        needs=(FIREBASE, api("identitytoolkit")),
        holds_data=True,
    )


def _github_secret(deployment: Deployment) -> Resource:
    return Resource(
        id=f"secret {GITHUB_SECRET}",
        kind=SECRET,
        name=github_secret_name(deployment),
        body={"replication": {"userManaged": {"replicas": [{"location": deployment.region}]}}, "labels": LABELS},
        why="keeps the client secret of the GitHub OAuth app, once an operator has put it there",
        needs=(api("secretmanager"),),
        holds_data=True,
        removed_by=f"gcloud secrets delete {GITHUB_SECRET} --project={deployment.project}",
    )


def _github(deployment: Deployment) -> Resource:
    return Resource(
        id="sign-in GitHub",
        kind=Provider(secret=github_secret_name(deployment)),
        name=f"projects/{deployment.project}/defaultSupportedIdpConfigs/github.com",
        body={"clientId": deployment.operator.github_client_id, "enabled": True},
        why="lets members sign in with GitHub",
        needs=(SETTINGS, f"secret {GITHUB_SECRET}"),
    )
