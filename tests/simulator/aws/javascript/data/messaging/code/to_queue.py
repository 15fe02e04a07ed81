import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    result = sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody="sent at noon")
    print(result["MessageId"])  # noqa: T201 - into the log
