"""Content type conversions of REST APIs: bytes to base64 and back, by contentHandling.

Source: API Gateway Developer Guide, "Content type conversions in API Gateway".
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass


class NotBase64(Exception):
    """A text that should become bytes, and is no base64."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to a body: `handling` is contentHandling, `binary` says that its type is."""

    handling: str | None
    binary: bool

    def before(self, body: bytes) -> bytes:
        """The body as a mapping template gets it: bytes become a text where that is wanted."""
        if self.handling == "CONVERT_TO_TEXT" and self.binary:
            return base64.b64encode(body)
        return body

    def after(self, body: bytes) -> bytes:
        """The body as it goes on: a text becomes bytes where that is wanted. Raises NotBase64."""
        if self.handling != "CONVERT_TO_BINARY" or self.binary:
            return body
        try:
            return base64.b64decode(body.strip().strip(b'"'), validate=True)
        except (binascii.Error, ValueError) as error:
            raise NotBase64("CONVERT_TO_BINARY: the text is no base64") from error
