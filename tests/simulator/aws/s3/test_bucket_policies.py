"""Policies with conditions (IAM User Guide, "IAM JSON policy elements: Condition operators";
S3 User Guide, "Bucket policy examples using condition keys")."""

import json

import pytest
from botocore.exceptions import ClientError


def deny(condition):
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"],
        **({"Condition": condition} if condition else {}),
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    "condition",
    [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"Bool": {"aws:SecureTransport": False}},
        {"NumericLessThan": {"s3:TlsVersion": 1.2}},
        {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
    ],
)
def test_what_does_not_hold_refuses_nobody(shop, condition):
    shop.s3.put_bucket_policy(Bucket="photos", Policy=deny(condition))
    shop.s3.put_object(Bucket="photos", Key="k", Body=b"1")
    assert shop.s3.get_object(Bucket="photos", Key="k")["Body"].read() == b"1"
    assert "Errors" not in shop.s3.delete_objects(
        Bucket="photos", Delete={"Objects": [{"Key": "k"}]}
    )


@pytest.mark.parametrize("condition", [None, {"Bool": {"aws:SecureTransport": "true"}}])
def test_what_holds_refuses(shop, condition):
    shop.s3.put_bucket_policy(Bucket="photos", Policy=deny(condition))
    with pytest.raises(ClientError, match="AccessDenied"):
        shop.s3.put_object(Bucket="photos", Key="k", Body=b"1")
