"""Buckets and their policies."""

from __future__ import annotations

import json
from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, is_gone


class Bucket(Kind):
    """AWS::S3::Bucket, with what has calls of its own."""

    seconds = 10.0
    unmade = frozenset(
        {"AbacStatus", "AnalyticsConfigurations", "BucketNamePrefix", "BucketNamespace"}
        | {"IntelligentTieringConfigurations", "InventoryConfigurations", "MetadataConfiguration"}
        | {"MetadataTableConfiguration", "MetricsConfigurations", "ReplicationConfiguration"}
    )

    def create(self, job: Job) -> str:
        """CreateBucket."""
        s3, region = job.client("s3"), job.stack.region_name
        name = job.get("BucketName") or job.name(63, lower=True)
        options: dict[str, Any] = {}
        if region != "us-east-1":
            options["CreateBucketConfiguration"] = {"LocationConstraint": region}
        if job.get("ObjectLockEnabled"):
            options["ObjectLockEnabledForBucket"] = True
        if job.get("AccessControl"):
            options["ACL"] = _ACLS.get(job.get("AccessControl"), "private")
        s3.create_bucket(Bucket=name, **options)
        job.begun(name)
        job.attributes.update(
            {
                "Arn": f"arn:aws:s3:::{name}",
                "DomainName": f"{name}.s3.amazonaws.com",
                "DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com",
                "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
                "WebsiteURL": f"http://{name}.s3-website-{region}.amazonaws.com",
            }
        )
        self._configure(job, name, {})
        return str(name)

    def update(self, job: Job) -> None:
        """Put what has changed."""
        self._configure(job, job.physical_id, job.before)

    def _configure(self, job: Job, name: str, before: dict[str, Any]) -> None:
        s3 = job.client("s3")
        for member, put in _CONFIGURED.items():
            if job.get(member) != before.get(member):
                put(s3, name, job.get(member))
        if job.tags() and job.before is job.properties:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": job.tag_list()})

    def delete(self, job: Job) -> None:
        """DeleteBucket; one that is not empty stays, as on AWS."""
        job.client("s3").delete_bucket(Bucket=job.physical_id)

    def read(self, job: Job) -> dict[str, Any]:
        """What can be read back as it was written."""
        s3, name = job.client("s3"), job.physical_id
        s3.head_bucket(Bucket=name)
        read: dict[str, Any] = {"BucketName": name}
        if job.get("VersioningConfiguration"):
            status = s3.get_bucket_versioning(Bucket=name).get("Status", "Suspended")
            read["VersioningConfiguration"] = {"Status": status}
        if job.get("NotificationConfiguration"):
            found = s3.get_bucket_notification_configuration(Bucket=name)
            found.pop("ResponseMetadata", None)
            same = _same_notifications(found, job.get("NotificationConfiguration"))
            read["NotificationConfiguration"] = (
                job.get("NotificationConfiguration") if same else found
            )
        return read


_ACLS = {
    "AuthenticatedRead": "authenticated-read",
    "BucketOwnerFullControl": "bucket-owner-full-control",
    "BucketOwnerRead": "bucket-owner-read",
    "LogDeliveryWrite": "log-delivery-write",
    "Private": "private",
    "PublicRead": "public-read",
    "PublicReadWrite": "public-read-write",
}


def _versioning(s3: Any, name: str, written: Any) -> None:
    status = (written or {}).get("Status", "Suspended")
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})


def _notifications(s3: Any, name: str, written: Any) -> None:
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration=_as_api(written or {})
    )


def _as_api(written: dict[str, Any]) -> dict[str, Any]:
    """Notifications of a template as PutBucketNotificationConfiguration takes them."""
    found: dict[str, Any] = {}
    for ours, theirs, member, arn in (
        ("LambdaConfigurations", "LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
        ("QueueConfigurations", "QueueConfigurations", "Queue", "QueueArn"),
        ("TopicConfigurations", "TopicConfigurations", "Topic", "TopicArn"),
    ):
        for each in written.get(ours) or ():
            one: dict[str, Any] = {arn: each[member], "Events": [each["Event"]]}
            if each.get("Filter"):
                rules = [
                    {"Name": rule["Name"].lower(), "Value": rule["Value"]}
                    for rule in each["Filter"]["S3Key"]["Rules"]
                ]
                one["Filter"] = {"Key": {"FilterRules": rules}}
            found.setdefault(theirs, []).append(one)
    if "EventBridgeConfiguration" in written:
        enabled = (written["EventBridgeConfiguration"] or {}).get("EventBridgeEnabled", True)
        if str(enabled).lower() == "true":
            found["EventBridgeConfiguration"] = {}
    return found


def _same_notifications(found: dict[str, Any], written: dict[str, Any]) -> bool:
    def plain(configuration: dict[str, Any]) -> str:
        kept: dict[str, Any] = {}
        for name, each in configuration.items():
            kept[name] = (
                [{k: v for k, v in one.items() if k not in ("Id", "Filter")} for one in each]
                if isinstance(each, list)
                else each
            )
        return json.dumps(kept, sort_keys=True)

    return plain(found) == plain(_as_api(written))


def _cors(s3: Any, name: str, written: Any) -> None:
    if not written:
        s3.delete_bucket_cors(Bucket=name)
        return
    rules = []
    for each in written.get("CorsRules") or ():
        rule = {
            "AllowedHeaders": each.get("AllowedHeaders"),
            "AllowedMethods": each.get("AllowedMethods"),
            "AllowedOrigins": each.get("AllowedOrigins"),
            "ExposeHeaders": each.get("ExposedHeaders"),
            "MaxAgeSeconds": each.get("MaxAge"),
            "ID": each.get("Id"),
        }
        rules.append({k: v for k, v in rule.items() if v is not None})
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules})


