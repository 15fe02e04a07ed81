"""What is wrong with a request, told from the API's own model before anything is done about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel
from botocore.validate import ParamValidator
from moto.cloudwatch.exceptions import CloudWatchException, ValidationError

from simulator.model.metric_math import Expression, InvalidExpression

_JUDGED_LATER = ("StateValue",)  # with a sentence of its own


class MissingParameter(CloudWatchException):
    """CloudWatch API Reference, PutMetricData, Errors: MissingParameter."""

    code = "MissingParameter"


def problem(operation: OperationModel, parameters: Mapping[str, Any]) -> CloudWatchException | None:
    """The first thing wrong with a request's parameters, or None."""
    shape = operation.input_shape
    if shape is None:
        return None
    members = shape.members
    for name in shape.required_members:
        # the query protocol cannot tell an empty list from none
        if parameters.get(name) is None and members[name].type_name != "list":
            return MissingParameter(f"The parameter {name} is required.")
    for name, value in parameters.items():
        allowed = getattr(members.get(name), "enum", None)
        if (
            allowed
            and name not in _JUDGED_LATER
            and isinstance(value, str)
            and value not in allowed
        ):
            return ValidationError(
                f"1 validation error detected: Value '{value}' at '{name[0].lower()}{name[1:]}' "
                "failed to satisfy constraint: Member must satisfy enum value set: "
                f"[{', '.join(allowed)}]"
            )
    given = {name: value for name, value in parameters.items() if value is not None}
    for name in shape.required_members:
        given.setdefault(name, [])
    report = ParamValidator().validate(given, shape)
    if report.has_errors():
        return ValidationError(report.generate_report().splitlines()[0])
    return None


def check_expression(text: str | None) -> None:
    """Refuse metric math that cannot be read. Raises ValidationError."""
    if not text or text.lstrip().upper().startswith("SELECT"):
        return
    try:
        Expression(text)
    except InvalidExpression as error:
        raise ValidationError(f"Invalid metrics list: {error}") from error
