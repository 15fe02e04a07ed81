"""Undoes preauthorise_card: releases what is reserved on the card for this fare."""

import os

import partner_api


def handler(fare, context):
    answer = partner_api.post(
        os.environ["PAYMENTS_URL"] + "/voids",
        {"fareId": fare["fareId"], "amountCents": fare["amountCents"]},
        key=f"{fare['fareId']}/release_hold",
    )
    print(f"{fare['fareId']}: {answer['outcome']}")
    return answer
