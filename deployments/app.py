"""Builds the Serve application that a profile describes."""

from typing import Any

from ray import serve
from ray.serve import Application

from deployments.deliverer import Deliverer
from deployments.dispatcher import Dispatcher
from deployments.gateway import ListeningGateway, ProxiedGateway
from deployments.media_host import MediaHost
from deployments.model_host import ModelHost
from deployments.placement import check_checkpoints, check_placement
from deployments.profile import Profile
from deployments.settings import Settings

# Serve's default looks at replicas every 10 s and would miss a killed one for as long; every look costs some 5 CPU-ms.
WATCHED = {"health_check_period_s": 2.0, "health_check_timeout_s": 20.0}


def build(args: dict[str, Any]) -> Application:
    """The application: gateway, dispatcher, deliverer, media host and the model hosts, wired by handles.

    Args:
        args: a `deployments.profile.Profile` as JSON values.

    Raises:
        pydantic.ValidationError: names the line of the profile that is wrong.
        deployments.placement.PlacementError: the settings keep state on one machine, and the profile uses several; or a
            checkpoint stands in no host.
    """
    profile = Profile.model_validate(args)
    check_placement(profile, Settings())
    check_checkpoints(profile)
    shape = profile.model_dump(mode="json")

    def bind(name: str, cls: type, *arguments: Any) -> Application:
        # Twice what is worked on at once, so that the next batch is waiting when one ends.
        options = WATCHED | {"max_ongoing_requests": 64} | profile.deployments.get(name, {})
        deployment = serve.deployment(name=name, **options)(cls)
        return deployment.bind(*arguments)

    hosts = {
        name: bind(
            name, ModelHost, shape["hosts"][name], {model: shape["batches"].get(model, {}) for model in host.models}
        )
        for name, host in profile.hosts.items()
    }
    media = bind("media", MediaHost, shape["media"])
    deliverer = bind("deliverer", Deliverer)
    dispatcher = bind("dispatcher", Dispatcher, shape, media, hosts)
    gateway = ListeningGateway if profile.http == "replica" else ProxiedGateway
    return bind("gateway", gateway, dispatcher, deliverer, {"media": media, **hosts})
