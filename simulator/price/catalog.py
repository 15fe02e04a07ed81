"""The price list as AWS's own Price List has it: products, their attributes, their terms.

Source: AWS Billing User Guide, "Reading the service price list files"; AWS Price List API
Reference, "GetProducts". What a product is called there is in `catalog.toml`.
"""

from __future__ import annotations

import hashlib
import tomllib
from base64 import b32encode
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from simulator.price.bill import plural
from simulator.price.rates import EXACT, PriceList, Rate

LOCATION = "US East (N. Virginia)"
_ON_DEMAND, _DIMENSION = "JRTCKXETXF", "6YS6EN2CT7"
"""AWS's codes for prices on demand, and for a price per unit."""
_UNITS = {
    "GB-month": "GB-Mo",
    "GB-second": "Lambda-GB-Second",
    "request": "Requests",
    "transition": "StateTransitions",
}


@cache
def _names() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("catalog.toml").read_text(encoding="utf-8"))


def service_code(service: str) -> str:
    """The Price List's code of a service of the list, such as AWSLambda."""
    return str(_names()["services"][service]["code"])


def ledger_name(service: str) -> str:
    """What Cost Explorer calls a service of the list, such as Amazon Simple Queue Service."""
    return str(_names()["services"][service]["ledger"])


def usage_type(meter: str) -> str:
    """AWS's usage type of a meter; its own name where we do not know it."""
    return str(_names()["meters"].get(meter, (meter,))[0])


def attributes(rate: Rate, prices: PriceList) -> dict[str, str]:
    """What tells a product from others."""
    named = _names()["meters"].get(rate.meter, ())
    return {
        "servicecode": service_code(rate.service),
        "servicename": prices.services[rate.service],
        "location": LOCATION,
        "locationType": "AWS Region",
        "regionCode": prices.region,
        "usagetype": usage_type(rate.meter),
        **({"group": named[2]} if len(named) > 2 else {}),
        "groupDescription": rate.name,
    }


def product(rate: Rate, prices: PriceList) -> dict[str, Any]:
    """One entry of the Price List, in its format aws_v1."""
    told: dict[str, Any] = {"attributes": attributes(rate, prices), "sku": sku(rate.meter)}
    if rate.meter in _names()["meters"]:
        told["productFamily"] = _names()["meters"][rate.meter][1]
    offer = f"{sku(rate.meter)}.{_ON_DEMAND}"
    day = f"{rate.price.as_of:%Y-%m-%d}T00:00:00Z"
    return {
        "product": told,
        "serviceCode": service_code(rate.service),
        "terms": {
            "OnDemand": {
                offer: {
                    "priceDimensions": _dimensions(rate, offer),
                    "sku": sku(rate.meter),
                    "effectiveDate": day,
                    "offerTermCode": _ON_DEMAND,
                    "termAttributes": {},
                }
            }
        },
        "version": f"{rate.price.as_of:%Y%m%d}000000",
        "publicationDate": day,
    }


def _dimensions(rate: Rate, offer: str) -> dict[str, Any]:
    """A price for each tier, in dollars for one unit."""
    told: dict[str, Any] = {}
    begin = Decimal(0)
    for number, (up_to, dollars) in enumerate(rate.price.tiers):
        code = f"{offer}.{_DIMENSION}" if number == 0 else f"{offer}.{sku(f'tier {number}')[:10]}"
        per = "" if rate.per == 1 else f"{rate.per:,} "
        told[code] = {
            "unit": _UNITS.get(rate.unit, plural(rate.unit, Decimal(2))),
            "endRange": "Inf" if up_to is None else f"{up_to:f}",
            "description": f"${dollars:f} per {per}{plural(rate.unit, rate.per)} ({rate.name})",
            "appliesTo": [],
            "rateCode": code,
            "beginRange": f"{begin:f}",
            "pricePerUnit": {"USD": f"{EXACT.divide(dollars, rate.per):.10f}"},
        }
        begin = up_to or begin
    return told


def sku(name: str) -> str:
    """A code of sixteen letters and digits, as AWS's are; ours, and always the same."""
    return b32encode(hashlib.sha256(name.encode()).digest()).decode()[:16]
