"""Roles, policies, users, groups and instance profiles."""

from __future__ import annotations

from typing import Any, ClassVar

from simulator.aws.cloudformation.kinds.base import Job, Kind
from simulator.aws.cloudformation.kinds.iam_users import USERS, text, unless_gone


class Role(Kind):
    """AWS::IAM::Role."""

    seconds = 15.0

    def create(self, job: Job) -> str:
        """CreateRole, and its policies."""
        iam = job.client("iam")
        options: dict[str, Any] = {"Path": job.get("Path", "/"), "Tags": job.tag_list()}
        for name in ("Description", "MaxSessionDuration", "PermissionsBoundary"):
            if job.get(name) is not None:
                options[name] = job.get(name)
        name = job.get("RoleName") or job.name(64)
        made = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=text(job.get("AssumeRolePolicyDocument")),
            **options,
        )["Role"]
        job.attributes.update({"Arn": made["Arn"], "RoleId": made["RoleId"]})
        job.begun(name)
        self._policies(job, name, {})
        return str(name)

    def update(self, job: Job) -> None:
        """UpdateRole, UpdateAssumeRolePolicy, and its policies."""
        iam, name = job.client("iam"), job.physical_id
        if job.changed("AssumeRolePolicyDocument"):
            iam.update_assume_role_policy(
                RoleName=name, PolicyDocument=text(job.get("AssumeRolePolicyDocument"))
            )
        if job.changed("Description", "MaxSessionDuration"):
            iam.update_role(
                RoleName=name,
                Description=job.get("Description", ""),
                MaxSessionDuration=job.get("MaxSessionDuration", 3600),
            )
        if job.changed("PermissionsBoundary"):
            if job.get("PermissionsBoundary"):
                iam.put_role_permissions_boundary(
                    RoleName=name, PermissionsBoundary=job.get("PermissionsBoundary")
                )
            else:
                iam.delete_role_permissions_boundary(RoleName=name)
        self._policies(job, name, job.before)

    def _policies(self, job: Job, name: str, before: dict[str, Any]) -> None:
        iam = job.client("iam")
        wanted = {p["PolicyName"]: p["PolicyDocument"] for p in job.get("Policies") or ()}
        for policy, document in wanted.items():
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=text(document))
        for policy in before.get("Policies") or ():
            if policy["PolicyName"] not in wanted:
                iam.delete_role_policy(RoleName=name, PolicyName=policy["PolicyName"])
        arns = list(dict.fromkeys(job.get("ManagedPolicyArns") or ()))
        for arn in arns:
            if arn not in (before.get("ManagedPolicyArns") or ()):
                iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        for arn in before.get("ManagedPolicyArns") or ():
            if arn not in arns:
                iam.detach_role_policy(RoleName=name, PolicyArn=arn)

    def delete(self, job: Job) -> None:
        """DeleteRole, after all that hangs on it."""
        iam, name = job.client("iam"), job.physical_id
        for policy in job.get("Policies") or ():
            unless_gone(iam.delete_role_policy, RoleName=name, PolicyName=policy["PolicyName"])
        for arn in dict.fromkeys(job.get("ManagedPolicyArns") or ()):
            unless_gone(iam.detach_role_policy, RoleName=name, PolicyArn=arn)
        iam.delete_role(RoleName=name)

    def read(self, job: Job) -> dict[str, Any]:
        """GetRole, and its policies."""
        iam, name = job.client("iam"), job.physical_id
        found = iam.get_role(RoleName=name)["Role"]
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        arns = [each["PolicyArn"] for each in attached]
        wanted = job.get("ManagedPolicyArns") or []
        inline = [
            {
                "PolicyName": policy,
                "PolicyDocument": iam.get_role_policy(RoleName=name, PolicyName=policy)[
                    "PolicyDocument"
                ],
            }
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        ]
        # Other resources of the stack may have put more policies into the role.
        ours = [each["PolicyName"] for each in job.get("Policies") or ()]
        inline = [each for each in inline if each["PolicyName"] in ours]
        inline.sort(key=lambda policy: ours.index(policy["PolicyName"]))
        return {
            "AssumeRolePolicyDocument": found["AssumeRolePolicyDocument"],
            "Description": found.get("Description", ""),
            "ManagedPolicyArns": wanted if all(arn in arns for arn in wanted) else arns,
            "MaxSessionDuration": found.get("MaxSessionDuration", 3600),
            "Path": found["Path"],
            "Policies": inline,
            "RoleName": name,
        }


