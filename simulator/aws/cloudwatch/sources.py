"""Lambda's and Step Functions' metrics, folded from the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulator.journal import Fact
from simulator.kernel import current_fiber
from simulator.model.metrics import HOME, Metrics

if TYPE_CHECKING:
    from simulator.world import World

_OK = "ok"
_ENDINGS = {
    "ExecutionSucceeded": "ExecutionsSucceeded",
    "ExecutionFailed": "ExecutionsFailed",
    "ExecutionTimedOut": "ExecutionsTimedOut",
    "ExecutionAborted": "ExecutionsAborted",
}
_TASK_ENDINGS = ("Succeeded", "Failed", "TimedOut")


def install(world: World) -> None:
    """Fold the journal of `world` into metrics."""
    folds = {"lambda": LambdaMetrics(world.metrics).see, "states": StatesMetrics(world.metrics).see}

    def see(fact: Fact) -> None:
        fold = folds.get(fact.what.partition(".")[0])
        if fold is not None:
            fold(fact)

    world.journal.subscribe(see)


def _whose(service: str, kind: str, name: str) -> str:
    """The ARN of a resource: its fiber's context may tell, or the account and Region it acts in."""
    fiber = current_fiber()
    context = fiber.context if fiber else {}
    arn = context.get(f"{service}_arn")
    if isinstance(arn, str):
        return arn
    found = _found(service, name, context.get("account"), context.get("region"))
    return found or f"arn:aws:{service}:{HOME[1]}:{HOME[0]}:{kind}:{name}"


def _found(service: str, name: str, account: str | None, region: str | None) -> str:
    """The ARN of the resource called `name`, looked for where the fiber acts, else anywhere."""
    from moto.awslambda.models import lambda_backends
    from moto.stepfunctions.models import stepfunctions_backends

    places: Any = lambda_backends if service == "lambda" else stepfunctions_backends
    accounts = [account] if account in places else []
    for each in [*accounts, *(other for other in places if other not in accounts)]:
        regions = list(places[each])
        for where in [*([region] if region in regions else []), *regions]:
            backend = places[each][where]
            if service == "lambda":
                for function in backend.list_functions():
                    if function.function_name == name:
                        return str(function.function_arn)
            else:
                for machine in backend.state_machines:
                    if machine.name == name:
                        return str(machine.arn)
    return ""


