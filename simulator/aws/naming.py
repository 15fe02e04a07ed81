"""botocore's names for what a request asks for: the service, its model and the operation.

moto and the request signature each have names of their own, and several services share one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from botocore.session import get_session
from moto.core.model import ServiceModel
from moto.core.request import Request
from moto.core.routing import NotFound, get_service_router
from moto.core.utils import get_service_model

# What differs by more than hyphens, by moto's name or the signature's.
_NAMES = {
    "awslambda": "lambda",
    "elasticloadbalancing": "elb",
    "dynamodb_v20111205": "dynamodb",
    "email": "ses",
    "monitoring": "cloudwatch",
    "s3bucket_path": "s3",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
# Services that moto serves, or the signature names, together with another: tried after it.
_SIBLINGS = {
    "apigateway": ("apigatewayv2",),
    "bedrock": ("bedrock-agent", "bedrock-runtime"),
    "elb": ("elbv2",),
    "es": ("opensearch",),
    "iot": ("iot-data",),
    "kinesisvideo": ("kinesis-video-archived-media",),
    "mediastore": ("mediastore-data",),
    "rds": ("neptune", "docdb"),
    "sagemaker": ("sagemaker-runtime", "sagemaker-metrics"),
    "servicecatalog": ("servicecatalog-appregistry",),
    "ses": ("sesv2",),
    "timestream-write": ("timestream-query",),
}


def identify(
    request: Request, backend: str | None, signing_name: str
) -> tuple[str, ServiceModel | None, str]:
    """The service, its model if botocore has one, and the operation, empty where it is unknown."""
    first: tuple[str, ServiceModel | None, str] | None = None
    for service in _candidates(backend or signing_name or "unknown"):
        model = _model(service)
        action = _action(request, service, model)
        if model is not None and action in model.operation_names and _same_age(request, model):
            return service, model, action
        first = first or (service, model, action)
    assert first is not None
    return first


def model_of(name: str) -> ServiceModel | None:
    """The model of a service by moto's name, the signature's or that of its endpoint."""
    return _model(next(_candidates(name)))


def _candidates(name: str) -> Iterator[str]:
    service = _NAMES.get(name) or _hyphenated().get(name.replace("-", ""), name)
    yield service
    yield from _SIBLINGS.get(service, ())


@cache
def _hyphenated() -> dict[str, str]:
    """botocore's names by the same without hyphens, which moto leaves out."""
    names = get_session().get_available_services()
    return {name.replace("-", ""): name for name in sorted(names, reverse=True)}


@cache
def _model(service: str) -> ServiceModel | None:
    try:
        return get_service_model(service)
    except UnknownServiceError:
        return None


def _same_age(request: Request, model: ServiceModel) -> bool:
    """Load balancers of two generations share the names of operations, not the API version."""
    if model.metadata.get("protocol") != "query":
        return True
    version = request.values.get("Version")
    return not version or version == model.api_version or model.service_name != "elb"


def _action(request: Request, service: str, model: ServiceModel | None) -> str:
    target: str | None = request.headers.get("X-Amz-Target")
    if target:
        return target.rsplit(".", 1)[-1]
    if "/operation/" in request.path and "Smithy-Protocol" in request.headers:
        return str(request.path).rpartition("/operation/")[2]
    if model is None or model.metadata.get("protocol") in ("query", "ec2", "json"):
        return str(request.values.get("Action", ""))
    try:
        operation, _ = get_service_router(service).match(request)
    except (NotFound, NotImplementedError, OperationNotFoundError):
        return ""
    return str(operation.name)