class ManagedPolicy(Kind):
    """AWS::IAM::ManagedPolicy."""

    seconds = 15.0

    def create(self, job: Job) -> str:
        """CreatePolicy, attached to what it names."""
        iam = job.client("iam")
        made = iam.create_policy(
            PolicyName=job.get("ManagedPolicyName") or job.name(128),
            Path=job.get("Path", "/"),
            Description=job.get("Description", ""),
            PolicyDocument=text(job.get("PolicyDocument")),
        )["Policy"]
        arn = str(made["Arn"])
        job.attributes.update({"PolicyArn": arn, "PolicyId": made["PolicyId"]})
        for name in ("AttachmentCount", "DefaultVersionId", "IsAttachable"):
            job.attributes[name] = made.get(name)
        job.begun(arn)
        self._attach(job, arn, {})
        return arn

    def update(self, job: Job) -> None:
        """CreatePolicyVersion, as the default one."""
        iam, arn = job.client("iam"), job.physical_id
        if job.changed("PolicyDocument"):
            versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
            spare = [v["VersionId"] for v in versions if not v["IsDefaultVersion"]]
            if len(versions) > 4:
                iam.delete_policy_version(PolicyArn=arn, VersionId=spare[-1])
            iam.create_policy_version(
                PolicyArn=arn, PolicyDocument=text(job.get("PolicyDocument")), SetAsDefault=True
            )
        self._attach(job, arn, job.before)

    def _attach(self, job: Job, arn: str, before: dict[str, Any]) -> None:
        iam = job.client("iam")
        for kind in ("Role", "User", "Group"):
            wanted, there = job.get(f"{kind}s") or [], before.get(f"{kind}s") or []
            for verb, names in (("attach", wanted), ("detach", there)):
                others = there if verb == "attach" else wanted
                for name in names:
                    if name not in others:
                        call = getattr(iam, f"{verb}_{kind.lower()}_policy")
                        call(**{f"{kind}Name": name}, PolicyArn=arn)

    def delete(self, job: Job) -> None:
        """DeletePolicy, after detaching it and deleting its other versions."""
        iam, arn = job.client("iam"), job.physical_id
        for kind in ("Role", "User", "Group"):
            for name in job.get(f"{kind}s") or ():
                call = getattr(iam, f"detach_{kind.lower()}_policy")
                unless_gone(call, **{f"{kind}Name": name}, PolicyArn=arn)
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=arn)

    def read(self, job: Job) -> dict[str, Any]:
        """GetPolicy and its default version."""
        iam, arn = job.client("iam"), job.physical_id
        found = iam.get_policy(PolicyArn=arn)["Policy"]
        version = iam.get_policy_version(PolicyArn=arn, VersionId=found["DefaultVersionId"])
        return {"PolicyDocument": version["PolicyVersion"]["Document"], "Path": found["Path"]}


class Policy(Kind):
    """AWS::IAM::Policy, AWS::IAM::RolePolicy and their like: documents in roles, users, groups."""

    seconds = 10.0
    owners: ClassVar[tuple[str, ...]] = ("Role", "User", "Group")

    def create(self, job: Job) -> str:
        """Put the policy into each."""
        self._put(job)
        name = job.name(64)
        job.attributes["Id"] = name
        return name

    def _targets(self, job: Job, properties: dict[str, Any]) -> list[tuple[str, str]]:
        del job
        return [(kind, n) for kind in self.owners for n in properties.get(f"{kind}s") or ()]

    def _put(self, job: Job) -> None:
        for kind, name in self._targets(job, job.properties):
            getattr(job.client("iam"), f"put_{kind.lower()}_policy")(
                **{f"{kind}Name": name},
                PolicyName=job.get("PolicyName"),
                PolicyDocument=text(job.get("PolicyDocument")),
            )

    def update(self, job: Job) -> None:
        """Put the policy into each, and take it out of the others."""
        self._put(job)
        there = self._targets(job, job.before)
        wanted = self._targets(job, job.properties)
        renamed = job.changed("PolicyName")
        self._drop(job, [t for t in there if renamed or t not in wanted], job.before)

    def _drop(self, job: Job, targets: list[tuple[str, str]], written: dict[str, Any]) -> None:
        for kind, name in targets:
            call = getattr(job.client("iam"), f"delete_{kind.lower()}_policy")
            unless_gone(call, **{f"{kind}Name": name}, PolicyName=written.get("PolicyName"))

    def delete(self, job: Job) -> None:
        """Take the policy out of each."""
        self._drop(job, self._targets(job, job.properties), job.properties)

    def read(self, job: Job) -> dict[str, Any] | None:
        """The document in the first of its owners stands for all."""
        targets = self._targets(job, job.properties)
        if not targets:
            return None
        kind, name = targets[0]
        found = getattr(job.client("iam"), f"get_{kind.lower()}_policy")(
            **{f"{kind}Name": name}, PolicyName=job.get("PolicyName")
        )
        return {"PolicyDocument": found["PolicyDocument"], "PolicyName": job.get("PolicyName")}


class RolePolicy(Policy):
    """AWS::IAM::RolePolicy: one role."""

    def create(self, job: Job) -> str:
        """PutRolePolicy."""
        self._put(job)
        return f"{job.get('PolicyName')}|{job.get('RoleName')}"

    def _targets(self, job: Job, properties: dict[str, Any]) -> list[tuple[str, str]]:
        del job
        return [("Role", properties["RoleName"])]


class InstanceProfile(Kind):
    """AWS::IAM::InstanceProfile."""

    def create(self, job: Job) -> str:
        """CreateInstanceProfile with its role."""
        iam, name = job.client("iam"), job.get("InstanceProfileName") or job.name(128)
        made = iam.create_instance_profile(InstanceProfileName=name, Path=job.get("Path", "/"))
        job.attributes["Arn"] = made["InstanceProfile"]["Arn"]
        job.begun(name)
        for role in job.get("Roles") or ():
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
        return str(name)

    def update(self, job: Job) -> None:
        """Another role."""
        iam, name = job.client("iam"), job.physical_id
        for role in job.before.get("Roles") or ():
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)
        for role in job.get("Roles") or ():
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)

    def delete(self, job: Job) -> None:
        """DeleteInstanceProfile, without its roles."""
        iam, name = job.client("iam"), job.physical_id
        found = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        for role in found["Roles"]:
            iam.remove_role_from_instance_profile(
                InstanceProfileName=name, RoleName=role["RoleName"]
            )
        iam.delete_instance_profile(InstanceProfileName=name)


KINDS: dict[str, type[Kind]] = {
    **USERS,
    "AWS::IAM::InstanceProfile": InstanceProfile,
    "AWS::IAM::ManagedPolicy": ManagedPolicy,
    "AWS::IAM::Policy": Policy,
    "AWS::IAM::Role": Role,
    "AWS::IAM::RolePolicy": RolePolicy,
}
