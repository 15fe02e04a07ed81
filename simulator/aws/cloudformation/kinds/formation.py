"""CloudFormation's own resources: nested stacks, custom resources, wait conditions, macros."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto.cloudformation import models as moto_models

from simulator.aws.cloudformation import waiting
from simulator.aws.cloudformation.exceptions import ResourceFailed
from simulator.aws.cloudformation.intrinsics import NO_VALUE
from simulator.aws.cloudformation.kinds.base import Job, Kind
from simulator.aws.cloudformation.shapes import Shape
from simulator.aws.cloudformation.transforms import fetch
from simulator.http import HttpRequest, HttpResponse
from simulator.kernel.fiber import wait

_RESPONSES = "cloudformation-custom-resource-response-{region}.s3.{region}.amazonaws.com"


class NestedStack(Kind):
    """AWS::CloudFormation::Stack."""

    seconds = 1.0
    always = True  # its template may have changed at the same address

    def create(self, job: Job) -> str:
        """CreateStack, and its end."""
        stack = job.stack
        name = job.name(128)
        made = stack.backend.create_stack(
            name,
            fetch(stack, str(job.get("TemplateURL"))),
            _parameters(job),
            notification_arns=job.get("NotificationARNs"),
            tags=job.tags(),
            timeout_in_mins=job.get("TimeoutInMinutes"),
            parent=stack,
        )
        job.begun(made.stack_id)
        self._await(made.stack_id, stack.backend)
        if made.status != "CREATE_COMPLETE":
            raise ResourceFailed(
                f"Embedded stack {made.stack_id} was not successfully created: {_cause(made)}"
            )
        self._tell(job, made)
        return made.stack_id

    def _await(self, stack_id: str, backend: Any) -> None:
        operation = backend.get_stack(stack_id).operation
        if operation is not None and operation.alive:
            operation.defuse()
            wait(operation.done)

    def _tell(self, job: Job, nested: Any) -> None:
        job.attributes.clear()
        for output in nested.output_list:
            job.attributes[f"Outputs.{output['OutputKey']}"] = output["OutputValue"]

    def update(self, job: Job) -> None:
        """UpdateStack, and its end."""
        from simulator.aws.cloudformation import changing
        from simulator.aws.cloudformation.blueprint import draw

        backend = job.stack.backend
        nested = backend.get_stack(job.physical_id)
        text = fetch(job.stack, str(job.get("TemplateURL")))
        blueprint = draw(nested, text, _parameters(job))
        tags = job.tags()
        if changing.is_same(nested, blueprint) and tags == nested.tags:
            return
        backend.check_updatable(nested)
        nested.notification_arns = list(job.get("NotificationARNs") or ())
        backend.start_update(nested, blueprint, tags=tags)
        self._await(nested.stack_id, backend)
        self._tell(job, nested)
        if nested.status != "UPDATE_COMPLETE":
            raise ResourceFailed(
                f"Embedded stack {nested.stack_id} was not successfully updated. Currently in "
                f"{nested.status} with reason: {_cause(nested)}"
            )

    def delete(self, job: Job) -> None:
        """DeleteStack, and its end."""
        backend = job.stack.backend
        nested = backend.stack_or_none(job.physical_id)
        if nested is None or nested.status == "DELETE_COMPLETE":
            return
        backend.begin_delete(nested)
        self._await(nested.stack_id, backend)
        if nested.status == "DELETE_FAILED":
            raise ResourceFailed(
                f"Embedded stack {nested.stack_id} could not be deleted: {_cause(nested)}"
            )


def _parameters(job: Job) -> dict[str, str]:
    given = job.get("Parameters") or {}
    return {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in given.items()
    }


def _cause(nested: Any) -> str:
    """Why a stack failed: what its first resource that failed said."""
    for event in nested.events:
        reason = event.resource_status_reason
        if event.resource_status.endswith("_FAILED") and reason and "cancelled" not in reason:
            return str(reason)
    return str(nested.stack_status_reason or nested.status)


class Custom(Kind):
    """AWS::CloudFormation::CustomResource and Custom::…: a function, or a topic, does the work."""

    seconds = 0.0

    @property
    def shape(self) -> Shape | None:
        """Its properties are its maker's."""
        return None

    def create(self, job: Job) -> str:
        """A Create request, and its response."""
        return self._ask(job, "Create")

    def replaces(self, job: Job) -> bool:
        """It is the answer that tells: another physical id is another resource."""
        if job.changed("ServiceToken"):
            raise ResourceFailed("Modifying service token is not allowed.")
        return False

    def update(self, job: Job) -> None:
        """An Update request; another physical id has the old one deleted."""
        before = job.physical_id
        now = self._ask(job, "Update")
        if now != before:
            old = Job(job.stack, job.resource, job.before)
            job.resource.physical_id = before
            try:
                self._ask(old, "Delete")
            finally:
                job.resource.physical_id = now

    def delete(self, job: Job) -> None:
        """A Delete request, and its response."""
        self._ask(job, "Delete")

    def _ask(self, job: Job, kind: str) -> str:
        stack, token = job.stack, str(job.get("ServiceToken", ""))
        if token.count(":") < 5:
            raise ResourceFailed(f"Invalid service token: {token!r}")
        request = job.unique_id()
        host = _RESPONSES.format(region=stack.region_name)
        event: dict[str, Any] = {
            "RequestType": kind,
            "ServiceToken": token,
            "ResponseURL": f"https://{host}/{request}?stack={stack.stack_id}",
            "StackId": stack.stack_id,
            "RequestId": request,
            "LogicalResourceId": job.logical_id,
            "ResourceType": job.type,
            "ResourceProperties": _texts(job.properties),
        }
        if kind != "Create":
            event["PhysicalResourceId"] = job.physical_id
        if kind == "Update":
            event["OldResourceProperties"] = _texts(job.before)
        stack.cloud.network.serve(host, _answered)
        timeout_s = float(job.get("ServiceTimeout", 3600))
        self._send(job, token, json.dumps(event))
        try:
            stack.signals.setdefault(request, [])
            answer = self._await(job, request, timeout_s)
        finally:
            stack.signals.pop(request, None)
        if answer.get("Status") != "SUCCESS":
            reason = answer.get("Reason") or "no reason was given"
            if kind == "Create" and answer.get("PhysicalResourceId"):
                job.begun(str(answer["PhysicalResourceId"]))  # a Delete request will name it
            raise ResourceFailed(
                f"Received response status [FAILED] from custom resource. Message returned: "
                f"{reason} (RequestId: {request})"
            )
        if kind != "Delete":
            physical_id = str(answer.get("PhysicalResourceId") or "")
            if not physical_id:
                raise ResourceFailed("Invalid PhysicalResourceId")
            job.resource.physical_id = physical_id
            job.attributes.clear()
            job.attributes.update(answer.get("Data") or {})
            return physical_id
        return job.physical_id

    def _send(self, job: Job, token: str, event: str) -> None:
        service, region, account = token.split(":")[2:5]
        client: Any = job.stack.cloud.session(account, region).client(service)
        if service == "lambda":
            client.invoke(FunctionName=token, InvocationType="Event", Payload=event)
        elif service == "sns":
            subject = "AWS CloudFormation custom resource request"
            client.publish(TopicArn=token, Message=event, Subject=subject)
        else:
            raise ResourceFailed(f"Invalid service token: {token!r}")

    def _await(self, job: Job, request: str, timeout_s: float) -> dict[str, Any]:
        try:
            (signal,) = waiting.await_signals(
                job.stack, job.resource, 1, timeout_s, key=request, outside=False
            )
        except ResourceFailed:
            raise ResourceFailed(
                "CloudFormation did not receive a response from your Custom Resource. Please check "
                f"your logs for requestId [{request}]. If you are using the Python cfn-response "
                "module, you may need to update your Lambda function code so that CloudFormation "
                "can attach the updated version."
            ) from None
        found: dict[str, Any] = signal["Data"]
        return found

    def attribute(self, job: Job, name: str) -> Any:
        """What Fn::GetAtt finds: what the maker sent, nested data by its path."""
        found: Any = job.attributes
        if name in found:
            return found[name]
        for part in name.split("."):
            if not isinstance(found, dict) or part not in found:
                raise ResourceFailed(
                    f"CustomResource attribute error: Vendor response doesn't contain {name} "
                    f"attribute in object {job.stack.stack_id}|{job.logical_id}|{job.physical_id}"
                )
            found = found[part]
        return found


