"""Undoes credit_account: takes the booking off the customer's account."""

import os

import partner_api


def handler(fare, context):
    answer = partner_api.post(
        os.environ["ACCOUNTS_URL"] + "/debits",
        {"fareId": fare["fareId"], "amountCents": fare["amountCents"]},
        key=f"{fare['fareId']}/reverse_credit",
    )
    print(f"{fare['fareId']}: {answer['outcome']}")
    return answer