def _website(s3: Any, name: str, written: Any) -> None:
    if not written:
        s3.delete_bucket_website(Bucket=name)
        return
    found: dict[str, Any] = {}
    if written.get("IndexDocument"):
        found["IndexDocument"] = {"Suffix": written["IndexDocument"]}
    if written.get("ErrorDocument"):
        found["ErrorDocument"] = {"Key": written["ErrorDocument"]}
    if written.get("RedirectAllRequestsTo"):
        found["RedirectAllRequestsTo"] = written["RedirectAllRequestsTo"]
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration=found)


def _public_access(s3: Any, name: str, written: Any) -> None:
    if written:
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=written)
    else:
        s3.delete_public_access_block(Bucket=name)


def _encryption(s3: Any, name: str, written: Any) -> None:
    if not written:
        s3.delete_bucket_encryption(Bucket=name)
        return
    rules = []
    for each in written.get("ServerSideEncryptionConfiguration") or ():
        default = each.get("ServerSideEncryptionByDefault")
        rule = {"BucketKeyEnabled": each.get("BucketKeyEnabled", False)}
        if default:
            rule["ApplyServerSideEncryptionByDefault"] = default
        rules.append(rule)
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})


def _ownership(s3: Any, name: str, written: Any) -> None:
    if written:
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=written)


def _lifecycle(s3: Any, name: str, written: Any) -> None:
    if not written:
        s3.delete_bucket_lifecycle(Bucket=name)
        return
    rules = [_lifecycle_rule(each) for each in written.get("Rules") or ()]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})


def _lifecycle_rule(each: dict[str, Any]) -> dict[str, Any]:
    rule: dict[str, Any] = {"Status": each["Status"], "Filter": {"Prefix": each.get("Prefix", "")}}
    if each.get("Id"):
        rule["ID"] = each["Id"]
    tags = [{"Key": t["Key"], "Value": t["Value"]} for t in each.get("TagFilters") or ()]
    if tags:
        combined: dict[str, Any] = {"Tags": tags}
        if each.get("Prefix"):
            combined["Prefix"] = each["Prefix"]
        single = len(tags) == 1 and not each.get("Prefix")
        rule["Filter"] = {"Tag": tags[0]} if single else {"And": combined}
    expiry = {
        theirs: each[ours]
        for ours, theirs in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if ours in each
    }
    if expiry:
        rule["Expiration"] = expiry
    transitions = each.get("Transitions") or ([each["Transition"]] if "Transition" in each else [])
    if transitions:
        rule["Transitions"] = [
            {
                theirs: one[ours]
                for ours, theirs in (
                    ("TransitionInDays", "Days"),
                    ("TransitionDate", "Date"),
                    ("StorageClass", "StorageClass"),
                )
                if ours in one
            }
            for one in transitions
        ]
    noncurrent = each.get("NoncurrentVersionExpiration") or {}
    days = noncurrent.get("NoncurrentDays", each.get("NoncurrentVersionExpirationInDays"))
    if days is not None:
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    if each.get("AbortIncompleteMultipartUpload"):
        rule["AbortIncompleteMultipartUpload"] = {
            "DaysAfterInitiation": each["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        }
    return rule


def _logging(s3: Any, name: str, written: Any) -> None:
    status: dict[str, Any] = {}
    if written:
        status["LoggingEnabled"] = {
            "TargetBucket": written.get("DestinationBucketName", name),
            "TargetPrefix": written.get("LogFilePrefix", ""),
        }
    s3.put_bucket_logging(Bucket=name, BucketLoggingStatus=status)


def _accelerate(s3: Any, name: str, written: Any) -> None:
    status = (written or {}).get("AccelerationStatus", "Suspended")
    s3.put_bucket_accelerate_configuration(Bucket=name, AccelerateConfiguration={"Status": status})


def _lock(s3: Any, name: str, written: Any) -> None:
    s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=written or {})


_CONFIGURED: dict[str, Any] = {
    "AccelerateConfiguration": _accelerate,
    "ObjectLockConfiguration": _lock,
    "OwnershipControls": _ownership,
    "PublicAccessBlockConfiguration": _public_access,
    "VersioningConfiguration": _versioning,
    "BucketEncryption": _encryption,
    "CorsConfiguration": _cors,
    "LifecycleConfiguration": _lifecycle,
    "LoggingConfiguration": _logging,
    "WebsiteConfiguration": _website,
    "NotificationConfiguration": _notifications,
}


class BucketPolicy(Kind):
    """AWS::S3::BucketPolicy."""

    def create(self, job: Job) -> str:
        """PutBucketPolicy."""
        self.update(job)
        return str(job.get("Bucket"))

    def update(self, job: Job) -> None:
        """PutBucketPolicy."""
        document = job.get("PolicyDocument")
        text = document if isinstance(document, str) else json.dumps(document)
        job.client("s3").put_bucket_policy(Bucket=job.get("Bucket"), Policy=text)

    def delete(self, job: Job) -> None:
        """DeleteBucketPolicy."""
        try:
            job.client("s3").delete_bucket_policy(Bucket=job.get("Bucket"))
        except Exception as error:
            if not is_gone(error):
                raise

    def read(self, job: Job) -> dict[str, Any]:
        """GetBucketPolicy."""
        found = job.client("s3").get_bucket_policy(Bucket=job.get("Bucket"))
        return {"Bucket": job.get("Bucket"), "PolicyDocument": json.loads(found["Policy"])}


KINDS: dict[str, type[Kind]] = {
    "AWS::S3::Bucket": Bucket,
    "AWS::S3::BucketPolicy": BucketPolicy,
}