def _texts(value: Any) -> Any:
    """Properties as a custom resource gets them: every scalar a text."""
    if isinstance(value, list):
        return [_texts(each) for each in value]
    if isinstance(value, dict):
        return {name: _texts(each) for name, each in value.items()}
    return str(value).lower() if isinstance(value, bool) else str(value)


def _answered(request: HttpRequest) -> HttpResponse:
    """A response to a custom resource's request, put at the address that it named."""
    parts = urlsplit(request.url)
    key = parts.path.strip("/")
    stack = _stack_of(parse_qs(parts.query).get("stack", [""])[0])
    if stack is None or key not in stack.signals or request.method != "PUT":
        return HttpResponse(403, {}, b"<Error><Code>AccessDenied</Code></Error>")
    try:
        answer = json.loads(request.body)
        if not isinstance(answer, dict):
            raise ValueError("an object is wanted")
    except ValueError as error:
        answer = {"Status": "FAILED", "Reason": f"Invalid response object: {error}"}
    waiting.put(stack, key, {"UniqueId": key, "Status": "SUCCESS", "Data": answer})
    return HttpResponse(200, {}, b"")


class WaitConditionHandle(Kind):
    """AWS::CloudFormation::WaitConditionHandle: an address to which signals are put."""

    seconds = 0.0

    def create(self, job: Job) -> str:
        """The address."""
        stack = job.stack
        host = f"cloudformation-waitcondition-{stack.region_name}.s3.amazonaws.com"
        stack.cloud.network.serve(host, _signalled)
        job.attributes["Id"] = job.logical_id
        return f"https://{host}/{stack.stack_id}/{job.logical_id}"

    def delete(self, job: Job) -> None:
        """Nothing is there to take down."""


