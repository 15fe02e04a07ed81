"""Each notes that it has heard of a ride, under its own name."""

import json
import os

import boto3

notices = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def _note(who, ride):
    notices.put_item(Item={"id": f"{who}/{ride['id']}"})


def from_topic(event, context):
    for record in event["Records"]:
        _note("customer", json.loads(record["Sns"]["Message"]))


def extraordinary(event, context):
    for record in event["Records"]:
        _note("extraordinary", json.loads(record["Sns"]["Message"]))


def from_queue(event, context):
    for record in event["Records"]:
        _note("accounting", json.loads(record["body"]))
