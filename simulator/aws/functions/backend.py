"""Lambda's state as moto keeps it, with what Lambda does to it."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

from moto.awslambda.exceptions import GenericResourcNotFound
from moto.awslambda.models import LambdaBackend, LambdaStorage, LayerVersion
from moto.awslambda.utils import get_backend

from simulator.aws.functions import checks, layers, policies, urls
from simulator.aws.functions.exceptions import AccessDenied, Conflict
from simulator.aws.functions.invoke_configs import InvokeConfigs
from simulator.aws.functions.later import qualifier_of
from simulator.aws.functions.mappings import Mappings
from simulator.aws.functions.models import LATEST, VirtualFunction
from simulator.aws.functions.provisioning import Provisioning
from simulator.aws.functions.web import UrlConfigs
from simulator.model.concurrency import UNRESERVED_LEAST

if TYPE_CHECKING:
    from simulator.aws.functions.door import Door
    from simulator.world import World

_VIA_URL = "InvokedViaFunctionUrl"
_NAMED = re.compile(
    r"(?:arn:[^:]+:lambda:(?P<region>[^:]*):(?P<account>\d{12}):function:"
    r"|(?P<partial>\d{12}):function:)?(?P<name>[^:]+)(?::(?P<qualifier>[^:]+))?"
)


class Storage(LambdaStorage):
    """moto's functions and versions, numbered as Lambda numbers them."""

    def publish_version(self, name_or_arn: str, description: str = "") -> VirtualFunction | None:
        """Make a version of $LATEST, or give the last one if nothing has changed since."""
        latest: Any = self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn)
        versions = self._functions[latest.function_name]["versions"]
        if latest.published_as == latest.revision and versions:
            last: VirtualFunction = versions[-1]
            return last
        latest.versions_made += 1
        latest.published_as = latest.revision
        latest.code_or_config_updated = False
        version = copy.copy(latest)
        version.code = dict(latest.code)
        version.set_version(latest.versions_made)
        if description:
            version.description = description
        versions.append(version)
        self._arns[version.function_arn] = version
        return version  # type: ignore[no-any-return]


