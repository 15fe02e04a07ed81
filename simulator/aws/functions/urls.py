"""Where Lambda is reached: moto's addresses and those it lacks, our answers."""

from moto.awslambda.urls import url_bases
from moto.awslambda.urls import url_paths as moto_paths

from simulator.aws.functions.responses import VirtualLambdaResponse

dispatch = VirtualLambdaResponse.dispatch

_FUNCTION = "{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[^/]+)"

url_paths = {
    rf"{_FUNCTION}/provisioned-concurrency/?$": dispatch,
    rf"{_FUNCTION}/response-streaming-invocations/?$": dispatch,
    rf"{_FUNCTION}/recursion-config/?$": dispatch,
    rf"{_FUNCTION}/urls/?$": dispatch,
    r"{0}/(?P<api_version>[^/]+)/account-settings/?$": dispatch,
    **dict.fromkeys(moto_paths, dispatch),
}

__all__ = ["url_bases", "url_paths"]
