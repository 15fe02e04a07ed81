"""moto's Pipes with pipes that are checked, and flow.

Source: EventBridge Pipes API Reference, "CreatePipe", "UpdatePipe", "StopPipe".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from moto.pipes import models as moto
from moto.pipes.exceptions import ConflictException, NotFoundException, ValidationException

if TYPE_CHECKING:
    from simulator.aws.pipes.flowing import Flows

_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_SOURCES = {
    "sqs": "SqsQueueParameters",
    "kinesis": "KinesisStreamParameters",
    "dynamodb": "DynamoDBStreamParameters",
}
_TARGETS = ("events", "kinesis", "lambda", "logs", "sns", "sqs", "states")
_ENRICHMENTS = ("lambda", "states")


class PipesBackend(moto.EventBridgePipesBackend):
    """One account's pipes in one Region."""

    flows: ClassVar[Flows]

    @property
    def _url_module(self) -> Any:
        from moto.pipes import urls  # moto's responses do

        return urls

    def create_pipe(self, name: str, **options: Any) -> Any:  # type: ignore[override]
        """Make a pipe; it flows at once, unless it is to be stopped."""
        if not _NAME.fullmatch(name):
            raise ValidationException(f"1 validation error detected: Value '{name}' at 'name'")
        if name in self.pipes:
            raise ConflictException(f"Pipe {name} already exists.")
        _check(options)
        pipe = moto.Pipe(
            name=name, account_id=self.account_id, region_name=self.region_name, **options
        )
        self.pipes[name] = pipe
        self.flows.begin(pipe)
        return pipe

    def update_pipe(self, name: str, **options: Any) -> Any:  # type: ignore[override]
        """Change a pipe; what is under way goes on as it began."""
        _check({"source": None, **options})
        pipe = super().update_pipe(name, **options)
        self.flows.change(pipe)
        return pipe

    def start_pipe(self, name: str) -> Any:
        """Let it flow."""
        pipe = super().start_pipe(name)
        self.flows.change(pipe)
        return pipe

    def stop_pipe(self, name: str) -> Any:
        """Let it flow no more."""
        pipe = super().stop_pipe(name)
        self.flows.change(pipe)
        return pipe

    def delete_pipe(self, name: str) -> Any:
        """End a pipe."""
        if name not in self.pipes:
            raise NotFoundException(f"Pipe {name} does not exist.")
        self.flows.end(self.pipes[name])
        return super().delete_pipe(name)


def settings(pipe: moto.Pipe) -> dict[str, Any]:
    """The parameters of a pipe's source, whatever the kind."""
    given = pipe.source_parameters or {}
    return dict(given.get(_SOURCES[pipe.source.split(":")[2]]) or {})


def _check(options: dict[str, Any]) -> None:
    """Refuse by name what flows on AWS, and does not here."""
    for what, known in (
        ("source", tuple(_SOURCES)),
        ("enrichment", _ENRICHMENTS),
        ("target", _TARGETS),
    ):
        arn = options.get(what)
        if arn and (str(arn).split(":") + [""] * 3)[2] not in known:
            raise NotImplementedError(f"a pipe whose {what} is {arn}")
