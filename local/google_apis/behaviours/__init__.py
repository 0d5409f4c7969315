"""What is special about each API. Every module here registers itself in `local.google_apis.registry`."""

from local.google_apis.world import World


def begin(world: World) -> None:
    """What a project has before anybody deploys: an owner, and the roles of Google's own service agents."""
    project, number = world.facts.project, world.facts.number
    world.state.policies[f"cloudresourcemanager.googleapis.com/projects/{project}"] = {
        "version": 1,
        "etag": world.etag(),
        "bindings": [
            {
                "role": "roles/editor",
                "members": [f"serviceAccount:{number}@cloudservices.gserviceaccount.com"],
            },
            {"role": "roles/owner", "members": [world.facts.owner]},
        ],
    }
