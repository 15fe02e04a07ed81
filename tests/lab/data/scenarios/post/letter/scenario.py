"""A scenario small enough for the lab's own tests: a letter, a postman and no cloud at all."""

from pathlib import Path

from lab.scenario import Scenario, Step

from .acts import lose, send, set_up
from .checks import LOSE_CHECKS, SEND_CHECKS

SCENARIO = Scenario(
    name="post/letter",
    title="A letter",
    summary="Send a letter, then lose one.",
    folder=Path(__file__).parent,
    setup=set_up,
    steps=(
        Step("send", "Send a letter", send, SEND_CHECKS),
        Step("lose", "Lose a letter", lose, LOSE_CHECKS, horizon_s=600),
    ),
    edges=(("sender", "post"), ("post", "reader")),
    minutes=1,
)
