"""API Gateway that answers: moto keeps the APIs, calls of them are carried out here."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from simulator.aws.apigateway import doors
from simulator.aws.apigateway.frames import Client, Closing, Frame, Opening
from simulator.aws.seams import replace, when_imported
from simulator.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from simulator.aws.apigateway.connections import Management
    from simulator.aws.apigateway.front import Front
    from simulator.aws.cloud import Cloud
    from simulator.world import World

__all__ = ["Apis", "install"]


class Apis:
    """The APIs of a world; what answers them is brought in when one is first called."""

    def __init__(self, world: World, cloud: Cloud) -> None:
        self._world = world
        self._cloud = cloud
        self._front: Front | None = None
        self._management: Management | None = None

    @property
    def front(self) -> Front:
        """What answers calls of APIs."""
        if self._front is None:
            from simulator.aws.apigateway.front import Front

            self._front = Front(self._world, self._cloud)
        return self._front

    @property
    def management(self) -> Management:
        """What backends do with open connections."""
        if self._management is None:
            from simulator.aws.apigateway.connections import Management

            self._management = Management(self._world, self.front.sockets.disconnect)
        return self._management

    def connect(self, url: str, headers: dict[str, str] | None = None) -> Client:
        """Open a WebSocket from within the world. Raises frames.Refusal."""
        return Client(self._world, self._cloud.gateway.handle, url, headers)

    def takes(self, request: HttpRequest) -> bool:
        """Whether a request is for an API and no read: a GET asked again lets time pass."""
        if isinstance(request, (Opening, Frame, Closing)):
            return True
        return request.method != "GET" and doors.door(request) is not None

    def __call__(self, request: HttpRequest) -> HttpResponse | None:
        """The answer of the API a request is for; None where it is for none."""
        if isinstance(request, (Opening, Frame, Closing)):
            return self.front.socket(request)
        if "connections/" in request.url and (told := self.management.answer(request)) is not None:
            return told
        door = doors.door(request)
        return None if door is None else self.front.answer(door, request)


def install(world: World, cloud: Cloud) -> Apis:
    """Let every API of the process answer in `world`."""
    apis = Apis(world, cloud)
    when_imported("moto.apigateway.models", _rest)
    when_imported("moto.apigatewayv2.models", _http)
    # moto's first generation serves the second one's addresses as well.
    when_imported("moto.apigatewayv2.urls", lambda urls: _http_addresses(urls, apis))
    when_imported("moto.apigateway.urls", lambda urls: _rest_addresses(urls, apis))
    cloud.gateway.doors.append(apis)
    cloud.network.own_domains = doors.is_custom
    return apis


def _rest(moto_models: ModuleType) -> None:
    from simulator.aws.apigateway import models, stages

    replace(moto_models, "RestAPI", models.RestAPI)
    replace(moto_models, "Authorizer", models.Authorizer)
    replace(moto_models, "Stage", stages.Stage)
    replace(moto_models.APIGatewayBackend, "put_integration", models.put_integration)


def _http(moto_models: ModuleType) -> None:
    from simulator.aws.apigateway import http_models

    replace(moto_models, "Api", http_models.Api)
    replace(moto_models, "Stage", http_models.Stage)


def _rest_addresses(urls: ModuleType, apis: Apis) -> None:
    from simulator.aws.apigateway import responses

    responses.put_in(urls.url_paths, apis.front)


def _http_addresses(urls: ModuleType, apis: Apis) -> None:
    from simulator.aws.apigateway import http_responses

    http_responses.put_in(urls.url_paths, apis)
