"""Step Functions: state machines, their versions and aliases, activities."""

from __future__ import annotations

import json
import re
from typing import Any

from simulator.aws.cloudformation.exceptions import ResourceFailed
from simulator.aws.cloudformation.kinds.base import Job, Kind, lowered
from simulator.aws.cloudformation.transforms import fetch

_PLACE = re.compile(r"\$\{([A-Za-z0-9_]+)\}")

_INITIAL = "INITIAL"  # the revision of a machine that was never updated: its calls know none


class StateMachine(Kind):
    """AWS::StepFunctions::StateMachine."""

    seconds = 3.0

    def _definition(self, job: Job) -> str:
        """The definition, with its substitutions."""
        place = job.get("DefinitionS3Location")
        written = job.get("Definition")
        if written is not None:
            text = written if isinstance(written, str) else json.dumps(written)
        elif place is not None:
            text = fetch(job.stack, f"s3://{place['Bucket']}/{place['Key']}")
            if not text.lstrip().startswith("{"):
                from simulator.aws.cloudformation.template import read

                text = json.dumps(read(text))
        elif job.get("DefinitionString") is not None:
            text = job.get("DefinitionString")
        else:
            raise ResourceFailed("Property validation failure: a state machine needs a definition")
        values = job.get("DefinitionSubstitutions") or {}

        def put(match: re.Match[str]) -> str:
            value = values.get(match[1])
            if value is None:
                return match[0]
            return str(value).lower() if isinstance(value, bool) else str(value)

        return _PLACE.sub(put, text)

    def _options(self, job: Job) -> dict[str, Any]:
        options: dict[str, Any] = {"definition": self._definition(job)}
        options["roleArn"] = job.get("RoleArn")
        for name in ("LoggingConfiguration", "TracingConfiguration", "EncryptionConfiguration"):
            if job.get(name) is not None:
                options[name[0].lower() + name[1:]] = lowered(job.get(name))
        return options

    def create(self, job: Job) -> str:
        """CreateStateMachine."""
        name = job.get("StateMachineName") or job.name(80)
        tags = [{"key": key, "value": value} for key, value in job.tags().items()]
        made = job.client("stepfunctions").create_state_machine(
            name=name,
            type=job.get("StateMachineType", "STANDARD"),
            tags=tags,
            **self._options(job),
        )
        arn = str(made["stateMachineArn"])
        job.attributes.update({"Arn": arn, "Name": name, "StateMachineRevisionId": _INITIAL})
        return arn

    def update(self, job: Job) -> None:
        """UpdateStateMachine."""
        made = job.client("stepfunctions").update_state_machine(
            stateMachineArn=job.physical_id, **self._options(job)
        )
        job.attributes["StateMachineRevisionId"] = made.get("revisionId") or job.unique_id()

    def delete(self, job: Job) -> None:
        """DeleteStateMachine."""
        job.client("stepfunctions").delete_state_machine(stateMachineArn=job.physical_id)

    def read(self, job: Job) -> dict[str, Any]:
        """DescribeStateMachine."""
        found = job.client("stepfunctions").describe_state_machine(stateMachineArn=job.physical_id)
        read = {
            "RoleArn": found["roleArn"],
            "StateMachineName": found["name"],
            "StateMachineType": found["type"],
        }
        same = json.loads(found["definition"]) == json.loads(self._definition(job))
        for name in ("Definition", "DefinitionString"):
            if job.get(name) is not None:
                read[name] = job.get(name) if same else found["definition"]
        return read


class Activity(Kind):
    """AWS::StepFunctions::Activity."""

    def create(self, job: Job) -> str:
        """CreateActivity."""
        tags = [{"key": key, "value": value} for key, value in job.tags().items()]
        name = str(job.get("Name"))
        made = job.client("stepfunctions").create_activity(name=name, tags=tags)
        job.attributes.update({"Arn": made["activityArn"], "Name": name})
        return str(made["activityArn"])

    def delete(self, job: Job) -> None:
        """DeleteActivity."""
        job.client("stepfunctions").delete_activity(activityArn=job.physical_id)


class StateMachineVersion(Kind):
    """AWS::StepFunctions::StateMachineVersion."""

    def create(self, job: Job) -> str:
        """PublishStateMachineVersion."""
        options = {"stateMachineArn": job.get("StateMachineArn")}
        if job.get("StateMachineRevisionId", _INITIAL) != _INITIAL:
            options["revisionId"] = job.get("StateMachineRevisionId")
        if job.get("Description"):
            options["description"] = job.get("Description")
        made = job.client("stepfunctions").publish_state_machine_version(**options)
        job.attributes["Arn"] = made["stateMachineVersionArn"]
        return str(made["stateMachineVersionArn"])

    def replaces(self, job: Job) -> bool:
        """A version never changes."""
        return job.properties != job.before

    def delete(self, job: Job) -> None:
        """DeleteStateMachineVersion."""
        job.client("stepfunctions").delete_state_machine_version(
            stateMachineVersionArn=job.physical_id
        )


class StateMachineAlias(Kind):
    """AWS::StepFunctions::StateMachineAlias."""

    def _options(self, job: Job) -> dict[str, Any]:
        routes = job.get("RoutingConfiguration")
        preference = job.get("DeploymentPreference")
        if routes is None and preference is not None:
            preference.get("Type")  # all at once: the rest is told as without effect
            routes = [
                {"StateMachineVersionArn": preference["StateMachineVersionArn"], "Weight": 100}
            ]
        options: dict[str, Any] = {"routingConfiguration": lowered(routes or [])}
        if job.get("Description"):
            options["description"] = job.get("Description")
        return options

    def create(self, job: Job) -> str:
        """CreateStateMachineAlias."""
        made = job.client("stepfunctions").create_state_machine_alias(
            name=job.get("Name") or job.name(80), **self._options(job)
        )
        job.attributes["Arn"] = made["stateMachineAliasArn"]
        return str(made["stateMachineAliasArn"])

    def update(self, job: Job) -> None:
        """UpdateStateMachineAlias: the weight goes over at once, whatever the preference."""
        job.client("stepfunctions").update_state_machine_alias(
            stateMachineAliasArn=job.physical_id, **self._options(job)
        )

    def delete(self, job: Job) -> None:
        """DeleteStateMachineAlias."""
        job.client("stepfunctions").delete_state_machine_alias(stateMachineAliasArn=job.physical_id)


KINDS: dict[str, type[Kind]] = {
    "AWS::StepFunctions::Activity": Activity,
    "AWS::StepFunctions::StateMachine": StateMachine,
    "AWS::StepFunctions::StateMachineAlias": StateMachineAlias,
    "AWS::StepFunctions::StateMachineVersion": StateMachineVersion,
}
