"""What workshops put around their functions: networks, users, delivery streams. AWS
CloudFormation Template Reference, "Amazon EC2", "Amazon Cognito", "Amazon Data Firehose"."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.http import HttpRequest


def test_a_network_comes_and_goes(stacks: Any, written: Callable[[str], str]) -> None:
    told = stacks.create(written("workshop_network.yaml"))
    assert told["StackStatus"] == "CREATE_COMPLETE", stacks.reasons()
    session, made = stacks.world.cloud.session(), stacks.resources()
    ec2: Any = session.client("ec2")
    (group,) = ec2.describe_security_groups(GroupIds=[made["Group"]])["SecurityGroups"]
    rules = [(rule["IpProtocol"], rule.get("FromPort")) for rule in group["IpPermissions"]]
    assert sorted(rules, key=str) == [("-1", None), ("tcp", 2049)]
    assert [rule.get("ToPort") for rule in group["IpPermissionsEgress"]] == [443]
    functions: Any = session.client("lambda")
    function = functions.get_function_configuration(FunctionName=made["Function"])
    assert function["KMSKeyArn"].endswith(made["Key"])
    assert function["FileSystemConfigs"][0]["Arn"].endswith(made["Point"])
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE", stacks.reasons()
    mine = [{"Name": "vpc-id", "Values": [made["Vpc"]]}]
    assert ec2.describe_route_tables(Filters=mine)["RouteTables"] == []
    assert ec2.describe_subnets(Filters=mine)["Subnets"] == []
    assert ec2.describe_addresses()["Addresses"] == []
    assert [vpc["IsDefault"] for vpc in ec2.describe_vpcs()["Vpcs"]] == [True]


def test_users_and_who_may_call(stacks: Any, written: Callable[[str], str]) -> None:
    told = stacks.create(written("workshop_users.yaml"))
    assert told["StackStatus"] == "CREATE_COMPLETE", stacks.reasons()
    outputs, network = stacks.outputs(), stacks.world.cloud.network
    idp: Any = stacks.world.cloud.session().client("cognito-idp")
    who = {"UserPoolId": outputs["Users"], "Username": "ada@example.com"}
    email = [{"Name": "email", "Value": "ada@example.com"}]
    idp.admin_create_user(**who, UserAttributes=email, MessageAction="SUPPRESS")
    idp.admin_set_user_password(**who, Password="Unicorn-1", Permanent=True)
    answer = idp.initiate_auth(
        ClientId=outputs["App"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada@example.com", "PASSWORD": "Unicorn-1"},
    )
    token = answer["AuthenticationResult"]["IdToken"]
    for kind in ("Rest", "Http"):
        assert network.send(HttpRequest("GET", outputs[kind], {}, b"")).status == 401
        signed = HttpRequest("GET", outputs[kind], {"authorization": f"Bearer {token}"}, b"")
        told = network.send(signed)
        assert (told.status, told.body) == (200, b"ada@example.com"), kind
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE", stacks.reasons()
    assert idp.list_user_pools(MaxResults=9)["UserPools"] == []


def test_an_admin_in_a_group(stacks: Any) -> None:
    allowing = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    inline = [{"PolicyName": "p", "PolicyDocument": {"Statement": [allowing]}}]
    reading = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    user = {"UserName": "ada", "Policies": inline, "Groups": [{"Ref": "G"}]}
    user["LoginProfile"] = {"Password": "Unicorn-1"}  # type: ignore[assignment]
    group = {"GroupName": "riders", "ManagedPolicyArns": reading}
    template = {
        "Resources": {
            "U": {"Type": "AWS::IAM::User", "Properties": user},
            "G": {"Type": "AWS::IAM::Group", "Properties": group},
        }
    }
    assert stacks.create(template)["StackStatus"] == "CREATE_COMPLETE", stacks.reasons()
    iam: Any = stacks.world.cloud.session().client("iam")
    assert iam.list_user_policies(UserName="ada")["PolicyNames"] == ["p"]
    assert [each["UserName"] for each in iam.get_group(GroupName="riders")["Users"]] == ["ada"]
    attached = iam.list_attached_group_policies(GroupName="riders")["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == reading
    del user["Groups"]
    user["Policies"], user["Path"] = [], "/riders/"
    assert stacks.update(template)["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons()
    assert iam.list_user_policies(UserName="ada")["PolicyNames"] == []
    assert iam.get_user(UserName="ada")["User"]["Path"] == "/riders/"
    assert iam.get_group(GroupName="riders")["Users"] == []
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE", stacks.reasons()
    assert (iam.list_users()["Users"], iam.list_groups()["Groups"]) == ([], [])


def test_records_to_a_bucket(stacks: Any, role: str) -> None:
    where = {"BucketARN": {"Fn::GetAtt": ["B", "Arn"]}, "RoleARN": role, "Prefix": "raw/"}
    stream = {"DeliveryStreamName": "d", "ExtendedS3DestinationConfiguration": where}
    template = {
        "Resources": {
            "B": {"Type": "AWS::S3::Bucket"},
            "D": {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": stream},
        }
    }
    assert stacks.create(template)["StackStatus"] == "CREATE_COMPLETE", stacks.reasons()
    session = stacks.world.cloud.session()
    session.client("firehose").put_record(DeliveryStreamName="d", Record={"Data": b"ride"})
    (key,) = session.client("s3").list_objects_v2(Bucket=stacks.resources()["B"])["Contents"]
    assert key["Key"].startswith("raw/")
    stream["ExtendedS3DestinationConfiguration"]["CompressionFormat"] = "GZIP"  # type: ignore[index]
    stacks.create(template, name="t")
    assert "CompressionFormat is not implemented" in stacks.reasons("t")["D"]


def test_a_pipe_between_queues(stacks: Any, role: str) -> None:
    ends = {name: {"Type": "AWS::SQS::Queue"} for name in ("From", "To")}
    properties = {
        "RoleArn": role,
        "Source": {"Fn::GetAtt": ["From", "Arn"]},
        "Target": {"Fn::GetAtt": ["To", "Arn"]},
        "TargetParameters": {"InputTemplate": "<$.body>"},
    }
    pipe = {"Type": "AWS::Pipes::Pipe", "Properties": properties}
    told = stacks.create({"Resources": {**ends, "Pipe": pipe}})
    assert told["StackStatus"] == "CREATE_COMPLETE", stacks.reasons()
    sqs: Any = stacks.world.cloud.session().client("sqs")
    sqs.send_message(QueueUrl=stacks.resources()["From"], MessageBody='{"ride": 1}')
    stacks.world.run()
    (found,) = stacks.world.cloud.peek_queue(stacks.resources()["To"].rpartition("/")[2])
    assert found["body"] == '{"ride":1}'
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE", stacks.reasons()


def test_an_application_of_the_repository_is_refused(stacks: Any) -> None:
    location = {"ApplicationId": "arn:aws:serverlessrepo:us-east-1:1:applications/a"}
    application = {
        "Type": "AWS::Serverless::Application",
        "Properties": {"Location": {**location, "SemanticVersion": "1.0.0"}},
    }
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"A": application}}
    with pytest.raises(ClientError, match=r"Repository \(serverlessrepo\) is not implemented"):
        stacks.create(template)


def test_what_nobody_can_delete_is_told(stacks: Any) -> None:
    given = {"Description": "d", "ParameterGroupFamily": "redshift-1.0"}
    group = {"Type": "AWS::Redshift::ClusterParameterGroup", "Properties": given}
    stack_id = stacks.create(json.dumps({"Resources": {"Group": group}}))["StackId"]
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    events = stacks.client.describe_stack_events(StackName=stack_id)["StackEvents"]
    told = {event["ResourceStatus"]: event.get("ResourceStatusReason") for event in events}
    assert told["DELETE_SKIPPED"] == "Paddock cannot delete AWS::Redshift::ClusterParameterGroup"


def test_containers_come_and_go(stacks: Any) -> None:
    images = [{"Name": "web", "Image": "web", "Memory": 128}]
    task = {"Family": "web", "ContainerDefinitions": images}
    service = {"Cluster": {"Ref": "Cluster"}, "TaskDefinition": {"Ref": "Task"}, "DesiredCount": 1}
    resources = {
        "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "rides"}},
        "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": task},
        "Service": {"Type": "AWS::ECS::Service", "Properties": service},
    }
    told = stacks.create(json.dumps({"Resources": resources}))
    assert told["StackStatus"] == "CREATE_COMPLETE", stacks.reasons()
    ecs: Any = stacks.world.cloud.session().client("ecs")
    assert len(ecs.list_services(cluster="rides")["serviceArns"]) == 1
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE", stacks.reasons()
    (cluster,) = ecs.describe_clusters(clusters=["rides"])["clusters"]
    assert cluster["status"] == "INACTIVE"
    assert ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"] == []
