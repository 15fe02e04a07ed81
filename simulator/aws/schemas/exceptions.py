"""What the schema registry refuses."""

from __future__ import annotations

import json

from moto.core.exceptions import JsonRESTError


class SchemasError(JsonRESTError):
    """An error in the form of the schemas API: a code and a message of its own."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.description = json.dumps({"__type": name, "Code": name, "Message": message})


class NotFound(SchemasError):
    """A name that is not there."""

    code = 404

    def __init__(self, what: str) -> None:
        super().__init__("NotFoundException", f"{what} does not exist.")


class Conflict(SchemasError):
    """A name that is taken."""

    code = 409

    def __init__(self, what: str) -> None:
        super().__init__("ConflictException", f"{what} already exists.")


class BadRequest(SchemasError):
    """Something that is not as it must be."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("BadRequestException", message)


class Forbidden(SchemasError):
    """A registry of AWS's own."""

    code = 403

    def __init__(self, message: str) -> None:
        super().__init__("ForbiddenException", message)
