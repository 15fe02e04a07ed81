"""The cloud of one world: moto's state, our behaviour on it, and the ways in."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.model_instances import reset_model_data
from moto.moto_api._internal import mock_random

from simulator.aws import (
    apigateway,
    ce,
    cloudformation,
    cloudwatch,
    dynamodb,
    events,
    functions,
    javascript,
    kinesis,
    managed_policies,
    openapi,
    pipes,
    pricing,
    routes,
    s3,
    scheduler,
    sns,
    sqs,
)
from simulator.aws.gateway import Gateway
from simulator.aws.network import Network
from simulator.aws.routing import DEFAULT_REGION
from simulator.aws.seams import bare_package
from simulator.aws.session import Session
from simulator.kernel.fiber import on_behalf

with bare_package("moto.batch"):  # it would bring in EC2, a second of every start
    from simulator.aws import workflows

if TYPE_CHECKING:
    from simulator.model.queue import Queue
    from simulator.world import World

# moto's state belongs to the process, so one world at a time has it: the newest.
_owner: Cloud | None = None


class Cloud:
    """AWS in a world. Making one empties moto's state and takes it from the world that had it."""

    def __init__(self, world: World) -> None:
        global _owner
        if _owner is not None:
            _owner.close()
        _owner = self
        self._world = world
        self._sessions: dict[tuple[str, str], Session] = {}
        default_user_config["stepfunctions"]["execute_state_machine"] = True
        os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
        BackendDict.reset()
        reset_model_data()
        mock_random.seed(world.streams.derive("moto"))
        routes.install()
        managed_policies.install()
        self.gateway = Gateway(world)
        self.network = Network(self.gateway.handle)
        self.functions = functions.install(world, self.network)
        javascript.install(self.network)
        self.gateway.doors.append(functions.web_door(world))
        sqs.install(world)
        self.topics = sns.install(world)
        events.install(world, self)
        scheduler.install(world, self)
        pipes.install(world, self)
        s3.install(world, self)
        dynamodb.install(world, self.gateway.note)
        kinesis.install(world)
        workflows.install(world, self.session)
        cloudwatch.install(world)
        self.apis = apigateway.install(world, self)
        openapi.install(self)
        pricing.install()
        ce.install(world)
        cloudformation.install(world, self)

    @property
    def partners(self) -> Network:
        """Where hosts that exist only in this world are put: `partners.serve(host, handler)`."""
        return self.network

    def session(self, account: str = DEFAULT_ACCOUNT_ID, region: str = DEFAULT_REGION) -> Session:
        """A boto3-like session acting in `account`; its calls never leave this process.

        Inside a fiber a call that has to wait parks the fiber; outside, it lets virtual time run.
        """
        if _owner is not self:
            raise RuntimeError(
                f"the cloud of the world with seed {self._world.seed} is closed: "
                "a newer World of this process has taken over"
            )
        key = (account, region)
        if key not in self._sessions:
            self._sessions[key] = Session(self.gateway.handle, account, region)
        return self._sessions[key]

    def unseen(self) -> AbstractContextManager[None]:
        """While open, the running fiber's calls leave no facts: for looking without touching."""
        return on_behalf(unseen=True)

    def peek_queue(
        self, name: str, account: str = DEFAULT_ACCOUNT_ID, region: str = DEFAULT_REGION
    ) -> list[dict[str, Any]]:
        """The messages a queue holds, visible or not, without receiving them."""
        return sqs.peek(name, account, region)

    def queue(
        self, name: str, account: str = DEFAULT_ACCOUNT_ID, region: str = DEFAULT_REGION
    ) -> Queue:
        """The model of a queue that was created as `name`, for actors that skip botocore."""
        return sqs.queue(name, account, region)

    def close(self) -> None:
        """End every function's process."""
        self.functions.close()
