"""Kinesis data streams, and Firehose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, pick


class Stream(Kind):
    """AWS::Kinesis::Stream."""

    seconds = 20.0
    unmade = frozenset({"DesiredShardLevelMetrics", "MaxRecordSizeInKiB", "WarmThroughputMiBps"})

    def create(self, job: Job) -> str:
        """CreateStream, and how long it keeps its records."""
        kinesis, name = job.client("kinesis"), job.get("Name") or job.name(128)
        options = pick(job.properties, ("ShardCount", "StreamModeDetails"))
        if not options:
            options["ShardCount"] = 1
        kinesis.create_stream(StreamName=name, **options)
        job.begun(name)
        region, account = job.stack.region_name, job.stack.account_id
        job.attributes["Arn"] = f"arn:aws:kinesis:{region}:{account}:stream/{name}"
        self._keep(job, name, 24)
        self._encrypt(job, name)
        if job.tags():
            kinesis.add_tags_to_stream(StreamName=name, Tags=job.tags())
        return str(name)

    def _keep(self, job: Job, name: str, before: int) -> None:
        hours = int(job.get("RetentionPeriodHours") or 24)
        kinesis = job.client("kinesis")
        if hours > before:
            kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=hours)
        elif hours < before:
            kinesis.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=hours)

    def _encrypt(self, job: Job, name: str) -> None:
        wanted = job.get("StreamEncryption")
        if wanted:
            job.client("kinesis").start_stream_encryption(StreamName=name, **wanted)

    def update(self, job: Job) -> None:
        """What has changed, by the call for it."""
        kinesis, name = job.client("kinesis"), job.physical_id
        self._keep(job, name, int(job.before.get("RetentionPeriodHours") or 24))
        if job.changed("ShardCount") and job.get("ShardCount"):
            kinesis.update_shard_count(
                StreamName=name,
                TargetShardCount=job.get("ShardCount"),
                ScalingType="UNIFORM_SCALING",
            )
        if job.changed("StreamModeDetails") and job.get("StreamModeDetails"):
            kinesis.update_stream_mode(
                StreamARN=job.attributes["Arn"], StreamModeDetails=job.get("StreamModeDetails")
            )
        if job.changed("StreamEncryption"):
            if job.before.get("StreamEncryption"):
                kinesis.stop_stream_encryption(StreamName=name, **job.before["StreamEncryption"])
            self._encrypt(job, name)

    def delete(self, job: Job) -> None:
        """DeleteStream."""
        job.client("kinesis").delete_stream(
            StreamName=job.physical_id, EnforceConsumerDeletion=True
        )

    def read(self, job: Job) -> dict[str, Any]:
        """DescribeStreamSummary."""
        found = job.client("kinesis").describe_stream_summary(StreamName=job.physical_id)
        summary = found["StreamDescriptionSummary"]
        return {
            "Name": summary["StreamName"],
            "RetentionPeriodHours": summary["RetentionPeriodHours"],
            "ShardCount": summary["OpenShardCount"],
        }


class StreamConsumer(Kind):
    """AWS::Kinesis::StreamConsumer."""

    def create(self, job: Job) -> str:
        """RegisterStreamConsumer."""
        made = job.client("kinesis").register_stream_consumer(
            **pick(job.properties, ("ConsumerName", "StreamARN"))
        )["Consumer"]
        for name in ("ConsumerARN", "ConsumerName", "ConsumerStatus"):
            job.attributes[name] = made[name]
        job.attributes["ConsumerCreationTimestamp"] = str(made["ConsumerCreationTimestamp"])
        job.attributes["StreamARN"] = job.get("StreamARN")
        return str(made["ConsumerARN"])

    def delete(self, job: Job) -> None:
        """DeregisterStreamConsumer."""
        job.client("kinesis").deregister_stream_consumer(ConsumerARN=job.physical_id)


class DeliveryStream(Kind):
    """AWS::KinesisFirehose::DeliveryStream, to S3 and to HTTP endpoints."""

    unmade = frozenset(
        {
            "AmazonOpenSearchServerlessDestinationConfiguration",
            "AmazonopensearchserviceDestinationConfiguration",
            "DatabaseSourceConfiguration",
            "DirectPutSourceConfiguration",
            "ElasticsearchDestinationConfiguration",
            "IcebergDestinationConfiguration",
            "KinesisStreamSourceConfiguration",
            "MSKSourceConfiguration",
            "RedshiftDestinationConfiguration",
            "SnowflakeDestinationConfiguration",
            "SplunkDestinationConfiguration",
        }
    )

    def create(self, job: Job) -> str:
        """CreateDeliveryStream."""
        for destination in ("ExtendedS3DestinationConfiguration", "S3DestinationConfiguration"):
            _plain(job, job.get(destination) or {})
        name = str(job.get("DeliveryStreamName") or job.name(64))
        options = {**job.properties, "DeliveryStreamName": name, "Tags": job.tag_list()}
        if not options["Tags"]:
            del options["Tags"]
        made = job.client("firehose").create_delivery_stream(**options)
        job.attributes["Arn"] = made["DeliveryStreamARN"]
        return name

    def delete(self, job: Job) -> None:
        """DeleteDeliveryStream."""
        job.client("firehose").delete_delivery_stream(DeliveryStreamName=job.physical_id)


def _plain(job: Job, destination: Mapping[str, Any]) -> None:
    """Refuse what moto would leave out: records go to the bucket as they come."""
    for name in ("DataFormatConversionConfiguration", "DynamicPartitioningConfiguration"):
        if (destination.get(name) or {}).get("Enabled", name in destination):
            raise job.fail(f"{job.type}: {name} is not implemented by Paddock")
    if (destination.get("ProcessingConfiguration") or {}).get("Enabled"):
        raise job.fail(f"{job.type}: ProcessingConfiguration is not implemented by Paddock")
    if destination.get("S3BackupMode") == "Enabled":
        raise job.fail(f"{job.type}: S3BackupMode is not implemented by Paddock")
    if destination.get("CompressionFormat", "UNCOMPRESSED") != "UNCOMPRESSED":
        raise job.fail(f"{job.type}: CompressionFormat is not implemented by Paddock")


KINDS: dict[str, type[Kind]] = {
    "AWS::KinesisFirehose::DeliveryStream": DeliveryStream,
    "AWS::Kinesis::Stream": Stream,
    "AWS::Kinesis::StreamConsumer": StreamConsumer,
}
