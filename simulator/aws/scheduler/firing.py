"""Firing schedules: a fiber for each waits in the background, one for each invocation delivers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from moto.moto_api._internal import mock_random

from simulator.aws.events.delivery import policy_of
from simulator.aws.events.entries import instant_text
from simulator.aws.events.targets import Targets
from simulator.aws.events.ticking import seconds_until
from simulator.aws.scheduler.requests import Request, request_for
from simulator.kernel.fiber import sleep
from simulator.model.bus import Outcome, TargetError, deliver
from simulator.model.schedule import Rate, parse
from simulator.model.transform import compact

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.aws.scheduler.models import Schedule
    from simulator.world import World

_MOMENT = timedelta(microseconds=1)


class Firing:
    """Fires the schedules of a world."""

    def __init__(self, world: World, cloud: Cloud) -> None:
        self._world = world
        self._targets = Targets(world, cloud)
        self._window = world.streams["scheduler-window"]
        self._chance = world.streams["scheduler-retry"]

    def start(self, schedule: Schedule, in_force: Callable[[], bool]) -> None:
        """Fire a schedule at its times for as long as it is `in_force`."""
        if "(" not in schedule.schedule_expression:
            return  # moto's clients keep words that are no schedule
        fiber = self._world.spawn(
            self._run, schedule, in_force, name=f"schedule {schedule.name}", background=True
        )
        fiber.context = {"actor": f"scheduler:{schedule.name}", "account": schedule.account_id}

    def _run(self, schedule: Schedule, in_force: Callable[[], bool]) -> None:
        world = self._world
        zone = ZoneInfo(schedule.schedule_expression_timezone)
        expression = parse(schedule.schedule_expression, zone)
        now = world.clock.instant
        start, end = _instant(schedule.start_date), _instant(schedule.end_date)
        # User guide, "Rate-based schedules": without a start date it begins at once.
        origin = start or now
        moment = now - _MOMENT if start is None or start < now else start - _MOMENT
        if not isinstance(expression, Rate):
            moment = max(moment, now)
        due = expression.next_after(moment, origin)
        while due is not None and (end is None or due <= end):
            sleep(max(0.0, seconds_until(world, due)))
            if not in_force():
                return
            following = expression.next_after(due, origin)
            last = following is None or (end is not None and following > end)
            if schedule.state == "ENABLED":
                self._invoke(schedule, due, in_force, last=last)
            due = following

    def _invoke(
        self, schedule: Schedule, due: datetime, in_force: Callable[[], bool], *, last: bool
    ) -> None:
        """Start one invocation, somewhere in the flexible window."""
        window = schedule.flexible_time_window
        delay_s = 0.0
        if window.get("Mode") == "FLEXIBLE":
            longest_s = 60 * float(window.get("MaximumWindowInMinutes") or 0)
            delay_s = round(self._window.random() * longest_s, 3)
        target = dict(schedule.target)

        def invoke() -> None:
            sleep(delay_s)
            if in_force():
                self._deliver(schedule, target, due)
                if last and in_force() and schedule.action_after_completion == "DELETE":
                    schedule.forget()

        self._world.spawn(invoke, name=f"invocation of {schedule.name}", daemon=True)

    def _deliver(self, schedule: Schedule, target: Mapping[str, Any], due: datetime) -> None:
        execution = str(mock_random.uuid4())
        arn = str(target["Arn"])
        told = {"schedule": schedule.name, "target": arn, "id": execution}
        account = schedule.account_id
        self._world.record(
            "events.fired", schedule=schedule.name, group=schedule.group_name, account=account
        )
        attempts = 0
        request: Request | None = None

        def attempt() -> None:
            nonlocal attempts, request
            attempts += 1
            self._count("InvocationAttemptCount", schedule)
            body = _input(schedule, target, due, execution, attempts)
            request = request_for(target, body, schedule.account_id, schedule.region)
            self._call(request)

        def retried(number: int, error: TargetError, wait_s: float) -> None:
            self._count("TargetErrorCount", schedule)
            self._world.record(
                "events.retried", attempt=number, error=error.code, wait_s=wait_s, **told
            )

        outcome = deliver(
            attempt, policy_of(target), self._chance, lambda: self._world.now_s, retried
        )
        if outcome.error is None:
            retries: dict[str, Any] = {"retries": outcome.retries} if outcome.retries else {}
            self._world.record("events.delivered", **told, **retries)
            return
        self._count("TargetErrorCount", schedule)
        self._world.record(
            "events.failed",
            error=outcome.error.told,
            message=outcome.error.message,
            retries=outcome.retries,
            **told,
        )
        attributes = _epitaph(schedule, arn, due, execution, outcome)
        self._bury(schedule, target, request.shown() if request else "{}", attributes)

    def _call(self, request: Request) -> None:
        client = self._targets.client(request.service, request.account, request.region)
        method = getattr(client, request.method, None)
        if method is None:
            message = f"{request.service} has no {request.method}"
            raise TargetError("INVALID_PARAMETER", message, retriable=False)
        members = client.meta.service_model.operation_model(
            client.meta.method_to_api_mapping[request.method]
        ).input_shape.members
        known = {name.lower(): name for name in members}
        parameters = {
            known.get(name.lower(), name): value for name, value in request.parameters.items()
        }
        answer = self._targets.call(lambda: method(**parameters))
        refused = [entry for entry in answer.get("Entries", ()) if entry.get("ErrorCode")]
        if refused and request.method == "put_events":
            code, message = refused[0]["ErrorCode"], refused[0].get("ErrorMessage", "")
            raise TargetError("INVALID_PARAMETER", message, retriable=False, told=code)

    def _bury(
        self,
        schedule: Schedule,
        target: Mapping[str, Any],
        body: str,
        attributes: Mapping[str, str],
    ) -> None:
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            self._count("InvocationDroppedCount", schedule)
            return
        try:
            self._targets.call(lambda: self._targets.send_message(queue, body, attributes))
        except TargetError as error:
            self._count("InvocationsFailedToBeSentToDeadLetterCount", schedule)
            self._world.record(
                "events.failed",
                schedule=schedule.name,
                target=queue,
                id=attributes["EXECUTION_ID"],
                error=error.told,
                message=error.message,
                retries=0,
            )
        else:
            self._count("InvocationsSentToDeadLetterCount", schedule)

    def _count(self, name: str, schedule: Schedule) -> None:
        group = {"ScheduleGroup": schedule.group_name}
        self._world.metrics.count("AWS/Scheduler", name, group, arn=schedule.arn)


def _instant(moment: Any) -> datetime | None:
    """A date of the API, seconds since 1970 or ISO 8601, as an instant."""
    if moment is None:
        return None
    if isinstance(moment, str):
        when = datetime.fromisoformat(moment)
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(moment), UTC)


def _input(
    schedule: Schedule, target: Mapping[str, Any], due: datetime, execution: str, attempt: int
) -> str:
    """What the target is given, context attributes filled in (User Guide, "Adding context")."""
    at = instant_text(due.timestamp())
    given = target.get("Input")
    if not given:
        return compact(
            {
                "version": "0",
                "id": execution,
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": schedule.account_id,
                "time": at,
                "region": schedule.region,
                "resources": [schedule.arn],
                "detail": "{}",
            }
        )
    text = str(given)
    for name, value in (
        ("schedule-arn", schedule.arn),
        ("scheduled-time", at),
        ("execution-id", execution),
        ("attempt-number", str(attempt)),
    ):
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _epitaph(
    schedule: Schedule, target: str, due: datetime, execution: str, outcome: Outcome
) -> dict[str, str]:
    """A dead letter's attributes (User Guide, "Configuring a schedule's dead-letter queue")."""
    assert outcome.error is not None
    return {
        "ERROR_CODE": outcome.error.told,
        "ERROR_MESSAGE": outcome.error.message,
        "EXECUTION_ID": execution,
        "EXHAUSTED_RETRY_CONDITION": outcome.exhausted or "",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(outcome.retries),
        "SCHEDULED_TIME": instant_text(due.timestamp()),
        "SCHEDULE_ARN": schedule.arn,
        "TARGET_ARN": target,
    }
