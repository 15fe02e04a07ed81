"""A responder: it quotes to the address that the request names."""

import json
import os

import boto3


def quote(event, context):
    for record in event["Records"]:
        attributes = record["Sns"]["MessageAttributes"]
        body = {"unicorn": os.environ["UNICORN"], "price": int(os.environ["PRICE"])}
        boto3.client("sqs").send_message(
            QueueUrl=attributes["return-address"]["Value"],
            MessageBody=json.dumps(body),
            MessageAttributes={
                "correlation-id": {
                    "DataType": "String",
                    "StringValue": attributes["correlation-id"]["Value"],
                }
            },
        )
