import os

import boto3


def handler(event, context):
    sns = boto3.client("sns")
    sns.publish(TopicArn=os.environ["TOPIC"], Subject="news", Message="sent at noon")
