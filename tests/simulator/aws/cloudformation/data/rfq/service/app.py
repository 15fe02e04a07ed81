import json
import os
import time
import uuid

import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
sns = boto3.client("sns")


def text(value):
    return {"DataType": "String", "StringValue": value}


def submit(event, context):
    body = json.loads(event["body"])
    rfq = str(uuid.uuid4())
    eta = int(time.time()) + int(os.environ["SECONDS"])
    table.put_item(Item={"rfq": rfq, "sk": "task", "eta": eta, "ttl": eta + 3600, **body})
    sns.publish(
        TopicArn=os.environ["TOPIC"],
        Message=json.dumps(body),
        MessageAttributes={
            "correlation-id": text(rfq),
            "return-address": text(os.environ["QUEUE"]),
        },
    )
    told = {"links": {"self": f"/rfq/{rfq}"}, "status": "running", "eta": eta}
    return {"statusCode": 202, "body": json.dumps(told)}


def status(event, context):
    rfq = event["pathParameters"]["id"]
    items = table.query(KeyConditionExpression=Key("rfq").eq(rfq))["Items"]
    task = next((item for item in items if item["sk"] == "task"), None)
    if task is None:
        return {"statusCode": 404, "body": "{}"}
    count = len(items) - 1
    if time.time() >= task["eta"] or count == 2:
        return {"statusCode": 303, "headers": {"Location": f"/rfq/{rfq}/result"}, "body": ""}
    told = {"status": "running", "responses-received": count, "eta": int(task["eta"])}
    return {"statusCode": 200, "body": json.dumps(told)}


def aggregate(event, context):
    failed = []
    for record in event["Records"]:
        try:
            rfq = record["messageAttributes"]["correlation-id"]["stringValue"]
            quote = json.loads(record["body"])
            table.put_item(Item={"rfq": rfq, "sk": "quote#" + quote["unicorn"], **quote})
        except KeyError:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
