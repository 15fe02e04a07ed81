"""Event source mappings: what reads a queue or a stream for a function.

Source: Lambda API Reference, "CreateEventSourceMapping" and its kin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import EventSourceMapping
from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time

from simulator.aws.functions import mapping_checks
from simulator.aws.functions.exceptions import Conflict, NotFound

if TYPE_CHECKING:
    from simulator.aws.functions.door import Door
    from simulator.aws.functions.models import VirtualFunction
    from simulator.world import World


class Source(Protocol):
    """What reads for a mapping."""

    def start(self) -> None:
        """Begin to read."""

    def change(self) -> None:
        """Put changed settings in force."""

    def wake(self) -> None:
        """Say that there may be something new."""

    def stop(self) -> None:
        """Read no more."""


class Mapping(EventSourceMapping):
    """moto's mapping, that reads. `result` is how its last batch went."""

    door: Door
    source: Source
    result = "No records processed"

    @property
    def service(self) -> str:
        """sqs, kinesis or dynamodb."""
        return str(self.event_source_arn).split(":")[2]

    def note(self, result: str) -> None:
        """Take down how a batch went."""
        self.result = result

    def target(self) -> tuple[VirtualFunction, str]:
        """The function's version at this instant, and its ARN."""
        from simulator.aws.functions.backend import resolve

        return resolve(self.function_arn)

    def role(self) -> str:
        """The role of the function; nothing where the function is no more."""
        try:
            return str(self.target()[0].role)
        except UnknownFunctionException:
            return ""

    def get_configuration(self) -> dict[str, Any]:
        """The mapping as the API tells it."""
        return {**super().get_configuration(), "LastProcessingResult": self.result}


class Mappings:
    """The part of Lambda's backend that keeps them."""

    world: World
    door: Door
    account_id: str
    region_name: str
    _event_source_mappings: dict[str, EventSourceMapping]
    listeners: ClassVar[list[Callable[[str], None]]] = []
    """Who else reads streams, and hears of new records by the stream's ARN."""

    def resolve(self, name: str, qualifier: str | None = None) -> tuple[VirtualFunction, str]:
        """See the backend."""
        raise NotImplementedError

    def create_event_source_mapping(self, spec: dict[str, Any]) -> Mapping:
        """Let a function be run on what comes from a queue or a stream."""
        for name in ("EventSourceArn", "FunctionName"):
            if not spec.get(name):
                raise JsonRESTError("InvalidParameterValueException", f"Missing {name}")
        function, arn = self.resolve(spec["FunctionName"])
        source_arn = str(spec["EventSourceArn"])
        origin = _origin(source_arn, self.account_id, self.region_name)
        for other in self._event_source_mappings.values():
            if (other.event_source_arn, other.function_arn) == (source_arn, arn):
                raise Conflict(
                    f"An event source mapping with {source_arn.split(':')[2]} arn "
                    f'(" {source_arn} ") and function (" {function.function_name} ") already '
                    f"exists. Please update or delete the existing mapping with UUID {other.uuid}"
                )
        mapping_checks.new(spec, function, origin)
        known = {"RegionName": self.region_name, "AccountId": self.account_id, "FunctionArn": arn}
        mapping = Mapping({**spec, **known})  # type: ignore[abstract]
        self._event_source_mappings[mapping.uuid] = mapping
        mapping.source = source_of(self.world, mapping, origin)
        mapping.source.start()
        return mapping

    def update_event_source_mapping(self, uuid: str, spec: dict[str, Any]) -> Any:
        """Change a mapping; batches that are under way go on as they began."""
        mapping: Any = self._event_source_mappings.get(uuid)
        if mapping is None:
            return None
        changed = {key: value for key, value in spec.items() if value is not None}
        if mapping.service != "sqs":
            mapping_checks.stream(changed)
        if name := changed.pop("FunctionName", None):
            mapping.function_arn = self.resolve(name)[1]
        super().update_event_source_mapping(uuid, changed)  # type: ignore[misc]
        mapping.last_modified = unix_time()
        mapping.source.change()
        return mapping

    def delete_event_source_mapping(self, uuid: str) -> Any:
        """End a mapping."""
        mapping: Any = self._event_source_mappings.pop(uuid, None)
        if mapping is not None:
            mapping.source.stop()
        return mapping

    def list_event_source_mappings(self, event_source_arn: str, function_name: str) -> list[Any]:
        """Those of a source and a function, or of any."""
        found = list(self._event_source_mappings.values())
        if event_source_arn:
            found = [each for each in found if each.event_source_arn == event_source_arn]
        if function_name:
            wanted = _same(function_name)
            found = [each for each in found if _same(each.function_arn) == wanted]
        return found

    def send_kinesis_message(self, **told: Any) -> None:
        """moto says that a stream has a new record: let its readers look."""
        self._wake(str(told["kinesis_stream"]))

    def send_dynamodb_items(self, function_arn: str, items: list[Any], source: str) -> None:
        """moto says that a table's stream has new records: let its readers look."""
        del function_arn, items
        self._wake(source)

    def _wake(self, source_arn: str) -> None:
        for mapping in list(self._event_source_mappings.values()):
            if mapping.event_source_arn == source_arn and isinstance(mapping, Mapping):
                mapping.source.wake()
        for listener in self.listeners:
            listener(source_arn)


def source_of(world: World, mapping: Mapping, origin: Any) -> Source:
    """What reads for a mapping."""
    if mapping.service == "sqs":
        from simulator.aws.functions.queues import QueueSource

        return QueueSource(world, mapping, origin)
    from simulator.aws.functions.streams import StreamSource

    # moto tells of a new record by the mappings it finds here.
    origin.lambda_event_source_mappings[mapping.function_arn] = mapping
    return StreamSource(world, mapping, origin)


def origin_of(arn: str) -> Any:
    """The queue, stream or table of a full ARN. Raises an error of Lambda's where there is none."""
    return _origin(arn, "", "")


def _same(name_or_arn: str) -> str:
    """A function's name and qualifier, however it was named."""
    return name_or_arn.rpartition(":function:")[2]


def _origin(arn: str, account: str, region: str) -> Any:
    """The queue, stream or table of an ARN. Raises an error of Lambda's where there is none."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        raise JsonRESTError("ResourceNotFoundException", "Invalid EventSourceArn")
    service, where, owner, name = parts[2], parts[3] or region, parts[4] or account, parts[5]
    found: Any = None
    if service == "sqs":
        from moto.sqs.models import sqs_backends

        found = sqs_backends[owner][where].queues.get(name)
    elif service == "kinesis":
        from moto.kinesis.models import kinesis_backends

        streams = kinesis_backends[owner][where].streams
        found = next((each for each in streams.values() if each.arn == arn), None)
    elif service == "dynamodb":
        from moto.dynamodb.models import dynamodb_backends

        table = dynamodb_backends[owner][where].tables.get(name.split("/")[1])
        label = name.rpartition("/stream/")[2]
        if table is not None and table.latest_stream_label == label:
            found = table
    else:
        raise NotImplementedError(f"an event source mapping of {service}")
    if found is None:
        raise NotFound("Invalid EventSourceArn")
    return found
