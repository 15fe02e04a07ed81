"""A state under test: what its filters make of the data is noted, and a mock takes its place.

Sources: AWS Step Functions API Reference, "InspectionData"; Developer Guide, "Using TestState API
to test a state".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.moto_api._internal import mock_random
from moto.stepfunctions.parser.asl.component.common.catch.catcher_outcome import (
    CatcherOutcomeCaught,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.retry.retry_outcome import RetryOutcome
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from simulator.aws.states import failures
from simulator.aws.states.maps import OVER_THRESHOLD, TOO_MANY_FAILED


class Retriable(Exception):
    """The state would be tried again: that is the answer, and nobody waits for it."""


class Inspection:
    """What is seen of one state while it runs."""

    def __init__(self, definition: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
        self.data: dict[str, Any] = {}
        self.error: dict[str, Any] = {}
        self.caught = False
        self.retriable = False
        self._definition = definition
        self._mock: Mapping[str, Any] = asked.get("mock") or {}
        self._configured: Mapping[str, Any] = asked.get("stateConfiguration") or {}

    def attach(self, state: Any) -> None:
        """Watch a parsed state, and put the mock in the place of its work."""
        kind = self._definition["Type"]
        if state._is_language_query_jsonpath():
            if not (kind == "Pass" and "Result" in self._definition):
                self._note(state.input_path, "afterInputPath")
            self._note_paths(state, kind)
        if kind in ("Task", "Map", "Parallel"):
            plain_error = state._from_error
            state._from_error = lambda env, ex: self._failed(plain_error(env=env, ex=ex))
            state._eval_execution = self._work(state, kind, state._eval_execution)
            if state.retry:
                state._handle_retry = lambda env, failure_event: self._retry(
                    state, env, failure_event
                )
            for index, catcher in enumerate(state.catch.catchers if state.catch else ()):
                self._watch_catcher(catcher, index)

    def _put(self, field: str, value: Any) -> None:
        self.data[field] = to_json_str(value)

    def _note(self, part: Any, field: str) -> None:
        """Note what lies on the stack after `part` has run."""
        plain = part._eval_body

        def evaluate(env: Any) -> None:
            plain(env)
            self._put(field, env.stack[-1])

        part._eval_body = evaluate

    def _note_paths(self, state: Any, kind: str) -> None:
        """JSONPath's filters behind the input; one that is left out hands on what it gets."""
        selector = getattr(state, "result_selector", None)
        if selector:
            self._note(selector, "afterResultSelector")
        if getattr(state, "result_path", None) is not None:
            plain = state.result_path._eval_body

            def evaluate(env: Any) -> None:
                if not selector:
                    self._put("afterResultSelector", env.stack[-1])
                plain(env)
                self._put("afterResultPath", env.stack[-1])

            state.result_path._eval_body = evaluate
        if kind == "Pass" and "Result" in self._definition:
            self._note(state.result, "result")
        elif kind == "Pass":
            if state.parameters:
                self._note(state.parameters, "afterParameters")
            else:
                self._note(state.input_path, "afterParameters")

    # errors

    def _failed(self, event: Any) -> Any:
        details: Mapping[str, Any] = next(iter((event.event_details or {}).values()), {})
        self.error = {name: details[name] for name in ("error", "cause") if details.get(name)}
        return event

    def _retry(self, state: Any, env: Any, event: Any) -> RetryOutcome:
        """Whether a retrier would try again, after so many attempts as the request says."""
        attempts = int(self._configured.get("retrierRetryCount") or 0)
        for index, retrier in enumerate(state.retry.retriers):
            env.stack.append(event.error_name)
            retrier.error_equals.eval(env)
            if not env.stack.pop():
                continue
            self.data["errorDetails"] = {"retryIndex": index}
            if attempts >= retrier.max_attempts.attempts:
                return RetryOutcome.CannotRetry
            wait_s = retrier.interval_seconds.seconds * retrier.backoff_rate.rate**attempts
            wait_s = min(wait_s, retrier.max_delay_seconds.max_delays_seconds)
            self.data["errorDetails"]["retryBackoffIntervalSeconds"] = int(wait_s)
            self.retriable = True
            raise Retriable
        return RetryOutcome.NoRetrier

    def _watch_catcher(self, catcher: Any, index: int) -> None:
        plain = catcher._eval_body

        def evaluate(env: Any) -> None:
            plain(env)
            if isinstance(env.stack[-1], CatcherOutcomeCaught):
                self.caught = True
                self.data["errorDetails"] = {"catchIndex": index}

        catcher._eval_body = evaluate

    # the work itself

    def _work(self, state: Any, kind: str, plain: Callable[[Any], None]) -> Callable[[Any], None]:
        def evaluate(env: Any) -> None:
            if not self._mock:
                plain(env)
            elif kind == "Task":
                self._parameters(state, env)
                self._answer(env)
            else:
                if kind == "Map":
                    self._items(state, env)
                self._answer(env)
            if kind == "Task":
                self._put("result", env.stack[-1])

        if kind == "Task" and not self._mock:
            plain_parameters = state._eval_parameters

            def parameters(env: Any) -> Any:
                made = plain_parameters(env=env)
                self._put(self._arguments(state), made if state.parargs else env.stack[-1])
                return made

            state._eval_parameters = parameters
        return evaluate

    @staticmethod
    def _arguments(state: Any) -> str:
        return "afterParameters" if state._is_language_query_jsonpath() else "afterArguments"

    def _parameters(self, state: Any, env: Any) -> None:
        context = env.states.context_object.context_object_data
        if str(self._definition.get("Resource", "")).endswith(".waitForTaskToken"):
            context.setdefault("Task", {"Token": str(mock_random.uuid4())})
        if state.parargs:
            state.parargs.eval(env=env)
            self._put(self._arguments(state), env.stack.pop())
        elif state._is_language_query_jsonpath():
            self._put("afterParameters", env.stack[-1])

    def _answer(self, env: Any) -> None:
        """The mocked result, or the mocked failure."""
        error = self._mock.get("errorOutput")
        if error is None:
            env.stack.append(json.loads(self._mock["result"]))
            return
        raise _mocked(env, error.get("error") or "", error.get("cause") or "")

    def _items(self, state: Any, env: Any) -> None:
        """A Map state's settings and items, and whether too many of its children have failed."""
        items = None
        if self._configured.get("mapItemReaderData") and state.item_reader:
            items = json.loads(self._configured["mapItemReaderData"])
        elif not state.item_reader and (state.items_path or state.items):
            (state.items_path or state.items).eval(env=env)
            items = env.stack.pop()
            if not isinstance(items, list):
                path = self._definition.get("ItemsPath", "$")
                path = path[1:] if path.startswith("$$") else path
                told = f'Reference path "{path}" must point to array.'
                raise _mocked(env, "States.Runtime", told)
            if state.items_path:
                self._put("afterItemsPath", items)
        self.data["maxConcurrency"] = self._number(state.max_concurrency_decl, env)
        given = [name for name in self._definition if name.startswith("ToleratedFailure")]
        count = share = None
        if any(name.startswith("ToleratedFailureCount") for name in given):
            count = self._number(state.tolerated_failure_count_decl, env)
            self.data["toleratedFailureCount"] = count
        if any(name.startswith("ToleratedFailurePercentage") for name in given):
            share = float(self._number(state.tolerated_failure_percentage_decl, env))
            self.data["toleratedFailurePercentage"] = share
        failed = int(self._configured.get("mapIterationFailureCount") or 0)
        percentage = failed * 100 / len(items) if items else 0
        if (count is not None and failed > count) or (share is not None and percentage > share):
            raise _mocked(env, OVER_THRESHOLD, TOO_MANY_FAILED)

    @staticmethod
    def _number(part: Any, env: Any) -> Any:
        part.eval(env=env)
        return env.stack.pop()


def _mocked(env: Any, error: str, cause: str) -> FailureEventException:
    if error == "States.Runtime":
        return failures.state_failed(env, error, cause)
    return failures.failed(env, "taskFailed", error, cause)
