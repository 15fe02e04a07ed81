"""Users and groups, with all their policies, of which moto's own kind reads some."""

from __future__ import annotations

import json
from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, is_gone, pick


class _Member(Kind):
    """What users and groups have in common: names, policies of their own and attached ones."""

    word = ""

    def _made(self, job: Job, made: dict[str, Any]) -> str:
        name = str(made[f"{self.word}Name"])
        job.attributes["Arn"] = made["Arn"]
        job.begun(name)
        self._policies(job, name, {})
        return name

    def _policies(self, job: Job, name: str, before: dict[str, Any]) -> None:
        whose = {f"{self.word}Name": name}
        wanted = {each["PolicyName"]: each["PolicyDocument"] for each in job.get("Policies") or ()}
        for policy, document in wanted.items():
            self._call(job, "put")(**whose, PolicyName=policy, PolicyDocument=text(document))
        for each in before.get("Policies") or ():
            if each["PolicyName"] not in wanted:
                self._call(job, "delete")(**whose, PolicyName=each["PolicyName"])
        attached = job.get("ManagedPolicyArns") or []
        for arn in attached:
            self._call(job, "attach")(**whose, PolicyArn=arn)
        for arn in before.get("ManagedPolicyArns") or ():
            if arn not in attached:
                self._call(job, "detach")(**whose, PolicyArn=arn)

    def _call(self, job: Job, verb: str) -> Any:
        return getattr(job.client("iam"), f"{verb}_{self.word.lower()}_policy")

    def _bare(self, job: Job) -> None:
        """Take all of its policies from it."""
        whose = {f"{self.word}Name": job.physical_id}
        for each in job.before.get("Policies") or ():
            unless_gone(self._call(job, "delete"), **whose, PolicyName=each["PolicyName"])
        for arn in job.before.get("ManagedPolicyArns") or ():
            unless_gone(self._call(job, "detach"), **whose, PolicyArn=arn)


class Group(_Member):
    """AWS::IAM::Group."""

    word = "Group"

    def create(self, job: Job) -> str:
        """CreateGroup, and its policies."""
        name = job.get("GroupName") or job.name(128)
        options = pick(job.properties, ("Path",))
        return self._made(job, job.client("iam").create_group(GroupName=name, **options)["Group"])

    def update(self, job: Job) -> None:
        """UpdateGroup, and its policies."""
        if job.changed("Path"):
            job.client("iam").update_group(GroupName=job.physical_id, NewPath=job.get("Path", "/"))
        self._policies(job, job.physical_id, job.before)

    def delete(self, job: Job) -> None:
        """DeleteGroup, without its policies."""
        self._bare(job)
        job.client("iam").delete_group(GroupName=job.physical_id)


class User(_Member):
    """AWS::IAM::User."""

    word = "User"

    def create(self, job: Job) -> str:
        """CreateUser, its password, groups and policies."""
        iam, name = job.client("iam"), job.get("UserName") or job.name(64)
        options = pick(job.properties, ("Path", "PermissionsBoundary"))
        made = iam.create_user(UserName=name, Tags=job.tag_list(), **options)["User"]
        self._made(job, made)
        if job.get("LoginProfile"):
            iam.create_login_profile(UserName=name, **job.get("LoginProfile"))
        self._groups(job, name, [])
        return str(name)

    def _groups(self, job: Job, name: str, before: list[str]) -> None:
        iam, wanted = job.client("iam"), job.get("Groups") or []
        for group in wanted:
            if group not in before:
                iam.add_user_to_group(UserName=name, GroupName=group)
        for group in before:
            if group not in wanted:
                unless_gone(iam.remove_user_from_group, UserName=name, GroupName=group)

    def update(self, job: Job) -> None:
        """What has changed, by the call for it."""
        iam, name = job.client("iam"), job.physical_id
        self._policies(job, name, job.before)
        self._groups(job, name, job.before.get("Groups") or [])
        if job.changed("Path"):
            iam.update_user(UserName=name, NewPath=job.get("Path", "/"))
        if job.changed("PermissionsBoundary"):
            if job.get("PermissionsBoundary"):
                iam.put_user_permissions_boundary(
                    UserName=name, PermissionsBoundary=job.get("PermissionsBoundary")
                )
            else:
                iam.delete_user_permissions_boundary(UserName=name)
        if job.changed("LoginProfile"):
            if job.before.get("LoginProfile"):
                iam.delete_login_profile(UserName=name)
            if job.get("LoginProfile"):
                iam.create_login_profile(UserName=name, **job.get("LoginProfile"))
        if job.changed("Tags"):
            there = [tag["Key"] for tag in iam.list_user_tags(UserName=name)["Tags"]]
            iam.untag_user(UserName=name, TagKeys=there)
            iam.tag_user(UserName=name, Tags=job.tag_list())

    def delete(self, job: Job) -> None:
        """DeleteUser, out of its groups and without its policies and password."""
        iam, name = job.client("iam"), job.physical_id
        self._bare(job)
        for group in job.before.get("Groups") or ():
            unless_gone(iam.remove_user_from_group, UserName=name, GroupName=group)
        if job.before.get("LoginProfile"):
            unless_gone(iam.delete_login_profile, UserName=name)
        iam.delete_user(UserName=name)


class Membership(Kind):
    """AWS::IAM::UserToGroupAddition."""

    def create(self, job: Job) -> str:
        """AddUserToGroup for each."""
        for user in job.get("Users") or ():
            job.client("iam").add_user_to_group(UserName=user, GroupName=job.get("GroupName"))
        return job.name(128)

    def update(self, job: Job) -> None:
        """Out of the group that was, into the one that is."""
        self.delete(job)
        self.create(job)

    def delete(self, job: Job) -> None:
        """RemoveUserFromGroup for each."""
        iam, group = job.client("iam"), job.before.get("GroupName")
        for user in job.before.get("Users") or ():
            unless_gone(iam.remove_user_from_group, UserName=user, GroupName=group)


def text(document: Any) -> str:
    """A policy as IAM's calls take it."""
    return document if isinstance(document, str) else json.dumps(document, separators=(",", ":"))


def unless_gone(call: Any, **arguments: Any) -> None:
    """Call; that there is nothing to take away is no failure."""
    try:
        call(**arguments)
    except Exception as error:
        if not is_gone(error):
            raise


USERS: dict[str, type[Kind]] = {
    "AWS::IAM::Group": Group,
    "AWS::IAM::User": User,
    "AWS::IAM::UserToGroupAddition": Membership,
}
