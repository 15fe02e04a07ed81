"""The addresses of DynamoDB: moto's, our answers."""

from moto.dynamodb.urls import url_bases

from simulator.aws.dynamodb.responses import DynamoHandler

url_paths = {"{0}/": DynamoHandler.dispatch}

__all__ = ["url_bases", "url_paths"]
