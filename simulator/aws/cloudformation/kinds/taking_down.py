"""How resources that moto makes, and has no way of its own to delete, are taken down."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.aws.cloudformation.kinds.base import Job

Call = tuple[str, str, Callable[["Job"], dict[str, Any]]]


def _by(parameter: str) -> Callable[[Job], dict[str, Any]]:
    """The parameter is the physical id."""
    return lambda job: {parameter: job.physical_id}


def _listed(parameter: str) -> Callable[[Job], dict[str, Any]]:
    return lambda job: {parameter: [job.physical_id]}


def _address(job: Job) -> dict[str, Any]:
    made = job.resource.made
    if made.allocation_id:
        return {"AllocationId": made.allocation_id}
    return {"PublicIp": made.public_ip}


def _given(*names: str) -> Callable[[Job], dict[str, Any]]:
    return lambda job: {name: job.properties[name] for name in names if name in job.properties}


def _service(job: Job) -> dict[str, Any]:
    cluster = job.properties.get("Cluster", "default")
    return {"cluster": cluster, "service": job.physical_id, "force": True}


_CALLS: dict[str, Call] = {
    "AWS::EC2::EIP": ("ec2", "release_address", _address),
    "AWS::EC2::FlowLog": ("ec2", "delete_flow_logs", _listed("FlowLogIds")),
    "AWS::EC2::InternetGateway": ("ec2", "delete_internet_gateway", _by("InternetGatewayId")),
    "AWS::EC2::NatGateway": ("ec2", "delete_nat_gateway", _by("NatGatewayId")),
    "AWS::EC2::Route": (
        "ec2",
        "delete_route",
        _given("RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock"),
    ),
    "AWS::EC2::RouteTable": ("ec2", "delete_route_table", _by("RouteTableId")),
    "AWS::EC2::SubnetRouteTableAssociation": (
        "ec2",
        "disassociate_route_table",
        _by("AssociationId"),
    ),
    "AWS::EC2::VPCEndpoint": ("ec2", "delete_vpc_endpoints", _listed("VpcEndpointIds")),
    "AWS::EC2::VPCGatewayAttachment": (
        "ec2",
        "detach_internet_gateway",
        _given("InternetGatewayId", "VpcId"),
    ),
    "AWS::EC2::VPCPeeringConnection": (
        "ec2",
        "delete_vpc_peering_connection",
        _by("VpcPeeringConnectionId"),
    ),
    "AWS::EC2::VPNGateway": ("ec2", "delete_vpn_gateway", _by("VpnGatewayId")),
    "AWS::EC2::Volume": ("ec2", "delete_volume", _by("VolumeId")),
    "AWS::ECS::Cluster": ("ecs", "delete_cluster", _by("cluster")),
    "AWS::ECS::Service": ("ecs", "delete_service", _service),
    "AWS::ECS::TaskDefinition": ("ecs", "deregister_task_definition", _by("taskDefinition")),
    "AWS::ElasticLoadBalancingV2::Listener": ("elbv2", "delete_listener", _by("ListenerArn")),
    "AWS::ElasticLoadBalancingV2::ListenerRule": ("elbv2", "delete_rule", _by("RuleArn")),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        "elbv2",
        "delete_target_group",
        _by("TargetGroupArn"),
    ),
    "AWS::Route53::HostedZone": ("route53", "delete_hosted_zone", _by("Id")),
}


def take_down(job: Job) -> bool:
    """Delete by the service's call for it; whether there is one."""
    if job.type not in _CALLS:
        return False
    service, operation, parameters = _CALLS[job.type]
    getattr(job.client(service), operation)(**parameters(job))
    return True
