"""How a function's asynchronous events are treated, set by qualifier.

Source: Lambda API Reference, "PutFunctionEventInvokeConfig" and its kin.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto.awslambda.exceptions import UnknownEventConfig
from moto.awslambda.models import EventInvokeConfig
from moto.core.utils import unix_time

from simulator.aws.functions.later import qualifier_of

if TYPE_CHECKING:
    from simulator.aws.functions.models import VirtualFunction

_SETTINGS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")


class InvokeConfigs:
    """The part of Lambda's backend that keeps them."""

    def resolve(self, name: str, qualifier: str | None = None) -> tuple[VirtualFunction, str]:
        """See the backend."""
        raise NotImplementedError

    def put_invoke_config(
        self, name: str, qualifier: str | None, config: dict[str, Any], *, merge: bool
    ) -> dict[str, Any]:
        """Set them; with `merge`, what is not named stays."""
        function, arn = self.resolve(name, qualifier)
        key = qualifier_of(arn)
        settings = {each: config[each] for each in _SETTINGS if config.get(each) is not None}
        if merge:
            old = function.invoke_configs.get(key, {})  # AWS refuses where there are none; moto not
            settings = {each: old[each] for each in _SETTINGS if each in old} | settings
        checked = EventInvokeConfig(arn, unix_time(), settings)  # type: ignore[arg-type]
        function.invoke_configs[key] = checked.response()
        return function.invoke_configs[key]

    def get_invoke_config(self, name: str, qualifier: str | None) -> dict[str, Any]:
        """The settings of one qualifier. Raises UnknownEventConfig."""
        function, arn = self.resolve(name, qualifier)
        key = qualifier_of(arn)
        if key not in function.invoke_configs:
            raise UnknownEventConfig(arn)
        return function.invoke_configs[key]

    def delete_invoke_config(self, name: str, qualifier: str | None) -> None:
        """Forget them. Raises UnknownEventConfig."""
        self.get_invoke_config(name, qualifier)
        function, arn = self.resolve(name, qualifier)
        del function.invoke_configs[qualifier_of(arn)]

    def invoke_configs(self, name: str) -> Iterable[dict[str, Any]]:
        """All of a function's."""
        function, _ = self.resolve(name)
        return list(function.invoke_configs.values())
