"""What the price list offers: services, their products, and the products' attributes.

Source: AWS Price List API Reference, "DescribeServices", "GetAttributeValues", "GetProducts".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import JsonRESTError

from simulator.price import PriceList
from simulator.price.catalog import product

_TESTS: dict[str, Callable[[str, str], bool]] = {
    "TERM_MATCH": lambda found, wanted: found == wanted,
    "EQUALS": lambda found, wanted: found == wanted,
    "CONTAINS": lambda found, wanted: wanted in found,
    "ANY_OF": lambda found, wanted: found in wanted.split(","),
    "NONE_OF": lambda found, wanted: found not in wanted.split(","),
}


class PricingBackend(BaseBackend):
    """The Price List, which is the same for every account."""

    def services(self, code: str | None) -> list[dict[str, Any]]:
        """Services with the names of their products' attributes."""
        told = []
        for known in dict.fromkeys(entry["serviceCode"] for entry in self._all()):
            if code in (None, known):
                names = {name for entry in self._of(known) for name in _attributes(entry)}
                told.append({"ServiceCode": known, "AttributeNames": sorted(names)})
        if code is not None and not told:
            raise _not_valid("ServiceCode", code)
        return told

    def values(self, code: str, attribute: str) -> list[str]:
        """All values of an attribute of a service's products."""
        found = {
            _attributes(entry)[attribute]
            for entry in self._of(code)
            if attribute in _attributes(entry)
        }
        if not found:
            raise _not_valid("AttributeName", attribute)
        return sorted(found)

    def products(self, code: str, filters: list[Mapping[str, str]]) -> list[dict[str, Any]]:
        """A service's products of which every filter holds."""
        return [
            entry
            for entry in self._of(code)
            if all(
                _TESTS[wanted["Type"]](_attributes(entry).get(_field(wanted), ""), wanted["Value"])
                for wanted in filters
            )
        ]

    def _of(self, code: str) -> list[dict[str, Any]]:
        found = [entry for entry in self._all() if entry["serviceCode"] == code]
        if not found:
            raise _not_valid("ServiceCode", code)
        return found

    def _all(self) -> list[dict[str, Any]]:
        prices = PriceList.on()  # the bill's
        return [product(rate, prices) for rate in prices.rates.values()]


def _field(wanted: Mapping[str, str]) -> str:
    name = wanted["Field"]
    return "servicecode" if name == "ServiceCode" else name


def _attributes(entry: Mapping[str, Any]) -> dict[str, str]:
    told = entry["product"]
    family = {"productFamily": told["productFamily"]} if "productFamily" in told else {}
    return {**told["attributes"], **family}


def _not_valid(what: str, value: str) -> JsonRESTError:
    return JsonRESTError("InvalidParameterException", f"Unknown {what}: {value}")


pricing_backends = BackendDict(
    PricingBackend, "pricing", use_boto3_regions=False, additional_regions=["aws"]
)