class LambdaMetrics:
    """AWS/Lambda: invocations, errors, durations, concurrency.

    Source: Lambda Developer Guide, "Types of metrics for Lambda functions".
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._running: dict[str, int] = {}
        self._began_s: dict[str, float] = {}

    def see(self, fact: Fact) -> None:
        """Take in a fact of a function."""
        name = str(fact.data.get("function", ""))
        if fact.what == "lambda.started":
            count = self._counter(name)
            self._running[name] = self._running.get(name, 0) + 1
            self._began_s[str(fact.data["request_id"])] = self._metrics.unix_s
            count("Invocations", 1.0)
            count("ConcurrentExecutions", self._running[name])
        elif fact.what == "lambda.ended":
            count = self._counter(name)
            self._running[name] = max(0, self._running.get(name, 0) - 1)
            failed = fact.data["outcome"] != _OK
            began_s = self._began_s.pop(str(fact.data["request_id"]), self._metrics.unix_s)
            # an error's timestamp is that of the invocation, not of the error
            count("Errors", float(failed), at_s=began_s)
            count("Duration", 1000 * float(fact.data["duration_s"]), "Milliseconds")

        elif fact.what == "lambda.throttled":
            self._counter(name)("Throttles", 1.0)
        elif fact.what == "lambda.recursive_loop":
            self._counter(name)("RecursiveInvocationsDropped", 1.0)

    def _counter(self, name: str) -> Callable[..., None]:
        """What counts a datum of one function, under each of its sets of dimensions."""
        arn = _whose("lambda", "function", name)

        def count(
            metric: str, value: float, unit: str = "Count", at_s: float | None = None
        ) -> None:
            for named in ({"FunctionName": name}, {"FunctionName": name, "Resource": name}, {}):
                self._metrics.count("AWS/Lambda", metric, named, value, unit, arn=arn, at_s=at_s)

        return count


class StatesMetrics:
    """AWS/States: executions, the functions they call and their other service integrations.

    Source: Step Functions Developer Guide, "Monitoring Step Functions metrics using CloudWatch".
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._machines: dict[tuple[str, str], tuple[str, float]] = {}
        self._tasks: dict[tuple[str, str], dict[int, _Task]] = {}

    def see(self, fact: Fact) -> None:
        """Take in a history event."""
        kind = fact.what.partition(".")[2]
        key = (str(fact.data.get("machine")), str(fact.data.get("execution")))
        if kind == "ExecutionStarted":
            arn = _whose("states", "stateMachine", key[0])
            self._machines[key] = (arn, fact.at)
            self._count(arn, "ExecutionsStarted", {"StateMachineArn": arn})
        elif kind in _ENDINGS:
            arn, began_s = self._machines.pop(key, ("", fact.at))
            self._tasks.pop(key, None)
            self._count(arn, _ENDINGS[kind], {"StateMachineArn": arn})
            self._time(arn, "ExecutionTime", {"StateMachineArn": arn}, fact.at - began_s)
        elif kind.startswith(("LambdaFunction", "Task")) and key in self._machines:
            self._see_task(fact, kind, key)

    def _see_task(self, fact: Fact, kind: str, key: tuple[str, str]) -> None:
        """A step of a task; each event names the one before, and so the task it belongs to."""
        tasks = self._tasks.setdefault(key, {})
        number, arn = int(fact.data["id"]), self._machines[key][0]
        if kind in ("LambdaFunctionScheduled", "TaskScheduled"):
            task = tasks[number] = _task_of(fact, kind)
            task.scheduled_s = fact.at
            self._count(arn, f"{task.prefix}sScheduled", task.dimensions)
            return
        known = tasks.pop(int(fact.data["previous_id"]), None)
        if known is None:
            return
        word = kind.removeprefix("LambdaFunction").removeprefix("Task")
        if word in ("Started", "Submitted"):
            tasks[number] = known
            if word == "Started":
                known.started_s = fact.at
                waited_s = fact.at - known.scheduled_s
                self._count(arn, f"{known.prefix}sStarted", known.dimensions)
                self._time(arn, f"{known.prefix}ScheduleTime", known.dimensions, waited_s)
        elif word in _TASK_ENDINGS:
            self._count(arn, f"{known.prefix}s{word}", known.dimensions)
            ran_s = fact.at - known.started_s
            self._time(arn, f"{known.prefix}RunTime", known.dimensions, ran_s)
            total_s = fact.at - known.scheduled_s
            self._time(arn, f"{known.prefix}Time", known.dimensions, total_s)

    def _count(self, arn: str, name: str, dimensions: dict[str, str]) -> None:
        self._metrics.count("AWS/States", name, dimensions, arn=arn)

    def _time(self, arn: str, name: str, dimensions: dict[str, str], spent_s: float) -> None:
        spent_ms = round(1000 * spent_s, 3)
        self._metrics.count("AWS/States", name, dimensions, spent_ms, "Milliseconds", arn=arn)


class _Task:
    def __init__(self, prefix: str, dimensions: dict[str, str]) -> None:
        self.prefix = prefix
        self.dimensions = dimensions
        self.scheduled_s = self.started_s = 0.0


def _task_of(fact: Fact, kind: str) -> _Task:
    resource = str(fact.data.get("resource", ""))
    if kind == "LambdaFunctionScheduled":
        return _Task("LambdaFunction", {"LambdaFunctionArn": resource})
    integration = f"arn:aws:states:::{fact.data.get('resourceType', '')}:{resource}"
    return _Task("ServiceIntegration", {"ServiceIntegrationResourceArn": integration})
