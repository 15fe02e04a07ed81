"""Letters without end: something to pause."""

import time
from pathlib import Path

from lab.scenario import Scenario, Stage, Step


def _prepare(stage: Stage) -> None:
    stage.world.record("post.opened")


def _flood(stage: Stage) -> None:
    while True:
        stage.world.record("post.sent")
        time.sleep(0.5)


SCENARIO = Scenario(
    name="post/flood",
    title="A flood",
    summary="Letters for a year.",
    folder=Path(__file__).parent,
    setup=_prepare,
    steps=(Step("flood", "A flood", _flood, (), horizon_s=365 * 86400.0),),
)
