"""CloudFormation's requests and answers.

Source: AWS CloudFormation API Reference, the page of each action.
"""

from __future__ import annotations

from typing import Any, cast

from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, EmptyResult

from simulator.aws.cloudformation import changing, describing
from simulator.aws.cloudformation.blueprint import draw
from simulator.aws.cloudformation.drifting import Drifting
from simulator.aws.cloudformation.exceptions import invalid
from simulator.aws.cloudformation.models import FormationBackend, require
from simulator.aws.cloudformation.stack import Stack
from simulator.aws.cloudformation.transforms import fetch

_BOTH = "You cannot specify both usePreviousTemplate and Template Body/Template URL."
_LONGEST_BODY = 51_200  # bytes; one that lies in S3 may be longer
_NEITHER = "Either Template URL or Template Body must be specified."


class FormationResponse(Drifting, CloudFormationResponse):
    """moto's handler, with stacks that are really deployed."""

    RESPONSE_KEY_PATH_TO_TRANSFORMER = {  # noqa: RUF012  (moto's form)
        name: transform
        for name, transform in CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER.items()
        if "StackSet" in name
    }

    @property
    def backend(self) -> FormationBackend:
        """The backend of the request's account and Region."""
        return cast("FormationBackend", self.cloudformation_backend)

    def _text(self, stack: Stack | None = None) -> str:
        """The template of a request."""
        body, url = self._get_param("TemplateBody"), self._get_param("TemplateURL")
        if self._get_bool_param("UsePreviousTemplate", False):
            if body or url:
                raise invalid(f"{self._said()}{_BOTH}")
            if stack is not None:
                return str(stack.template)
        if url:
            return self._get_stack_from_s3_url(url)
        if not body:
            raise invalid(f"{self._said()}{_NEITHER}")
        if len(str(body).encode()) > _LONGEST_BODY:
            raise invalid(
                "1 validation error detected: Value at 'templateBody' failed to satisfy "
                f"constraint: Member must have length less than or equal to {_LONGEST_BODY}"
            )
        return str(body)

    def _said(self) -> str:
        """moto's way of beginning these two messages, in this one call."""
        name = "CreateChangeSet"
        if self._get_action() != name or self._get_param("ChangeSetType") != "UPDATE":
            return ""
        return f"An error occurred (ValidationError) when calling the {name} operation: "

    def _get_stack_from_s3_url(self, template_url: str) -> str:
        """The template that lies at an address."""
        stack = Stack(
            "", "reader", "", {}, self.current_account, self.region
        )  # only its account and Region matter
        return fetch(stack, template_url)

    def _tags(self) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self._get_param("Tags", [])}

    def _policy(self, name: str) -> str | None:
        """A stack policy, given as it is or by its address."""
        url = self._get_param(f"{name}URL")
        text = self._get_stack_from_s3_url(url) if url else self._get_param(f"{name}Body")
        return str(text) if text else None

    def _parameters(self, stack: Stack | None = None) -> dict[str, str]:
        found: dict[str, str] = {}
        for each in self._get_param("Parameters", []):
            name = each["ParameterKey"]
            if each.get("UsePreviousValue"):
                if each.get("ParameterValue"):
                    raise invalid(
                        f"Invalid input for parameter key {name}. Cannot specify usePreviousValue "
                        "as true and non empty value for a parameter"
                    )
                if stack is None or name not in stack.stack_parameters:
                    raise invalid(f"Parameters: [{name}] must have values")
                found[name] = stack.stack_parameters[name]
            elif "ParameterValue" in each:
                found[name] = each["ParameterValue"]
            else:
                raise invalid(f"Parameters: [{name}] must have values")
        return found

    # Stacks.

    def create_stack(self) -> ActionResult:
        """CreateStack."""
        on_failure = self._get_param("OnFailure")
        disable = self._get_bool_param("DisableRollback", False)
        if on_failure and disable:
            raise invalid("You can specify either DisableRollback or OnFailure, but not both.")
        stack = self.backend.create_stack(
            name=self._get_param("StackName"),
            template=self._text(),
            parameters=self._parameters(),
            notification_arns=self._get_param("NotificationARNs", []),
            tags=self._tags(),
            role_arn=self._get_param("RoleARN"),
            enable_termination_protection=self._get_bool_param("EnableTerminationProtection"),
            timeout_in_mins=self._get_param("TimeoutInMinutes"),
            stack_policy_body=self._policy("StackPolicy"),
            capabilities=self._get_param("Capabilities"),
            on_failure=on_failure or ("DO_NOTHING" if disable else "ROLLBACK"),
            token=self._get_param("ClientRequestToken"),
            monitored=self._get_param("RollbackConfiguration"),
            retain_except_on_create=bool(self._get_bool_param("RetainExceptOnCreate", False)),
        )
        return ActionResult({"StackId": stack.stack_id})

    def update_stack(self) -> ActionResult:
        """UpdateStack."""
        stack = self._stack()
        text, parameters = self._text(stack), self._parameters(stack)
        self.backend.check_updatable(stack)
        tags = self._tags()
        blueprint = draw(stack, text, parameters)
        require(stack, blueprint, self._get_param("Capabilities"), direct=True)
        same_tags = not tags or tags == stack.tags
        during = self._policy("StackPolicyDuringUpdate")
        asked = self._get_param("TemplateBody") or self._get_param("TemplateURL") or parameters
        if asked and same_tags and changing.is_same(stack, blueprint):
            raise invalid("No updates are to be performed.")
        stack.role_arn = self._get_param("RoleARN") or stack.role_arn
        stack.monitored = self._get_param("RollbackConfiguration") or stack.monitored
        stack.retain_except_on_create = bool(self._get_bool_param("RetainExceptOnCreate", False))
        stack.client_request_token = self._get_param("ClientRequestToken")
        notified = self._get_param("NotificationARNs")
        if notified is not None:
            stack.notification_arns = list(notified)
        self.backend.start_update(
            stack,
            blueprint,
            bool(self._get_bool_param("DisableRollback", False)),
            tags=tags or None,
            policy=during,
        )
        stack.policy = self._policy("StackPolicy") or stack.policy
        return ActionResult({"StackId": stack.stack_id})

    def delete_stack(self) -> ActionResult:
        """DeleteStack."""
        self.backend.delete_stack(
            self._get_param("StackName"),
            self._get_param("RetainResources", []),
            forced=self._get_param("DeletionMode") == "FORCE_DELETE_STACK",
        )
        return EmptyResult()

    def _stack(self) -> Stack:
        name = self._get_param("StackName")
        found = self.backend.stack_or_none(name)
        if found is None:
            raise invalid(f"Stack [{name}] does not exist")
        return found

    def describe_stacks(self) -> ActionResult:
        """DescribeStacks."""
        name, token = self._get_param("StackName"), self._get_param("NextToken")
        every = list(self.backend.stacks.values())
        found = [self.backend.get_stack(name)] if name else every
        start = next((n + 1 for n, s in enumerate(found) if s.stack_id == token), 0)
        page = found[start : start + 50]
        result: dict[str, Any] = {"Stacks": [describing.stack(each) for each in page]}
        if len(found) > start + 50:
            result["NextToken"] = page[-1].stack_id
        return ActionResult(result)

    def list_stacks(self) -> ActionResult:
        """ListStacks."""
        wanted = self._get_param("StackStatusFilter", [])
        every = [*self.backend.stacks.values(), *self.backend.deleted_stacks.values()]
        found = [s for s in every if not wanted or s.status in wanted]
        return ActionResult({"StackSummaries": [describing.summary(each) for each in found]})

    def describe_stack_events(self) -> ActionResult:
        """DescribeStackEvents: the newest first."""
        stack = self._stack()
        token = int(self._get_param("NextToken") or 0)
        events = stack.events[::-1]
        result: dict[str, Any] = {"StackEvents": events[token : token + 100]}
        if len(events) > token + 100:
            result["NextToken"] = str(token + 100)
        return ActionResult(result)

    def describe_stack_resource(self) -> ActionResult:
        """DescribeStackResource."""
        stack = self.backend.get_stack(self._get_param("StackName"))
        name = self._get_param("LogicalResourceId")
        resource = stack.resources.get(name)
        if resource is None:
            raise invalid(f"Resource {name} does not exist for stack {stack.name}")
        return ActionResult({"StackResourceDetail": describing.detail(stack, resource)})

    def describe_stack_resources(self) -> ActionResult:
        """DescribeStackResources."""
        name, physical = self._get_param("StackName"), self._get_param("PhysicalResourceId")
        if name:
            stack = self.backend.get_stack(name)
        else:
            owners = (
                each
                for each in self.backend.stacks.values()
                if any(r.physical_id == physical for r in each.resources.values())
            )
            owner = next(owners, None)
            if owner is None:
                raise invalid(f"Stack for {physical} does not exist")
            stack = owner
        logical_id = self._get_param("LogicalResourceId")
        found = [
            describing.resource(stack, each)
            for each in stack.resources.values()
            if logical_id in (None, each.logical_id)
        ]
        return ActionResult({"StackResources": found})

    def list_stack_resources(self) -> ActionResult:
        """ListStackResources."""
        stack = self.backend.get_stack(self._get_param("StackName"))
        found = [describing.resource_summary(each) for each in stack.resources.values()]
        return ActionResult({"StackResourceSummaries": found})

    def update_termination_protection(self) -> ActionResult:
        """UpdateTerminationProtection."""
        stack = self._stack()
        stack.enable_termination_protection = bool(
            self._get_bool_param("EnableTerminationProtection")
        )
        return ActionResult({"StackId": stack.stack_id})

    def continue_update_rollback(self) -> ActionResult:
        """ContinueUpdateRollback: what could not be put back is tried again, or left."""
        stack = self._stack()
        stack.role_arn = self._get_param("RoleARN") or stack.role_arn
        self.backend.continue_rollback(stack, self._get_param("ResourcesToSkip", []))
        return EmptyResult()

    def cancel_update_stack(self) -> ActionResult:
        """CancelUpdateStack: the update stops and is rolled back."""
        self.backend.cancel_update(self._stack())
        return EmptyResult()

    def rollback_stack(self) -> ActionResult:
        """RollbackStack: what was left as it failed goes back to how it was before."""
        stack = self._stack()
        stack.role_arn = self._get_param("RoleARN") or stack.role_arn
        stack.retain_except_on_create = bool(self._get_bool_param("RetainExceptOnCreate", False))
        self.backend.roll_back(stack)
        return ActionResult({"StackId": stack.stack_id})

    def signal_resource(self) -> ActionResult:
        """SignalResource: a wait condition or a creation policy gets a signal."""
        stack = self._stack()
        name = self._get_param("LogicalResourceId")
        if name not in stack.resources:
            raise invalid(f"Resource {name} does not exist for stack {stack.name}")
        from simulator.aws.cloudformation.waiting import signal

        signal(stack, name, self._get_param("UniqueId"), self._get_param("Status"))
        return EmptyResult()

    def list_imports(self) -> ActionResult:
        """ListImports."""
        name = self._get_param("ExportName")
        found = [s.name for s in self.backend.stacks.values() if name in s.imports]
        if not found:
            raise invalid(f"Export '{name}' is not imported by any stack.")
        return ActionResult({"Imports": found})

    # Templates.

    def get_template(self) -> ActionResult:
        """GetTemplate: as written, or with its macros expanded."""
        stack = self._stack()
        name = self._get_param("ChangeSetName")
        blueprint = stack.blueprint
        if name:
            blueprint = changing.find(self.backend, name, stack.name).blueprint
        processed = self._get_param("TemplateStage", "Original") == "Processed"
        body: Any = stack.template if blueprint is None else blueprint.text
        if processed and blueprint is not None:
            body = describing.as_json(blueprint.processed)
        return ActionResult(
            {"TemplateBody": body or "", "StagesAvailable": ["Original", "Processed"]}
        )

    def get_template_summary(self) -> ActionResult:
        """GetTemplateSummary."""
        name = self._get_param("StackName")
        if name:
            stack = self.backend.get_stack(name)
            if stack.status == "REVIEW_IN_PROGRESS":
                raise invalid("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
            return ActionResult(describing.template_summary(str(stack.template)))
        return ActionResult(describing.template_summary(self._text()))

    def validate_template(self) -> ActionResult:
        """ValidateTemplate."""
        return ActionResult(describing.validation(self._text()))

    # Change sets.

    def create_change_set(self) -> ActionResult:
        """CreateChangeSet."""
        name = self._get_param("StackName")
        kind = self._get_param("ChangeSetType") or "UPDATE"
        if kind == "IMPORT" or self._get_param("ResourcesToImport"):
            raise NotImplementedError("Importing resources into a stack (ResourcesToImport)")
        stack = self.backend.stack_or_none(name)
        if stack is not None and stack.status == "DELETE_COMPLETE":
            stack = None
        made = changing.create(
            self.backend,
            stack,
            kind,
            stack_name=name,
            name=self._get_param("ChangeSetName"),
            text=self._text(stack),
            given=self._parameters(stack),
            description=self._get_param("Description"),
            notification_arns=self._get_param("NotificationARNs", []),
            tags=self._tags(),
            role_arn=self._get_param("RoleARN"),
            capabilities=self._get_param("Capabilities", []),
            on_failure=self._get_param("OnStackFailure"),
            monitored=self._get_param("RollbackConfiguration", {}),
        )
        if made.status_reason == changing.NO_CHANGES and self._get_param("UsePreviousTemplate"):
            del self.backend.change_sets[made.change_set_id]
            raise invalid("No updates are to be performed.")
        return ActionResult({"Id": made.change_set_id, "StackId": made.stack_id})

    def describe_change_set(self) -> ActionResult:
        """DescribeChangeSet."""
        found = changing.find(
            self.backend, self._get_param("ChangeSetName"), self._get_param("StackName")
        )
        values = bool(self._get_bool_param("IncludePropertyValues", False))
        return ActionResult(describing.change_set(found, values=values))

    def list_change_sets(self) -> ActionResult:
        """ListChangeSets."""
        stack = self._stack()
        found = [
            describing.change_set_summary(each)
            for each in changing.change_sets(self.backend)
            if each.stack is stack
        ]
        return ActionResult({"Summaries": found})

    def delete_change_set(self) -> ActionResult:
        """DeleteChangeSet."""
        changing.delete(
            self.backend, self._get_param("ChangeSetName"), self._get_param("StackName")
        )
        return EmptyResult()

    def execute_change_set(self) -> ActionResult:
        """ExecuteChangeSet."""
        changing.execute(
            self.backend,
            self._get_param("ChangeSetName"),
            self._get_param("StackName"),
            bool(self._get_bool_param("DisableRollback", False)),
            bool(self._get_bool_param("RetainExceptOnCreate", False)),
        )
        return EmptyResult()
