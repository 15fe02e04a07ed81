"""Talks to the payment provider and to the accounting system: one POST with a JSON body."""

import json
import urllib.error
import urllib.request


class PartnerError(Exception):
    """The partner did not do what it was asked."""


def post(url, body):
    request = urllib.request.Request(
        url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise PartnerError(f"{url} answered {error.code}") from None
