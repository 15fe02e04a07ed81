import decimal
import json
import logging
import os
import uuid
from datetime import UTC, datetime

import boto3

logger = logging.getLogger()
logger.setLevel(os.environ.get("LOG_LEVEL", "INFO"))
TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
TOPIC_ARN = os.environ.get("TOPIC_ARN", "")
sns = boto3.client("sns")


class Encoder(json.JSONEncoder):
    def default(self, o):
        if isinstance(o, decimal.Decimal):
            return float(o)
        return super().default(o)


def lambda_handler(event, context):
    logger.info("EVENT: %s", json.dumps(event))
    if event["httpMethod"] != "POST" or not event.get("body"):
        return {"statusCode": 400, "headers": {}, "body": json.dumps({"message": "Bad Request"})}
    try:
        ride = json.loads(event["body"], parse_float=decimal.Decimal)
        ride["id"] = str(uuid.uuid4())
        ride["timestamp"] = datetime.now(UTC).isoformat()
        TABLE.put_item(Item=ride)
        if TOPIC_ARN:
            attributes = {}
            for name in ("fare", "distance"):
                attributes[name] = {"DataType": "Number", "StringValue": str(ride[name])}
            answer = sns.publish(
                TopicArn=TOPIC_ARN,
                Subject="ride completed",
                Message=json.dumps(ride, cls=Encoder),
                MessageAttributes=attributes,
            )
            logger.info(answer["MessageId"])
        return {
            "statusCode": 201,
            "headers": {"Content-Type": "application/json"},
            "body": json.dumps({"rideid": ride["id"], "by": context.aws_request_id}),
        }
    except Exception as error:
        logger.exception(error)
        return {"statusCode": 500, "body": json.dumps({"message": str(error)})}
