"""Signatures of what SNS sends, by a key and a certificate of the world's seed.

Source: Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS messages".
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from simulator.aws.keys import seeded_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from simulator.world import World

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_VALID = timedelta(days=365)


class Signer:
    """Signs envelopes: version 1 is SHA-1, version 2 SHA-256."""

    def __init__(self, world: World) -> None:
        self._world = world

    def certificate_name(self, region: str) -> str:
        """The file that the certificate is served as; it is put there for `region` first."""
        # moto serves certificates from the default account, whoever asks, until it is reset.
        keys = sns_backends[DEFAULT_ACCOUNT_ID][region]._message_public_keys
        if self._name not in keys:
            keys[self._name] = self._certificate
        return self._name

    def signature(self, envelope: Mapping[str, Any], version: str) -> str:
        """The signature of an envelope, in base64."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        names = _SIGNED.get(str(envelope["Type"]), _SIGNED["SubscriptionConfirmation"])
        text = "".join(
            f"{name}\n{envelope[name]}\n" for name in names if envelope.get(name) is not None
        )
        digest = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303  (AWS's choice)
        signed = self._key.sign(text.encode("utf-8", "surrogatepass"), padding.PKCS1v15(), digest)
        return base64.b64encode(signed).decode()

    @cached_property
    def _key(self) -> RSAPrivateKey:
        return seeded_key(self._world.streams["sns-signing-key"])

    @cached_property
    def _name(self) -> str:
        digits = f"{self._world.streams['sns-certificate'].getrandbits(128):032x}"
        return f"SimpleNotificationService-{digits}.pem"

    @cached_property
    def _certificate(self) -> bytes:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.x509.oid import NameOID

        def named(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
            return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])

        from_when = self._world.clock.start
        certificate = (
            x509.CertificateBuilder()
            .subject_name(named((NameOID.COMMON_NAME, "sns.amazonaws.com")))
            .issuer_name(
                named(
                    (NameOID.COUNTRY_NAME, "US"),
                    (NameOID.ORGANIZATION_NAME, "Amazon"),
                    (NameOID.COMMON_NAME, "Amazon RSA 2048 M01"),
                )
            )
            .public_key(self._key.public_key())
            .serial_number(self._world.streams["sns-certificate"].getrandbits(159) + 1)
            .not_valid_before(from_when)
            .not_valid_after(from_when + _VALID)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)
