"""CodeDeploy's applications and groups, as AWS SAM's DeploymentPreference makes them."""

from __future__ import annotations

from typing import Any

from moto.codedeploy.models import codedeploy_backends

from simulator.aws.cloudformation.kinds.base import Job, Kind, lowered


class Application(Kind):
    """AWS::CodeDeploy::Application."""

    def create(self, job: Job) -> str:
        """CreateApplication."""
        name = str(job.get("ApplicationName") or job.name(100))
        job.client("codedeploy").create_application(
            applicationName=name,
            computePlatform=job.get("ComputePlatform", "Server"),
            tags=job.tag_list(),
        )
        return name

    def update(self, job: Job) -> None:
        """Only tags can change."""
        codedeploy = job.client("codedeploy")
        arn = f"{_place(job)}:application:{job.physical_id}"
        codedeploy.tag_resource(ResourceArn=arn, Tags=job.tag_list())

    def delete(self, job: Job) -> None:
        """What DeleteApplication does, which moto does not know."""
        store = _store(job)
        store.applications.pop(job.physical_id, None)
        store.deployment_groups.pop(job.physical_id, None)


class DeploymentGroup(Kind):
    """AWS::CodeDeploy::DeploymentGroup."""

    unmade = frozenset({"Deployment"})

    def create(self, job: Job) -> str:
        """CreateDeploymentGroup."""
        name = str(job.get("DeploymentGroupName") or job.name(100))
        given = {key: value for key, value in job.properties.items() if key != "Tags"}
        given["DeploymentGroupName"] = name
        tags = job.tag_list()
        job.client("codedeploy").create_deployment_group(**lowered(_told(given)), tags=tags)
        return name

    def update(self, job: Job) -> None:
        """The group anew: it keeps nothing that its properties do not say."""
        self.delete(job)
        job.properties["DeploymentGroupName"] = job.physical_id
        self.create(job)

    def delete(self, job: Job) -> None:
        """What DeleteDeploymentGroup does, which moto does not know."""
        groups = _store(job).deployment_groups.get(str(job.before.get("ApplicationName")), {})
        groups.pop(job.physical_id, None)


_OTHERWISE = {
    "Ec2TagFilters": "ec2TagFilters",
    "LoadBalancerInfo": "loadBalancerInfo",
    "ECSServices": "ecsServices",
}


def _told(given: dict[str, Any]) -> dict[str, Any]:
    """Properties under the names that the call has for them."""
    return {_OTHERWISE.get(key, key): value for key, value in given.items()}


def _store(job: Job) -> Any:
    return codedeploy_backends[job.stack.account_id][job.stack.region_name]


def _place(job: Job) -> str:
    return f"arn:aws:codedeploy:{job.stack.region_name}:{job.stack.account_id}"


KINDS: dict[str, type[Kind]] = {
    "AWS::CodeDeploy::Application": Application,
    "AWS::CodeDeploy::DeploymentGroup": DeploymentGroup,
}
