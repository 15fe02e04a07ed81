"""Where SQS is reached: moto's addresses, our answers."""

from moto.sqs.urls import url_bases

from simulator.aws.sqs.responses import SqsResponse

dispatch = SqsResponse().dispatch

url_paths = {
    "{0}/$": dispatch,
    r"{0}/(?P<account_id>\d+)/(?P<queue_name>[a-zA-Z0-9\-_\.]+)": dispatch,
}

__all__ = ["url_bases", "url_paths"]
