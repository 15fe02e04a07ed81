"""One publishes a ride; two services hear of it through queues of their own."""

import json
import os

import boto3

notices = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def publish(event, context):
    boto3.client("sns").publish(TopicArn=os.environ["TOPIC_ARN"], Message=event["body"])
    return {"statusCode": 202, "body": ""}


def _note(who, event):
    for record in event["Records"]:
        ride = json.loads(json.loads(record["body"])["Message"])
        notices.put_item(Item={"id": f"{who}/{ride['id']}"})


def customer(event, context):
    _note("customer", event)


def loyalty(event, context):
    _note("loyalty", event)
