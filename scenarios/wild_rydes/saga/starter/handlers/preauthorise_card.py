"""Reserves the fare on the customer's card: a hold, no money moves yet."""

import os

import partner_api


def handler(fare, context):
    answer = partner_api.post(
        os.environ["PAYMENTS_URL"] + "/holds",
        {
            "fareId": fare["fareId"],
            "cardToken": fare["cardToken"],
            "amountCents": fare["amountCents"],
        },
    )
    print(f"{fare['fareId']}: {answer['outcome']}")
    return answer
