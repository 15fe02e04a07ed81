"""The steps of a fare, and what undoes the first of them."""

import json
import os

import boto3

fares = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


class Busy(Exception):
    """The payment service has no time."""


def _note(fare, state):
    fares.put_item(Item={"id": fare["id"], "state": state})


def pre_authorize(event, context):
    _note(event, "authorized")
    return {"amount": event["amount"]}


def charge(event, context):
    if event["amount"] > 100:
        raise Busy("too much for now")
    _note(event, "charged")
    return {"charged": event["amount"]}


def cancel(event, context):
    _note(event, "cancelled")


def start(event, context):
    started = boto3.client("stepfunctions").start_execution(
        stateMachineArn=os.environ["STATE_MACHINE_ARN"], input=event["body"]
    )
    body = {"execution": started["executionArn"]}
    return {"statusCode": 202, "body": json.dumps(body)}
