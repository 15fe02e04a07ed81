"""Lambda without Docker: moto keeps the functions, our processes run them in virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.awslambda import models as moto_models

from simulator.aws.functions.backend import VirtualLambdaBackend
from simulator.aws.functions.door import Door
from simulator.aws.functions.mappings import Mapping
from simulator.aws.functions.models import VirtualFunction
from simulator.aws.functions.running import Functions
from simulator.aws.functions.web import UrlDoor
from simulator.aws.seams import replace

if TYPE_CHECKING:
    from simulator.aws.network import Network
    from simulator.world import World

__all__ = ["Functions", "install", "web_door"]


def install(world: World, network: Network) -> Functions:
    """Let every function of the process run in `world`."""
    functions = Functions(world, network)
    door = Door(world, functions)
    VirtualFunction.world = VirtualLambdaBackend.world = world
    VirtualFunction.door = VirtualLambdaBackend.door = Mapping.door = door
    moto_models.lambda_backends.backend = VirtualLambdaBackend
    # moto's listing of its models asks each for every attribute, and would look for Docker.
    replace(moto_models.LambdaFunction, "docker_client", None)
    return functions


def web_door(world: World) -> UrlDoor:
    """What answers requests to function URLs."""
    return UrlDoor(world, VirtualFunction.door)
