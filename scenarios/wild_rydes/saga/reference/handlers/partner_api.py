"""Talks to the payment provider and to the accounting system: one POST with a JSON body.

Every wish has a key that stays the same from attempt to attempt, so that asking again is harmless.
What comes back tells two kinds of failure apart: an answer of no, and no answer.
"""

import json
import urllib.error
import urllib.request

ANSWER_WITHIN_S = 2  # below the function's own time-out, so that we fail in our own words


class CardDeclined(Exception):
    """The payment provider said no; asking again will not change that."""


class PartnerUnavailable(Exception):
    """Nobody knows whether it was done; asking again, with the same key, is safe."""


def post(url, body, key):
    request = urllib.request.Request(
        url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Idempotency-Key": key},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_S) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        if error.code == 402:
            raise CardDeclined(f"{url} declined {body['fareId']}") from error
        if error.code >= 500:
            raise PartnerUnavailable(f"{url} answered {error.code}") from error
        raise  # 4xx: our own mistake, to be seen as it is
    except OSError as error:
        raise PartnerUnavailable(f"{url} did not answer: {error}") from error
