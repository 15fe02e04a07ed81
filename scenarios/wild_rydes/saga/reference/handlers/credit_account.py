"""Books the paid fare on the customer's account."""

import os

import partner_api


def handler(fare, context):
    answer = partner_api.post(
        os.environ["ACCOUNTS_URL"] + "/credits",
        {
            "fareId": fare["fareId"],
            "customerId": fare["customerId"],
            "amountCents": fare["amountCents"],
        },
        key=f"{fare['fareId']}/credit_account",
    )
    print(f"{fare['fareId']}: {answer['outcome']}")
    return answer
