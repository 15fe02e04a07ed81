"""Keys, parameters and secrets."""

from __future__ import annotations

import json
import string
from typing import Any

from moto.moto_api._internal import mock_random

from simulator.aws.cloudformation.kinds.base import Job, Kind, pick


class Key(Kind):
    """AWS::KMS::Key."""

    unmade = frozenset({"RotationPeriodInDays"})

    def create(self, job: Job) -> str:
        """CreateKey."""
        options = pick(job.properties, ("BypassPolicyLockoutSafetyCheck", "Description", "Origin"))
        options.update(pick(job.properties, ("KeySpec", "KeyUsage", "MultiRegion")))
        if job.get("KeyPolicy") is not None:
            options["Policy"] = _text(job.get("KeyPolicy"))
        tags = [{"TagKey": key, "TagValue": value} for key, value in job.tags().items()]
        kms = job.client("kms")
        options.setdefault("KeyUsage", "ENCRYPT_DECRYPT")
        options.setdefault("KeySpec", "SYMMETRIC_DEFAULT")
        made = kms.create_key(Tags=tags, **options)["KeyMetadata"]
        key_id = str(made["KeyId"])
        job.begun(key_id)
        job.attributes.update({"Arn": made["Arn"], "KeyId": key_id})
        if job.get("EnableKeyRotation"):
            kms.enable_key_rotation(KeyId=key_id)
        if job.get("Enabled") is False:
            kms.disable_key(KeyId=key_id)
        return key_id

    def update(self, job: Job) -> None:
        """What has changed, by the call for it."""
        kms, key_id = job.client("kms"), job.physical_id
        if job.changed("KeyPolicy"):
            policy = _text(job.get("KeyPolicy"))
            kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=policy)
        if job.changed("Description"):
            kms.update_key_description(KeyId=key_id, Description=job.get("Description", ""))
        if job.changed("EnableKeyRotation"):
            on = job.get("EnableKeyRotation")
            (kms.enable_key_rotation if on else kms.disable_key_rotation)(KeyId=key_id)
        if job.changed("Enabled"):
            off = job.get("Enabled") is False
            (kms.disable_key if off else kms.enable_key)(KeyId=key_id)

    def delete(self, job: Job) -> None:
        """ScheduleKeyDeletion."""
        days = int(job.get("PendingWindowInDays") or 30)
        job.client("kms").schedule_key_deletion(KeyId=job.physical_id, PendingWindowInDays=days)

    def read(self, job: Job) -> dict[str, Any] | None:
        """DescribeKey."""
        found = job.client("kms").describe_key(KeyId=job.physical_id)["KeyMetadata"]
        if found["KeyState"] == "PendingDeletion":
            return None
        return pick(found, ("Description", "Enabled", "KeySpec", "KeyUsage", "MultiRegion"))


class KeyAlias(Kind):
    """AWS::KMS::Alias."""

    def create(self, job: Job) -> str:
        """CreateAlias."""
        name = str(job.get("AliasName"))
        job.client("kms").create_alias(AliasName=name, TargetKeyId=job.get("TargetKeyId"))
        return name

    def update(self, job: Job) -> None:
        """UpdateAlias."""
        job.client("kms").update_alias(
            AliasName=job.physical_id, TargetKeyId=job.get("TargetKeyId")
        )

    def delete(self, job: Job) -> None:
        """DeleteAlias."""
        job.client("kms").delete_alias(AliasName=job.physical_id)


class Parameter(Kind):
    """AWS::SSM::Parameter."""

    def create(self, job: Job) -> str:
        """PutParameter."""
        name = str(job.get("Name") or job.name(1011))
        self._put(job, name, overwrite=False)
        job.attributes.update({"Type": job.get("Type"), "Value": job.get("Value")})
        return name

    def _put(self, job: Job, name: str, *, overwrite: bool) -> None:
        options = pick(job.properties, ("AllowedPattern", "DataType", "Description", "Policies"))
        options.update(pick(job.properties, ("Tier", "Type", "Value")))
        if not overwrite and job.tags():
            options["Tags"] = job.tag_list()
        job.client("ssm").put_parameter(Name=name, Overwrite=overwrite, **options)

    def update(self, job: Job) -> None:
        """PutParameter over what was there."""
        self._put(job, job.physical_id, overwrite=True)
        job.attributes.update({"Type": job.get("Type"), "Value": job.get("Value")})

    def delete(self, job: Job) -> None:
        """DeleteParameter."""
        job.client("ssm").delete_parameter(Name=job.physical_id)

    def read(self, job: Job) -> dict[str, Any]:
        """GetParameter."""
        found = job.client("ssm").get_parameter(Name=job.physical_id)["Parameter"]
        return pick(found, ("DataType", "Name", "Type", "Value"))


class Secret(Kind):
    """AWS::SecretsManager::Secret."""

    unmade = frozenset({"ReplicaRegions", "Type"})

    def create(self, job: Job) -> str:
        """CreateSecret, with a value that is given or made."""
        options = pick(job.properties, ("Description", "KmsKeyId"))
        text = self._value(job)
        if text is not None:
            options["SecretString"] = text
        made = job.client("secretsmanager").create_secret(
            Name=job.get("Name") or job.name(128), Tags=job.tag_list(), **options
        )
        job.attributes["Id"] = made["ARN"]
        return str(made["ARN"])

    def _value(self, job: Job) -> str | None:
        if job.get("SecretString") is not None:
            return str(job.get("SecretString"))
        wanted = job.get("GenerateSecretString")
        if wanted is None:
            return None
        letters = string.ascii_letters + string.digits
        if not wanted.get("ExcludePunctuation"):
            letters += string.punctuation
        left_out = str(wanted.get("ExcludeCharacters", ""))
        for member, group in (
            ("ExcludeLowercase", string.ascii_lowercase),
            ("ExcludeNumbers", string.digits),
            ("ExcludeUppercase", string.ascii_uppercase),
        ):
            left_out += group if wanted.get(member) else ""
        letters = "".join(letter for letter in letters if letter not in left_out)
        length = int(wanted.get("PasswordLength", 32))
        password = "".join(mock_random.choice(letters) for _ in range(length))
        if wanted.get("GenerateStringKey"):
            found = json.loads(wanted.get("SecretStringTemplate") or "{}")
            return json.dumps({**found, wanted["GenerateStringKey"]: password})
        return password

    def update(self, job: Job) -> None:
        """UpdateSecret; a value that is made stays as it is, unless asked for anew."""
        options = pick(job.properties, ("Description", "KmsKeyId"))
        if job.changed("SecretString", "GenerateSecretString"):
            text = self._value(job)
            if text is not None:
                options["SecretString"] = text
        job.client("secretsmanager").update_secret(SecretId=job.physical_id, **options)

    def delete(self, job: Job) -> None:
        """DeleteSecret, at once, as CloudFormation does."""
        job.client("secretsmanager").delete_secret(
            SecretId=job.physical_id, ForceDeleteWithoutRecovery=True
        )


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


KINDS: dict[str, type[Kind]] = {
    "AWS::KMS::Alias": KeyAlias,
    "AWS::KMS::Key": Key,
    "AWS::SSM::Parameter": Parameter,
    "AWS::SecretsManager::Secret": Secret,
}
