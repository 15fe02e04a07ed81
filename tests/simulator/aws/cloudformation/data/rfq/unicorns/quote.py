import json
import os
import time

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    for record in event["Records"]:
        told = record["Sns"] if "Sns" in record else json.loads(record["body"])
        attributes = told["MessageAttributes"]
        account, name = attributes["return-address"]["Value"].split(":")[-2:]
        url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
        time.sleep(int(os.environ["AFTER"]))
        quote = {"unicorn": os.environ["NAME"], "price": int(os.environ["PRICE"])}
        correlation = attributes["correlation-id"]["Value"]
        sqs.send_message(
            QueueUrl=url,
            MessageBody=json.dumps(quote),
            MessageAttributes={
                "correlation-id": {"DataType": "String", "StringValue": correlation}
            },
        )
