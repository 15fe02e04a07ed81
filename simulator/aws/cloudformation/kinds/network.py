"""Security groups with all their rules, of which moto's own kind reads some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, pick

_SIDES = {"SecurityGroupIngress": "ingress", "SecurityGroupEgress": "egress"}
_EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
"""The rule that a group in a VPC has for what goes out, until it is given others."""


class SecurityGroup(Kind):
    """AWS::EC2::SecurityGroup."""

    keeping = frozenset({"SecurityGroupIngress", "SecurityGroupEgress"})

    def create(self, job: Job) -> str:
        """CreateSecurityGroup, and its rules."""
        ec2 = job.client("ec2")
        options = pick(job.properties, ("VpcId",))
        made = ec2.create_security_group(
            GroupName=job.get("GroupName") or job.name(255),
            Description=job.get("GroupDescription"),
            **options,
        )
        group = str(made["GroupId"])
        job.begun(group)
        if job.tag_list():
            ec2.create_tags(Resources=[group], Tags=job.tag_list())
        told = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        job.attributes.update({"GroupId": group, "VpcId": told.get("VpcId", "")})
        if job.get("SecurityGroupEgress"):
            ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[_EVERYWHERE])
        for name, side in _SIDES.items():
            _rules(job, group, f"authorize_security_group_{side}", job.get(name))
        return group

    def update(self, job: Job) -> None:
        """Take its rules from it, and give it those that are wanted."""
        ec2, group = job.client("ec2"), job.physical_id
        for name, side in _SIDES.items():
            if not job.changed(name):
                continue
            before = job.before.get(name) or []
            _rules(job, group, f"revoke_security_group_{side}", before)
            if side == "egress" and not before:
                ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[_EVERYWHERE])
            _rules(job, group, f"authorize_security_group_{side}", job.get(name))
            if side == "egress" and not job.get(name):
                ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[_EVERYWHERE])
        if job.changed("Tags") and job.tag_list():
            ec2.create_tags(Resources=[group], Tags=job.tag_list())

    def delete(self, job: Job) -> None:
        """DeleteSecurityGroup."""
        job.client("ec2").delete_security_group(GroupId=job.physical_id)


class Rule(Kind):
    """AWS::EC2::SecurityGroupIngress and SecurityGroupEgress."""

    @property
    def _side(self) -> str:
        return _SIDES[self.type.rpartition("::")[2]]

    def create(self, job: Job) -> str:
        """AuthorizeSecurityGroupIngress or …Egress."""
        options = pick(job.properties, ("GroupId", "GroupName"))
        act = getattr(job.client("ec2"), f"authorize_security_group_{self._side}")
        made = act(**options, IpPermissions=[_permission(job.properties)])
        rules = made.get("SecurityGroupRules") or [{}]
        found = str(rules[0].get("SecurityGroupRuleId") or job.unique_id())
        job.attributes["Id"] = found
        return found

    def delete(self, job: Job) -> None:
        """RevokeSecurityGroupIngress or …Egress."""
        options = pick(job.before, ("GroupId", "GroupName"))
        act = getattr(job.client("ec2"), f"revoke_security_group_{self._side}")
        act(**options, IpPermissions=[_permission(job.before)])


def _rules(job: Job, group: str, call: str, rules: Any) -> None:
    if rules:
        act = getattr(job.client("ec2"), call)
        act(GroupId=group, IpPermissions=[_permission(rule) for rule in rules])


def _permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """One rule as the calls have it."""
    told = pick(rule, ("Description",))
    found: dict[str, Any] = {"IpProtocol": str(rule["IpProtocol"])}
    for port in ("FromPort", "ToPort"):
        if rule.get(port) is not None:
            found[port] = int(rule[port])
    if "CidrIp" in rule:
        found["IpRanges"] = [{"CidrIp": rule["CidrIp"], **told}]
    if "CidrIpv6" in rule:
        found["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **told}]
    for list_id in ("SourcePrefixListId", "DestinationPrefixListId"):
        if list_id in rule:
            found["PrefixListIds"] = [{"PrefixListId": rule[list_id], **told}]
    other = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    if other:
        found["UserIdGroupPairs"] = [{"GroupId": other, **told}]
    elif rule.get("SourceSecurityGroupName"):
        found["UserIdGroupPairs"] = [{"GroupName": rule["SourceSecurityGroupName"], **told}]
    return found


KINDS: dict[str, type[Kind]] = {
    "AWS::EC2::SecurityGroup": SecurityGroup,
    "AWS::EC2::SecurityGroupEgress": Rule,
    "AWS::EC2::SecurityGroupIngress": Rule,
}
