import json

import boto3


def handler(event, context):
    entries = [
        {
            "Source": "rides.demo",
            "DetailType": "Ride",
            "Detail": json.dumps({"message": "sent at noon", "state": state}),
        }
        for state in ("new", "old")
    ]
    assert boto3.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0
