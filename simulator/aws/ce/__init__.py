"""Cost Explorer: moto's cost categories and tags, our meter's costs."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from simulator.aws.seams import replace, when_imported

if TYPE_CHECKING:
    from simulator.world import World

_world: World | None = None


def install(world: World) -> None:
    """Let costs be asked for of `world`; what that takes is imported with the first call."""
    global _world
    first = _world is None
    _world = world
    if first:
        when_imported("moto.ce.urls", _replace_answers)


def _replace_answers(urls: ModuleType) -> None:
    from simulator.aws.ce.responses import CostExplorerResponse

    replace(urls, "url_paths", {"{0}/$": CostExplorerResponse.dispatch})


def current_world() -> World:
    """The world whose costs are asked for."""
    assert _world is not None, "no world has been installed"
    return _world
