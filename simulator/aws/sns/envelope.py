"""What a subscriber gets: the JSON around a message, confirmations, raw messages, e-mail.

Sources: Amazon SNS Developer Guide, "Parsing Amazon SNS message formats" and "Amazon SNS raw
message delivery"; AWS Lambda Developer Guide, "Invoking Lambda functions with Amazon SNS
notifications".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.core.utils import iso_8601_datetime_with_milliseconds

from simulator.aws.sns.signing import Signer


@dataclass(frozen=True, slots=True)
class Notice:
    """One published message. `attributes` have a Type and a Value each, binary ones in base64."""

    topic_arn: str
    message_id: str
    message: str
    timestamp: str
    subject: str | None = None
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    structured: Mapping[str, Any] | None = None
    group_id: str | None = None
    dedup_id: str | None = None
    sequence: str | None = None
    trace: str | None = None
    signature_version: str = "1"
    signatures: dict[str, str] = field(default_factory=dict)

    def text_for(self, protocol: str) -> str:
        """The message as this protocol gets it."""
        if self.structured is None:
            return self.message
        text = self.structured.get(protocol)
        return text if isinstance(text, str) else str(self.structured["default"])


@dataclass(frozen=True, slots=True)
class Links:
    """Where a subscriber's links lead: `base` answers SNS's calls."""

    base: str
    subscription_arn: str

    @property
    def unsubscribe(self) -> str:
        """The link that ends the subscription."""
        return f"{self.base}/?Action=Unsubscribe&SubscriptionArn={self.subscription_arn}"

    def subscribe(self, topic_arn: str, token: str) -> str:
        """The link that confirms the subscription."""
        return f"{self.base}/?Action=ConfirmSubscription&TopicArn={topic_arn}&Token={token}"


def instant() -> str:
    """The present instant as SNS writes it."""
    return iso_8601_datetime_with_milliseconds()


def notification(notice: Notice, protocol: str, links: Links, signer: Signer) -> dict[str, Any]:
    """The envelope of a notification; those of FIFO topics are not signed."""
    text = notice.text_for(protocol)
    envelope: dict[str, Any] = {"Type": "Notification", "MessageId": notice.message_id}
    if notice.sequence is not None:
        envelope["SequenceNumber"] = notice.sequence
    envelope["TopicArn"] = notice.topic_arn
    if notice.subject is not None:
        envelope["Subject"] = notice.subject
    envelope |= {"Message": text, "Timestamp": notice.timestamp}
    if notice.sequence is None:
        if text not in notice.signatures:  # the same for all who get the same text
            notice.signatures[text] = signer.signature(envelope, notice.signature_version)
        envelope |= {
            "SignatureVersion": notice.signature_version,
            "Signature": notice.signatures[text],
            "SigningCertURL": _certificate(links, notice.topic_arn, signer),
        }
    envelope["UnsubscribeURL"] = links.unsubscribe
    if notice.attributes:
        envelope["MessageAttributes"] = {
            name: {"Type": attribute["Type"], "Value": attribute["Value"]}
            for name, attribute in notice.attributes.items()
        }
    return envelope


def lambda_event(notice: Notice, links: Links, signer: Signer) -> dict[str, Any]:
    """The event of a function that is subscribed."""
    envelope = notification(notice, "lambda", links, signer)
    spelt = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
    sns = {spelt.get(name, name): value for name, value in envelope.items()}
    sns = {"Subject": None, **sns, "MessageAttributes": sns.get("MessageAttributes", {})}
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": links.subscription_arn,
                "Sns": sns,
            }
        ]
    }


_ASKS = {
    "SubscriptionConfirmation": (
        "You have chosen to subscribe to the topic {topic}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    ),
    "UnsubscribeConfirmation": (
        "You have chosen to deactivate subscription {subscription}.\nTo cancel this operation and "
        "restore the subscription, visit the SubscribeURL included in this message."
    ),
}


def confirmation(
    kind: str, topic_arn: str, token: str, message_id: str, links: Links, signer: Signer
) -> dict[str, Any]:
    """The envelope that asks a subscriber to confirm, or tells that it has been unsubscribed."""
    message = _ASKS[kind].format(topic=topic_arn, subscription=links.subscription_arn)
    envelope: dict[str, Any] = {
        "Type": kind,
        "MessageId": message_id,
        "Token": token,
        "TopicArn": topic_arn,
        "Message": message,
        "SubscribeURL": links.subscribe(topic_arn, token),
        "Timestamp": instant(),
        "SignatureVersion": "1",
    }
    envelope["Signature"] = signer.signature(envelope, "1")
    envelope["SigningCertURL"] = _certificate(links, topic_arn, signer)
    return envelope


def written(envelope: Mapping[str, Any]) -> str:
    """An envelope as SNS writes it."""
    return json.dumps(envelope, indent=2, separators=(",", " : "), ensure_ascii=False)


def email_body(notice: Notice, links: Links) -> str:
    """A plain-text mail: the message and the way out."""
    return (
        f"{notice.text_for('email')}\n\n--\n"
        "If you wish to stop receiving notifications from this topic, please visit the link below "
        f"to unsubscribe:\n{links.unsubscribe}\n"
    )


def sqs_attributes(notice: Notice) -> dict[str, dict[str, Any]]:
    """The message attributes of a raw message, as SQS has them."""
    found: dict[str, dict[str, Any]] = {}
    for name, attribute in notice.attributes.items():
        kind = str(attribute["Type"])
        value = str(attribute["Value"])
        if kind.startswith("Binary"):
            found[name] = {"DataType": kind, "BinaryValue": base64.b64decode(value)}
        else:
            found[name] = {"DataType": kind, "StringValue": value}
    return found


def _certificate(links: Links, topic_arn: str, signer: Signer) -> str:
    return f"{links.base}/{signer.certificate_name(topic_arn.split(':')[3])}"
