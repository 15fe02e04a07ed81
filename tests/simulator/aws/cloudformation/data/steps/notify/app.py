import logging


def lambda_handler(event, context):
    for record in event["Records"]:
        logging.warning("told: %s %s", record["Sns"]["Subject"], record["Sns"]["Message"])
