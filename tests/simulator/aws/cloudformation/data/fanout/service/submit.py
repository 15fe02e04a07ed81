"""Takes a completed ride in, keeps it and tells everybody."""

import json
import os

import boto3

rides = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
sns = boto3.client("sns")


def lambda_handler(event, context):
    ride = json.loads(event["body"])
    rides.put_item(Item={"id": ride["id"], "distance": int(ride["distance"])})
    sns.publish(
        TopicArn=os.environ["TOPIC_ARN"],
        Message=json.dumps(ride),
        MessageAttributes={
            "distance": {"DataType": "Number", "StringValue": str(ride["distance"])}
        },
    )
    return {"statusCode": 201, "body": json.dumps({"id": ride["id"]})}
