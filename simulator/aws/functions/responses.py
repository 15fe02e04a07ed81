"""Lambda on the wire: moto's answers, and those that it lacks or has wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.awslambda.exceptions import FunctionAlreadyExists, ValidationException
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import TYPE_RESPONSE, ActionResult

from simulator.aws.functions import checks, streaming, web
from simulator.aws.functions.exceptions import PayloadTooLarge

if TYPE_CHECKING:
    from simulator.aws.functions.backend import VirtualLambdaBackend

_INVOKE_ASYNC_LIMIT = 262_144


class VirtualLambdaResponse(LambdaResponse):
    """moto's responses on our backend."""

    @property
    def backend(self) -> VirtualLambdaBackend:
        """Lambda, where the request is for."""
        from simulator.aws.functions.backend import backend_of

        return backend_of(self.current_account, self.region)

    def invoke(self) -> Any:
        """Invoke, and say how it went in headers."""
        told: dict[str, str] = {}
        kind = self.headers.get("X-Amz-Invocation-Type") or "RequestResponse"
        headers = {**self.headers, "X-Amz-Invocation-Type": kind}
        payload = self.backend.invoke(
            self._name(2), self._query("Qualifier"), self.body, headers, told
        )
        if self.headers.get("X-Amz-Log-Type") != "Tail":
            told.pop("x-amz-log-result", None)
        status = {"Event": 202, "DryRun": 204}.get(kind, 200)
        return status, {**told, "content-type": "application/json", "status": status}, payload

    def invoke_async(self) -> Any:
        """Queue an event, as clients did before there were invocation types."""
        told: dict[str, str] = {}
        name = unquote(self.path.rstrip("/").split("/")[-2])
        headers = {"X-Amz-Invocation-Type": "Event"}
        if len(self.body) > _INVOKE_ASYNC_LIMIT:
            raise PayloadTooLarge(len(self.body), _INVOKE_ASYNC_LIMIT)
        self.backend.invoke(name, None, self.body, headers, told)
        return 202, {"content-type": "application/json", "status": 202}, "{}"

    def invoke_with_response_stream(self) -> Any:
        """Invoke, and answer as a stream of one part: handlers here return whole."""
        told: dict[str, str] = {}
        headers = {**self.headers, "X-Amz-Invocation-Type": "RequestResponse"}
        payload = self.backend.invoke(
            self._name(2), self._query("Qualifier"), self.body, headers, told
        )
        body = streaming.stream(payload, failed="x-amz-function-error" in told)
        kind = {"content-type": "application/vnd.amazon.eventstream", "status": 200}
        return 200, {**kind, "x-amz-executed-version": told["x-amz-executed-version"]}, body

    def create_function(self) -> TYPE_RESPONSE:
        """Create a function that is not there yet."""
        spec = self.json_body
        name = spec["FunctionName"].rsplit(":", 1)[-1]
        checks.upload(spec.get("Code") or {}, "CreateFunction")
        if self.backend.latest(name) is not None:
            raise FunctionAlreadyExists(name)
        function = self.backend.create_function({**spec, "FunctionName": name})
        return 201, {"status": 201}, json.dumps(function.get_configuration(on_create=True))

    def publish_version(self) -> TYPE_RESPONSE:
        """Publish $LATEST."""
        asked = json.loads(self.body or "{}")
        version = self.backend.publish_version(
            self._name(2), asked.get("Description") or "", asked.get("CodeSha256")
        )
        assert version is not None
        return 201, {"status": 201}, json.dumps(version.get_configuration())

    def remove_permission(self) -> TYPE_RESPONSE:
        """Take a statement out of a policy."""
        sid = unquote(self.path.rsplit("/", 1)[-1])
        revision = self._query("RevisionId") or ""
        self.backend.remove_permission(self._name(3), sid, revision, self._query("Qualifier"))
        return 204, {"status": 204}, "{}"

    def publish_layer_version(self) -> TYPE_RESPONSE:
        """Publish a layer's next version, if its package is not too large."""
        checks.upload(self.json_body.get("Content") or {}, "PublishLayerVersion")
        return super().publish_layer_version()

    def get_layer_version_by_arn(self) -> str:
        """A layer version by its ARN."""
        arn = self._query("Arn") or ""
        return json.dumps(self.backend.get_layer_version_by_arn(arn).get_layer_version())

    # asynchronous settings

    def put_function_event_invoke_config(self) -> ActionResult:
        """Set them all."""
        return self._set_invoke_config(merge=False)

    def update_function_event_invoke_config(self) -> Any:
        """Set those that are named."""
        return self._set_invoke_config(merge=True)

    def get_function_event_invoke_config(self) -> ActionResult:
        """Tell them."""
        told = self.backend.get_invoke_config(self._name(2), self._query("Qualifier"))
        return ActionResult(told)

    def delete_function_event_invoke_config(self) -> TYPE_RESPONSE:
        """Forget them."""
        self.backend.delete_invoke_config(self._name(2), self._query("Qualifier"))
        return 204, {"status": 204}, "{}"

    def list_function_event_invoke_configs(self) -> Any:
        """Tell all of a function's."""
        configs = list(self.backend.invoke_configs(self._name(3)))
        return ActionResult({"FunctionEventInvokeConfigs": configs})

    def _set_invoke_config(self, *, merge: bool) -> ActionResult:
        name, qualifier = self._name(2), self._query("Qualifier")
        told = self.backend.put_invoke_config(name, qualifier, self.json_body, merge=merge)
        return ActionResult(told)

    # function URLs

    def create_function_url_config(self) -> TYPE_RESPONSE:
        """Give a function its URL."""
        name, qualifier = self._name(2), self._query("Qualifier")
        made = self.backend.create_url(name, qualifier, self.json_body)
        return 201, {"status": 201}, json.dumps(web.shown(made))

    def get_function_url_config(self) -> TYPE_RESPONSE:
        """Tell of a function's URL."""
        config = self.backend.url_config(self._name(2), self._query("Qualifier"))
        return 200, {"status": 200}, json.dumps(web.shown(config))

    def update_function_url_config(self) -> str:
        """Change who may call it, and from which pages."""
        config = self.backend.url_config(self._name(2), self._query("Qualifier"))
        config.update(self.json_body)
        return json.dumps(web.shown(config))

    def delete_function_url_config(self) -> TYPE_RESPONSE:
        """Take it away."""
        self.backend.delete_url(self._name(2), self._query("Qualifier"))
        return 204, {"status": 204}, "{}"

    def list_function_url_configs(self) -> str:
        """Tell of all of a function's."""
        found = [web.shown(each) for each in self.backend.url_configs(self._name(2))]
        return json.dumps({"FunctionUrlConfigs": found})

    # recursive loops

    def put_function_recursion_config(self) -> str:
        """Let a function run in a recursive loop, or not."""
        function, _ = self.backend.resolve(self._name(2))
        wanted = self.json_body.get("RecursiveLoop")
        if wanted not in ("Allow", "Terminate"):
            said = "Member must satisfy enum value set: [Terminate, Allow]"
            raise ValidationException(str(wanted), "recursiveLoop", said)
        function.loops["RecursiveLoop"] = wanted
        return json.dumps(function.loops)

    def get_function_recursion_config(self) -> str:
        """Tell whether it may."""
        function, _ = self.backend.resolve(self._name(2))
        return json.dumps(function.loops)

    # concurrency

    def put_provisioned_concurrency_config(self) -> TYPE_RESPONSE:
        """Ask for environments that are ready."""
        wanted = int(self.json_body["ProvisionedConcurrentExecutions"])
        qualifier = self._query("Qualifier") or ""
        told = self.backend.put_provisioned(self._name(2), qualifier, wanted)
        return 202, {"status": 202}, json.dumps(told)

    def get_provisioned_concurrency_config(self) -> str:
        """Tell how many are ready."""
        told = self.backend.get_provisioned(self._name(2), self._query("Qualifier") or "")
        return json.dumps(told)

    def delete_provisioned_concurrency_config(self) -> TYPE_RESPONSE:
        """Keep none ready."""
        self.backend.delete_provisioned(self._name(2), self._query("Qualifier") or "")
        return 204, {"status": 204}, "{}"

    def list_provisioned_concurrency_configs(self) -> str:
        """Tell of all of a function's."""
        found = list(self.backend.provisioned(self._name(2)))
        return json.dumps({"ProvisionedConcurrencyConfigs": found})

    def get_account_settings(self) -> str:
        """Tell an account's limits, and what it uses of them."""
        backend = self.backend
        functions: list[Any] = list(backend.list_functions())
        limit = backend.door.functions.pool(backend.account_id, backend.region_name).limit
        limits = {
            "TotalCodeSize": 80_530_636_800,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": limit,
            "UnreservedConcurrentExecutions": limit - backend.set_aside(),
        }
        usage = {
            "TotalCodeSize": sum(each.code_size for each in functions),
            "FunctionCount": len(functions),
        }
        return json.dumps({"AccountLimit": limits, "AccountUsage": usage})

    def _name(self, from_end: int) -> str:
        """A function's name in the path, counted from its end."""
        return unquote(self.path.rstrip("/").split("/")[-from_end])

    def _query(self, name: str) -> str | None:
        values = self.querystring.get(name)
        return str(values[0]) if values else None
