"""The lives of stacks: creation, update and deletion from their first event to their last.

Source: AWS CloudFormation User Guide, "Stack status codes", "Stack failure options", "Continue
rolling back an update"; API Reference, "CreateStack", "CancelUpdateStack", "DeleteStack".
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow

from simulator.aws.cloudformation import monitoring, waiting
from simulator.aws.cloudformation.deploying import FAILURES, Deployment
from simulator.aws.cloudformation.exceptions import invalid
from simulator.aws.cloudformation.policies import StackPolicy
from simulator.kernel import sleep
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from simulator.aws.cloudformation.blueprint import Blueprint
    from simulator.aws.cloudformation.stack import Stack


class _Superseded(BaseException):
    """Another operation takes a stack over."""


_ASKED = {"ROLLBACK": "Rollback requested by user.", "DELETE": "Delete requested by user."}
_TIMED_OUT = "Stack creation time exceeded the specified timeout."


class Lives:
    """The operations on stacks, of the backend that has them."""

    stacks: dict[str, Stack]
    deleted_stacks: dict[str, Stack]
    exports: Any
    change_sets: Any

    def _start(self, stack: Stack, work: Callable[[], None]) -> None:
        def run() -> None:
            with suppress(_Superseded), on_behalf(actor=stack.actor):
                work()

        stack.cancelled = None
        stack.operation = stack.world.spawn(
            run, name=f"stack {stack.name}", actor="cloudformation", daemon=True
        )

    # Creating.

    def start_create(
        self,
        stack: Stack,
        blueprint: Blueprint,
        on_failure: str,
        reason: str = "User Initiated",
    ) -> None:
        """Start the operation that creates a stack's resources."""
        stack.blueprint, stack.template = blueprint, blueprint.text
        stack.disable_rollback = on_failure == "DO_NOTHING"
        stack.tell("CREATE_IN_PROGRESS", reason)
        self._start(stack, lambda: self._create(stack, blueprint, on_failure))

    def _create(self, stack: Stack, blueprint: Blueprint, on_failure: str) -> None:
        stack.undoing = deployment = Deployment(stack, blueprint)
        trouble = self._make(stack, deployment)
        if trouble is None:
            stack.tell("CREATE_COMPLETE")
            return
        if on_failure == "DO_NOTHING":
            stack.tell("CREATE_FAILED", trouble)
            return
        verb = "DELETE" if on_failure == "DELETE" else "ROLLBACK"
        stack.cancelled = None
        stack.tell(f"{verb}_IN_PROGRESS", f"{trouble} {_ASKED[verb]}")
        self._unmake(stack, deployment, verb)

    def _unmake(self, stack: Stack, deployment: Deployment, verb: str) -> None:
        stuck = deployment.delete(list(stack.resources))
        if stuck:
            stack.tell(f"{verb}_FAILED", _stuck(stuck))
            return
        stack.tell(f"{verb}_COMPLETE")
        if verb == "DELETE":
            self._bury(stack)

    def _make(self, stack: Stack, deployment: Deployment) -> str | None:
        """Make a stack's resources and outputs; why that could not be."""
        operation = stack.operation

        def time_out() -> None:
            sleep(float(stack.timeout_in_minutes or 0) * 60)
            if stack.operation is operation and stack.status == "CREATE_IN_PROGRESS":
                waiting.cancel(stack, _TIMED_OUT)

        if stack.timeout_in_minutes:
            stack.world.spawn(time_out, name=f"time-out of {stack.name}", background=True)
        well = deployment.create()
        if stack.cancelled:
            return stack.cancelled
        if not well:
            named = ", ".join(deployment.failed)
            return f"The following resource(s) failed to create: [{named}]."
        return monitoring.watch(stack) or self._publish_outputs(stack, deployment)

    def _publish_outputs(self, stack: Stack, deployment: Deployment) -> str | None:
        """Work out and export the outputs; why that could not be."""
        try:
            outputs = deployment.outputs()
        except FAILURES as error:
            return str(getattr(error, "message", "") or error)
        for output in outputs:
            name = output.get("ExportName")
            there = self.exports.get(name) if name else None
            if there is not None and there.exporting_stack_id != stack.stack_id:
                owner = self.stacks.get(there.exporting_stack_id)
                by = owner.name if owner else there.exporting_stack_id
                return f"Export with name {name} is already exported by stack {by}. "
        values = {each.get("ExportName"): each["OutputValue"] for each in outputs}
        for export in stack.exports:
            users = self._users(stack, export.name)
            if users and export.name not in values:
                return _canceled("delete", export.name, users)
            if users and values[export.name] != export.value:
                return _canceled("update", export.name, users)
        for export in stack.exports:
            self.exports.pop(export.name, None)
        stack.output_list = outputs
        for export in stack.exports:
            self.exports[export.name] = export
        return None

    # Updating.

    def start_update(
        self,
        stack: Stack,
        blueprint: Blueprint,
        disable_rollback: bool = False,
        *,
        tags: dict[str, str] | None = None,
        policy: str | None = None,
    ) -> None:
        """Start the operation that updates a stack's resources.

        `tags` become the stack's; `policy` holds instead of the stack's for this update only.
        """
        before, stack.tags = stack.tags, stack.tags if tags is None else tags
        stack.tell("UPDATE_IN_PROGRESS", "User Initiated")
        stack.last_updated_time = utcnow()
        deployment = Deployment(
            stack, blueprint, StackPolicy(stack.policy if policy is None else policy)
        )
        self._start(stack, lambda: self._update(stack, deployment, disable_rollback, before))

    def _update(
        self, stack: Stack, deployment: Deployment, disable_rollback: bool, tags: dict[str, str]
    ) -> None:
        blueprint = deployment.blueprint
        trouble = self._change(stack, deployment)
        if trouble is None:
            gone = [name for name in stack.resources if name not in blueprint.wanted]
            stack.tell("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            deployment.clean_up(gone)
            stack.blueprint, stack.template = blueprint, blueprint.text
            stack.parameters = stack.stack_parameters
            stack.tell("UPDATE_COMPLETE")
            return
        deployment.stable = (stack.blueprint, tags)
        stack.undoing = deployment
        if disable_rollback:
            stack.blueprint, stack.template = blueprint, blueprint.text
            stack.tell("UPDATE_FAILED", trouble)
        else:
            self._roll_back(stack, deployment, trouble)

    def _change(self, stack: Stack, deployment: Deployment) -> str | None:
        """Change a stack's resources and outputs; why that could not be."""
        well = deployment.update()
        if stack.cancelled:
            return stack.cancelled
        if not well:
            named = ", ".join(deployment.failed)
            return f"The following resource(s) failed to update: [{named}]. "
        return monitoring.watch(stack) or self._publish_outputs(stack, deployment)

    def _roll_back(
        self, stack: Stack, deployment: Deployment, reason: str, skipped: list[str] | None = None
    ) -> None:
        stack.cancelled = None
        stack.blueprint, stack.tags = deployment.stable
        stack.template = stack.blueprint.text if stack.blueprint else ""
        stack.tell("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        stuck = deployment.undo(skipped)
        if stuck:
            told = f"The following resource(s) failed to update: [{', '.join(stuck)}]. "
            stack.tell("UPDATE_ROLLBACK_FAILED", told)
            return
        old = stack.blueprint
        added = [name for name in stack.resources if not old or name not in old.wanted]
        stack.tell("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        deployment.clean_up(added)
        stack.tell("UPDATE_ROLLBACK_COMPLETE")

    def continue_rollback(self, stack: Stack, skipped: list[str]) -> None:
        """Try again to put back what could not be. Raises ValidationError in another state."""
        deployment = stack.undoing
        if stack.status != "UPDATE_ROLLBACK_FAILED" or deployment is None:
            raise invalid(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not continue rollback"
            )
        strange = [name for name in skipped if name not in deployment.before]
        if strange:
            raise invalid(
                f"Some resource(s) cannot be skipped: [{', '.join(strange)}] are not in "
                "UPDATE_FAILED state"
            )
        self._start(stack, lambda: self._roll_back(stack, deployment, "User Initiated", skipped))

    def roll_back(self, stack: Stack) -> None:
        """Undo what was left as it failed. Raises ValidationError in another state."""
        deployment = stack.undoing
        if deployment is not None and stack.status == "UPDATE_FAILED":
            self._start(stack, lambda: self._roll_back(stack, deployment, "User Initiated"))
        elif deployment is not None and stack.status == "CREATE_FAILED":
            stack.tell("ROLLBACK_IN_PROGRESS", "User Initiated")
            self._start(stack, lambda: self._unmake(stack, deployment, "ROLLBACK"))
        else:
            raise invalid(
                f"RollbackStack cannot be called on stack {stack.name} in {stack.status} state"
            )

    def cancel_update(self, stack: Stack) -> None:
        """Stop an update and roll it back. Raises ValidationError in another state."""
        if stack.status != "UPDATE_IN_PROGRESS":
            raise invalid("CancelUpdateStack cannot be called from current stack status")
        waiting.cancel(stack, "User Initiated")

    # Deleting.

    def begin_delete(
        self, stack: Stack, retained: list[str] | None = None, *, forced: bool = False
    ) -> None:
        """Start the operation that deletes a stack; `forced` leaves what will not go."""
        for name in [export.name for export in stack.exports]:
            users = self._users(stack, name)
            if users:
                stack.tell("DELETE_IN_PROGRESS", "User Initiated")
                stack.tell("DELETE_FAILED", _canceled("delete", name, users))
                return
        if stack.operation is not None and stack.operation.alive:
            stack.operation.interrupt(_Superseded())
        stack.tell("DELETE_IN_PROGRESS", "User Initiated")
        self._start(stack, lambda: self._delete(stack, retained or [], forced))

    def _users(self, stack: Stack, name: str) -> list[str]:
        """The other stacks that import one of a stack's exports."""
        return [s.name for s in self.stacks.values() if name in s.imports and s is not stack]

    def _delete(self, stack: Stack, retained: list[str], forced: bool) -> None:
        for name in retained:
            kept = stack.resources.pop(name, None)
            if kept is not None:
                stack.tell_of(kept, "DELETE_SKIPPED")
        if stack.blueprint is not None:
            deployment = Deployment(stack, stack.blueprint)
            stuck = deployment.delete(list(stack.resources))
            if stuck and not forced:
                stack.tell("DELETE_FAILED", _stuck(stuck))
                return
            for name in stuck:
                stack.tell_of(stack.resources.pop(name), "DELETE_SKIPPED")
        stack.tell("DELETE_COMPLETE")
        self._bury(stack)

    def _bury(self, stack: Stack) -> None:
        stack.deletion_time = utcnow()
        for export in stack.exports:
            self.exports.pop(export.name, None)
        stack.output_list = []
        if self.stacks.pop(stack.stack_id, None) is not None:
            self.deleted_stacks[stack.stack_id] = stack
        for name in [n for n, c in self.change_sets.items() if c.stack_id == stack.stack_id]:
            del self.change_sets[name]


def _canceled(verb: str, name: str, users: list[str]) -> str:
    used = f"as it is in use by {' and '.join(users)}."
    return f"{verb.capitalize()} canceled. Cannot {verb} export {name} {used}"


def _stuck(names: list[str]) -> str:
    return f"The following resource(s) failed to delete: [{', '.join(names)}]. "
