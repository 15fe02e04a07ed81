"""Undoes charge_card: gives the fare back to the card."""

import os

import partner_api


def handler(fare, context):
    answer = partner_api.post(
        os.environ["PAYMENTS_URL"] + "/refunds",
        {"fareId": fare["fareId"], "amountCents": fare["amountCents"]},
        key=f"{fare['fareId']}/refund_card",
    )
    print(f"{fare['fareId']}: {answer['outcome']}")
    return answer