class VirtualLambdaBackend(InvokeConfigs, UrlConfigs, Provisioning, Mappings, LambdaBackend):  # type: ignore[misc]
    """moto's backend; its functions run, and its event source mappings read."""

    world: World
    door: Door
    _url_module = urls  # moto would look for one beside this file

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._lambdas = Storage(region_name=region_name, account_id=account_id)
        self._layers = layers.Layers()

    def latest(self, name: str) -> VirtualFunction | None:
        """The unpublished version of a function, None where there is none."""
        known = self._lambdas._functions.get(name)
        found: VirtualFunction | None = known["latest"] if known else None
        return found

    def resolve(self, name: str, qualifier: str | None = None) -> tuple[VirtualFunction, str]:
        """The version that a name, an ARN or a part of one means now, and the ARN it goes by.

        An alias with weights draws one of its versions. Raises UnknownFunctionException.
        """
        match = _NAMED.fullmatch(name)
        if match is None:
            raise self._lambdas.construct_unknown_function_exception(name, qualifier)
        owner, where = match["account"] or match["partial"], match["region"] or self.region_name
        if owner and (owner, where) != (self.account_id, self.region_name):
            plain = match["name"] + (f":{match['qualifier']}" if match["qualifier"] else "")
            return backend_of(owner, where).resolve(plain, qualifier)
        qualifier = match["qualifier"] or qualifier or None
        known: Any = self._lambdas
        found = known.get_function_by_name_with_qualifier(match["name"], qualifier)
        if qualifier is None:
            return found, found.function_arn
        base = ":".join(found.function_arn.split(":")[:7])
        alias = known._aliases.get(base, {}).get(qualifier)
        weights = ((alias and alias.routing_config) or {}).get("AdditionalVersionWeights") or {}
        if weights:
            draw = self.world.streams["lambda-alias-weights"].random()
            for version, weight in sorted(weights.items()):
                draw -= float(weight)
                if draw < 0:
                    found = known.get_function_by_name_with_qualifier(match["name"], version)
                    break
        return found, f"{base}:{qualifier}"

    def create_function(self, spec: dict[str, Any]) -> VirtualFunction:
        """Create a function, its first version too where that is asked for."""
        if not spec.get("FunctionName"):
            raise checks.invalid("Missing FunctionName")
        function = VirtualFunction(self.account_id, spec, self.region_name, version=LATEST)  # type: ignore[abstract]
        self._lambdas.put_function(function)
        if not spec.get("Publish"):
            return function
        version = self.publish_version(spec["FunctionName"])
        answer = copy.copy(function)
        answer.version = version.version if version is not None else LATEST
        return answer

    def delete_function(self, function_name: str, qualifier: str | None = None) -> None:
        """Delete a function, or one version of it that no alias points at."""
        function, _ = self.resolve(function_name, qualifier)
        match = _NAMED.fullmatch(function_name)
        named = (match["qualifier"] if match else None) or qualifier
        name = function.function_name
        if named:
            if named == LATEST:
                raise checks.invalid(
                    "$LATEST version cannot be deleted without deleting the function."
                )
            users = [a.name for a in self.list_aliases(name) if a.function_version == named]
            if users:
                raise Conflict(
                    f"Current Version {named} referenced by alias(es) {', '.join(users)}"
                )
        gone = [function] if named else list(self._lambdas.list_versions_by_function(name))
        super().delete_function(name, named)
        for each in gone:
            self.door.functions.forget(each.function_arn.removesuffix(f":{LATEST}"))

    def publish_version(
        self,
        function_name: str,
        description: str = "",
        code_sha_256: str | None = None,
    ) -> VirtualFunction | None:
        """Publish $LATEST, if it is the code that the caller means."""
        function, _ = self.resolve(function_name)
        if code_sha_256 and code_sha_256 != function.code_sha_256:
            raise checks.invalid(
                f"CodeSHA256 ({code_sha_256}) is different from current CodeSHA256 in $LATEST "
                f"({function.code_sha_256}). Please try again with the CodeSHA256 in $LATEST."
            )
        version: Any = super().publish_version(function_name, description)
        return version  # type: ignore[no-any-return]

    def update_function_code(
        self, function_name: str, qualifier: str, body: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Replace the code of $LATEST, and publish it if asked to."""
        function, _ = self.resolve(function_name, qualifier)
        told = function.update_function_code(body)
        if body.get("Publish") and (version := self.publish_version(function_name)) is not None:
            return version.get_configuration()
        return told

    def invoke(
        self,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: Any,
    ) -> str | bytes | None:
        """Invoke the version that is meant."""
        function, arn = self.resolve(function_name, qualifier)
        if function.account_id != self.account_id and not policies.permits(
            function, arn, account=self.account_id
        ):
            raise AccessDenied(
                f"User: arn:aws:iam::{self.account_id}:root is not authorized to perform: "
                f"lambda:InvokeFunction on resource: {arn} because no resource-based policy "
                "allows the lambda:InvokeFunction action"
            )
        return self.door.enter(function, body, headers or {}, response_headers, arn)

    def put_function_concurrency(self, function_name: str, reserved_concurrency: str) -> str:
        """Reserve concurrency, as long as enough of the account's is left for the others."""
        wanted = int(reserved_concurrency)
        function, _ = self.resolve(function_name)
        pool = self.door.functions.pool(self.account_id, self.region_name)
        others = self.set_aside(but=function.function_name)
        if pool.limit - others - wanted < 0:
            raise checks.invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED_LEAST}]."
            )
        provisioned = sum(int(each["wanted"]) for each in function.provisioned.values())
        if provisioned > wanted:
            raise checks.invalid(
                f"ReservedConcurrentExecutions {wanted} should not be lower than function's total "
                f"provisioned concurrency [{provisioned}]."
            )
        if pool.limit - others - wanted < UNRESERVED_LEAST:
            # moto lets it pass, and so do we; AWS would refuse it.
            self.world.record(
                "lambda.too_little_unreserved", function=function.function_name, reserved=wanted
            )
        function.reserved_concurrency = wanted
        return function.reserved_concurrency  # type: ignore[return-value]

    def set_aside(self, but: str = "") -> int:
        """How much of the account's concurrency functions hold for themselves."""
        total = 0
        for function in self.list_functions():
            held: Any = function
            if held.function_name != but:
                reserved = held.reserved_concurrency
                kept = sum(int(each["wanted"]) for each in held.provisioned.values())
                total += max(int(reserved) if reserved is not None else 0, kept)
        return total

    def add_permission(self, function_name: str, qualifier: str, raw: str) -> dict[str, Any]:
        """Add a statement to the policy of a function, a version or an alias."""
        function, arn = self.resolve(function_name, qualifier)
        qualifier = qualifier or qualifier_of(arn)
        policy = function.policy_of(qualifier)
        asked = json.loads(raw)
        sid = asked.get("StatementId")
        conditions = {
            f"lambda:{name}": str(asked.pop(name)).lower() if name == _VIA_URL else asked.pop(name)
            for name in ("FunctionUrlAuthType", _VIA_URL)
            if name in asked
        }
        if str(asked.get("Principal", "")).isdigit():
            asked["Principal"] = f"arn:aws:iam::{asked['Principal']}:root"
        if any(each.get("Sid") == sid for each in policy.statements):
            raise Conflict(
                f"The statement id ({sid}) provided already exists. Please provide a new "
                "statement id, or remove the existing statement."
            )
        before = function.function_arn
        function.function_arn = ":".join(before.split(":")[:7])
        try:
            statement, _ = policy.add_statement(
                json.dumps(asked), None if qualifier == LATEST else qualifier
            )
        finally:
            function.function_arn = before
        for name, value in conditions.items():
            kind = "Bool" if name.endswith(_VIA_URL) else "StringEquals"
            statement.setdefault("Condition", {}).setdefault(kind, {})[name] = value
        return statement  # type: ignore[no-any-return]

    def remove_permission(
        self, function_name: str, sid: str, revision: str = "", qualifier: str | None = None
    ) -> None:
        """Take a statement out of a policy."""
        function, arn = self.resolve(function_name, qualifier)
        function.policy_of(qualifier or qualifier_of(arn)).del_statement(sid, revision)

    def get_policy(self, function_name: str, qualifier: str | None = None) -> str:
        """A policy, as the API tells it."""
        function, arn = self.resolve(function_name, qualifier)
        return function.policy_of(qualifier or qualifier_of(arn)).wire_format()

    def add_layer_version_permission(
        self, layer_name: str, version_number: int, statement: str
    ) -> tuple[str, str]:
        """Share a layer version with an account, an organisation or everybody."""
        asked = json.loads(statement)
        if "OrganizationId" in asked:
            asked["PrincipalOrgID"] = asked.pop("OrganizationId")
        return super().add_layer_version_permission(layer_name, version_number, json.dumps(asked))

    def get_layer_version_by_arn(self, arn: str) -> LayerVersion:
        """A layer version by its ARN, the caller's own or one that is shared."""
        found = layers.by_arn(arn, self.account_id)
        if found is None:
            raise GenericResourcNotFound
        return found


def backend_of(account: str, region: str) -> VirtualLambdaBackend:
    """Lambda in one account and Region."""
    found = get_backend(account, region)
    assert isinstance(found, VirtualLambdaBackend)
    return found


def resolve(arn: str) -> tuple[VirtualFunction, str]:
    """The version that a full ARN means, wherever it is. Raises UnknownFunctionException."""
    region, account = arn.split(":")[3:5]
    return backend_of(account, region).resolve(arn)