def _stack_of(stack_id: str) -> Any:
    parts = stack_id.split(":")
    if len(parts) < 6:
        return None
    backend: Any = moto_models.cloudformation_backends[parts[4]][parts[3]]
    return backend.stack_or_none(stack_id)


def _signalled(request: HttpRequest) -> HttpResponse:
    path = urlsplit(request.url).path.strip("/")
    stack = _stack_of(path.rpartition("/")[0])
    if stack is None:
        return HttpResponse(403, {}, b"")
    try:
        told = json.loads(request.body)
        signal = {name: told[name] for name in ("UniqueId", "Status")}
        signal["Data"] = told.get("Data", "")
    except (ValueError, KeyError, TypeError):
        return HttpResponse(400, {}, b"")
    waiting.put(stack, f"https://{urlsplit(request.url).hostname}/{path}", signal)
    return HttpResponse(200, {}, b"")


class WaitCondition(Kind):
    """AWS::CloudFormation::WaitCondition."""

    seconds = 0.0

    def create(self, job: Job) -> str:
        """Wait for its signals; a creation policy is waited for by the deployment."""
        name = f"{job.stack.stack_id}/{job.logical_id}"
        job.begun(name)
        handle = job.get("Handle")
        if handle is not None:
            signals = waiting.await_signals(
                job.stack,
                job.resource,
                int(job.get("Count", 1)),
                waiting.seconds_of(str(job.get("Timeout", "0"))),
                key=str(handle),
            )
            job.attributes["Data"] = waiting.data_of(signals)
        return name

    def update(self, job: Job) -> None:  # noqa: ARG002
        """Updates are not supported, as on AWS."""
        raise ResourceFailed(
            "Update to resource type AWS::CloudFormation::WaitCondition is not supported."
        )

    def delete(self, job: Job) -> None:
        """Nothing is there to take down."""

    def attribute(self, job: Job, name: str) -> Any:
        """Data: what the signals brought."""
        return job.attributes.get(name, "{}" if name == "Data" else NO_VALUE)


class Macro(Kind):
    """AWS::CloudFormation::Macro."""

    def create(self, job: Job) -> str:
        """From now on templates may use it."""
        job.get("Description")  # a note, on AWS too
        job.stack.backend.macros[job.get("Name")] = job.get("FunctionName")
        return str(job.get("Name"))

    def update(self, job: Job) -> None:
        """Another function."""
        self.create(job)

    def delete(self, job: Job) -> None:
        """Templates may no longer use it."""
        job.stack.backend.macros.pop(job.physical_id, None)


class Metadata(Kind):
    """AWS::CDK::Metadata: a note that makes nothing on AWS either."""

    seconds = 0.0

    @property
    def shape(self) -> Shape | None:
        """Anything may be noted."""
        return None

    def create(self, job: Job) -> str:
        """Nothing is made."""
        return job.name(64)

    def update(self, job: Job) -> None:
        """Nothing is changed."""

    def delete(self, job: Job) -> None:
        """Nothing is deleted."""


KINDS: dict[str, type[Kind]] = {
    "AWS::CDK::Metadata": Metadata,
    "AWS::CloudFormation::CustomResource": Custom,
    "AWS::CloudFormation::Macro": Macro,
    "AWS::CloudFormation::Stack": NestedStack,
    "AWS::CloudFormation::WaitCondition": WaitCondition,
    "AWS::CloudFormation::WaitConditionHandle": WaitConditionHandle,
}
