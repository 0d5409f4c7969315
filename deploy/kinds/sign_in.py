"""Signing in: the Firebase project and its web app, Identity Platform's settings, and a provider of sign-ins."""

from collections.abc import Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import NotFound, Refused
from deploy.google_apis.schema_check import Json
from deploy.kinds import key
from deploy.kinds.found import Found
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource

FIREBASE = "firebase.v1beta1"
IDENTITY = "identitytoolkit.v2"
PROVIDERS = "projects.defaultSupportedIdpConfigs"
GIVEN = "ondol-given-version"
"""The annotation of a secret that says which version of it Identity Platform was given."""
SECRET_IS_NEWEST = "clientSecretIsNewest"  # noqa: S105  a name
"""In the place of a client's secret in what is compared: whether Identity Platform was given the newest version."""


class FirebaseProject(Struct, frozen=True):
    """Firebase in a project of Google Cloud. Nothing takes it out of a project again."""

    title: str = "Firebase"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        try:
            return apis.call(FIREBASE, "projects.get", {"name": resource.name})
        except NotFound:
            return None

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        apis.call(FIREBASE, "projects.addFirebase", {"project": resource.name}, body)

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        raise AssertionError("Firebase is in a project or not")

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        raise AssertionError("Firebase stays in a project")

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return []


class WebApp(Found, frozen=True, kw_only=True):
    """The page as Firebase knows it. The row's name is the project's."""

    title: str = "web app"
    api: str = FIREBASE
    collection: str = "projects.webApps"
    items: str = "apps"
    known_by: Sequence[str] = ("displayName",)

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        """The app, and as `config` what its page is given: `apiKey`, `authDomain`, `projectId` and more."""
        app = super().read(apis, resource)
        if app is None:
            return None
        return {**app, "config": apis.call(FIREBASE, "projects.webApps.getConfig", {"name": f"{app['name']}/config"})}

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        name = self._name(apis, resource)
        apis.call(FIREBASE, "projects.webApps.remove", {"name": name}, {"immediate": True})


class SignInSettings(Struct, frozen=True):
    """Identity Platform's settings of a project, `projects/P/config`, which are there once it was begun."""

    title: str = "sign-ins"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        try:
            return apis.call(IDENTITY, "projects.getConfig", {"name": resource.name})
        except NotFound:
            return None

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        project = resource.name.removesuffix("/config")
        apis.call(IDENTITY, "projects.identityPlatform.initializeAuth", {"project": project}, {})
        self.change(apis, resource, body, list(body))

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        parameters = {"name": resource.name, "updateMask": ",".join(fields)}
        apis.call(IDENTITY, "projects.updateConfig", parameters, {name: body[name] for name in fields})

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        raise AssertionError("the sign-ins of members stay")

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        """Google answers with the domains in an order of its own."""
        return difference.differences(body, {**live, "authorizedDomains": sorted(live.get("authorizedDomains", []))})


class Provider(Struct, frozen=True, kw_only=True):
    """A provider of sign-ins that needs a client of its own, whose secret the operator put into Secret Manager.

    To read it takes the content of no secret: an annotation of the secret says which version was given.
    """

    secret: str
    """The resource name of the secret that has the client's."""
    title: str = "sign-in"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        try:
            found = apis.call(IDENTITY, f"{PROVIDERS}.get", {"name": resource.name})
            annotations = key.annotations(apis, self.secret)
        except NotFound:
            return None
        shown = {name: value for name, value in found.items() if name != "clientSecret"}
        newest = key.newest(apis, self.secret) or {}
        return {**shown, SECRET_IS_NEWEST: annotations.get(GIVEN) == newest.get("version", "none")}

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        parent, _collection, last = resource.name.rsplit("/", 2)
        version = self._newest(apis)
        sent = self._sent(apis, body, version)
        apis.call(IDENTITY, f"{PROVIDERS}.create", {"parent": parent, "idpId": last}, sent)
        self._say_given(apis, version)

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        version = self._newest(apis)
        sent = self._sent(apis, body, version)
        apis.call(IDENTITY, f"{PROVIDERS}.patch", {"name": resource.name, "updateMask": ",".join(sent)}, sent)
        self._say_given(apis, version)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        apis.call(IDENTITY, f"{PROVIDERS}.delete", {"name": resource.name})

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return difference.differences({**body, SECRET_IS_NEWEST: True}, live)

    def _newest(self, apis: GoogleApis) -> str:
        """The number of the version. Raises Refused where there is none."""
        newest = key.newest(apis, self.secret)
        if newest is None:
            name = self.secret.rpartition("/")[2]
            raise Refused(f"nobody has put the client secret into the secret {name}: deploy-plan says how")
        return str(newest["version"])

    def _sent(self, apis: GoogleApis, body: Json, version: str) -> Json:
        """With what the operator put there, without the end of line that a terminal adds."""
        return {**body, "clientSecret": key.content(apis, self.secret, version).strip()}

    def _say_given(self, apis: GoogleApis, version: str) -> None:
        key.annotate(apis, self.secret, GIVEN, version)
