"""The Price List service's requests and answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import BaseResponse

from simulator.aws.pricing.models import PricingBackend, pricing_backends

FORMAT = "aws_v1"
_PAGE = 100


class PricingResponse(BaseResponse):
    """One method for each operation, called by its name."""

    def __init__(self) -> None:
        super().__init__(service_name="pricing")

    @property
    def backend(self) -> PricingBackend:
        """The one price list."""
        backend: PricingBackend = pricing_backends[self.current_account]["aws"]
        return backend

    def describe_services(self) -> str:
        """DescribeServices."""
        found = self.backend.services(self._said("ServiceCode"))
        return self._page("Services", found, FormatVersion=FORMAT)

    def get_attribute_values(self) -> str:
        """GetAttributeValues."""
        found = self.backend.values(self._said("ServiceCode"), self._said("AttributeName"))
        return self._page("AttributeValues", [{"Value": value} for value in found])

    def get_products(self) -> str:
        """GetProducts: each product is a text of JSON."""
        found = self.backend.products(self._said("ServiceCode"), self._said("Filters") or [])
        entries = [json.dumps(entry, separators=(",", ":")) for entry in found]
        return self._page("PriceList", entries, FormatVersion=FORMAT)

    def _said(self, name: str) -> Any:
        return json.loads(self.body or "{}").get(name)

    def _page(self, name: str, found: Sequence[Any], **more: str) -> str:
        size = int(self._said("MaxResults") or _PAGE)
        token = str(self._said("NextToken") or "0")
        if not token.isdigit() or int(token) > len(found):
            raise JsonRESTError("InvalidNextTokenException", "The pagination token is invalid.")
        begin = int(token)
        told: dict[str, Any] = {name: found[begin : begin + size], **more}
        if begin + size < len(found):
            told["NextToken"] = str(begin + size)
        return json.dumps(told)
