"""What the lab does: reads the learner's plan.json and sends letters by it."""

import json
import time
import uuid

from lab.scenario import SolutionError, Stage


def set_up(stage: Stage) -> None:
    path = stage.solution / "plan.json"
    try:
        plan = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise SolutionError(f"plan.json is missing from {stage.solution}") from error
    except json.JSONDecodeError as error:
        raise SolutionError(f"plan.json, line {error.lineno}: {error.msg}") from error
    stage.notes["plan"] = plan
    stage.world.record("post.opened", id=str(uuid.uuid4()))


def send(stage: Stage) -> None:
    world = stage.world

    def carry() -> None:
        time.sleep(60 + world.streams["post"].random())
        world.record("post.delivered", who="postman", id=str(uuid.uuid4()))

    world.spawn(carry, name="postman")
    if stage.notes["plan"].get("stamp"):
        world.record("post.sent")


def lose(stage: Stage) -> None:
    for attempt in range(1, stage.notes["plan"]["attempts"] + 1):
        stage.world.record("post.lost", attempt=attempt)
        time.sleep(60)
