"""The requester, the aggregator and the one who looks."""

import json
import os

import boto3


def submit(event, context):
    rfq = json.loads(event["body"])["rfq"]
    boto3.client("sns").publish(
        TopicArn=os.environ["TOPIC_ARN"],
        Message=event["body"],
        MessageAttributes={
            "return-address": {
                "DataType": "String",
                "StringValue": os.environ["RESPONSE_QUEUE_URL"],
            },
            "correlation-id": {"DataType": "String", "StringValue": rfq},
        },
    )
    links = {"self": f"/query-instant-ride-rfq/{rfq}"}
    return {"statusCode": 202, "body": json.dumps({"links": links, "status": "running"})}


def aggregate(event, context):
    table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
    for record in event["Records"]:
        correlation_id = record["messageAttributes"]["correlation-id"]["stringValue"]
        quote = json.loads(record["body"])
        table.put_item(Item={"rfq": correlation_id, **quote})


def query(event, context):
    table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
    found = table.query(
        KeyConditionExpression=boto3.dynamodb.conditions.Key("rfq").eq(
            event["pathParameters"]["rfq-id"]
        )
    )
    quotes = sorted((item["unicorn"], int(item["price"])) for item in found["Items"])
    return {"statusCode": 200, "body": json.dumps(quotes)}
