"""Cognito's user pools and what belongs to them, and identity pools."""

from __future__ import annotations

from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, pick


def _fitting(job: Job, client: Any, operation: str) -> dict[str, Any]:
    """The properties that an operation has parameters for by the same names."""
    members = client.meta.service_model.operation_model(operation).input_shape.members
    return pick(job.properties, members)


class UserPool(Kind):
    """AWS::Cognito::UserPool."""

    unmade = frozenset(
        {
            "EmailAuthenticationMessage",
            "EmailAuthenticationSubject",
            "WebAuthnFactorConfiguration",
            "WebAuthnRelyingPartyID",
            "WebAuthnUserVerification",
        }
    )

    def create(self, job: Job) -> str:
        """CreateUserPool."""
        idp = job.client("cognito-idp")
        options = _fitting(job, idp, "CreateUserPool")
        options["UserPoolTags"] = job.tags("UserPoolTags")
        made = idp.create_user_pool(**options, PoolName=job.get("UserPoolName") or job.name(128))[
            "UserPool"
        ]
        pool = str(made["Id"])
        job.begun(pool)
        host = f"cognito-idp.{job.stack.region_name}.amazonaws.com/{pool}"
        job.attributes.update(
            {
                "Arn": made["Arn"],
                "ProviderName": host,
                "ProviderURL": f"https://{host}",
                "UserPoolId": pool,
            }
        )
        self._factors(job, pool)
        return pool

    def _factors(self, job: Job, pool: str) -> None:
        if "SOFTWARE_TOKEN_MFA" in (job.get("EnabledMfas") or ()):
            job.client("cognito-idp").set_user_pool_mfa_config(
                UserPoolId=pool,
                SoftwareTokenMfaConfiguration={"Enabled": True},
                MfaConfiguration=job.get("MfaConfiguration", "OFF"),
            )

    def update(self, job: Job) -> None:
        """UpdateUserPool."""
        idp = job.client("cognito-idp")
        options = _fitting(job, idp, "UpdateUserPool")
        options["UserPoolTags"] = job.tags("UserPoolTags")
        idp.update_user_pool(**{**options, "UserPoolId": job.physical_id})
        self._factors(job, job.physical_id)

    def delete(self, job: Job) -> None:
        """DeleteUserPool."""
        job.client("cognito-idp").delete_user_pool(UserPoolId=job.physical_id)


class UserPoolClient(Kind):
    """AWS::Cognito::UserPoolClient."""

    def create(self, job: Job) -> str:
        """CreateUserPoolClient."""
        idp = job.client("cognito-idp")
        options = _fitting(job, idp, "CreateUserPoolClient")
        options["ClientName"] = job.get("ClientName") or job.name(128)
        made = idp.create_user_pool_client(**options)["UserPoolClient"]
        job.attributes.update({"ClientId": made["ClientId"], "Name": made["ClientName"]})
        if made.get("ClientSecret"):
            job.attributes["ClientSecret"] = made["ClientSecret"]
        return str(made["ClientId"])

    def update(self, job: Job) -> None:
        """UpdateUserPoolClient."""
        idp = job.client("cognito-idp")
        options = _fitting(job, idp, "UpdateUserPoolClient")
        idp.update_user_pool_client(**{**options, "ClientId": job.physical_id})

    def delete(self, job: Job) -> None:
        """DeleteUserPoolClient."""
        job.client("cognito-idp").delete_user_pool_client(
            UserPoolId=job.before.get("UserPoolId"), ClientId=job.physical_id
        )


class UserPoolDomain(Kind):
    """AWS::Cognito::UserPoolDomain."""

    def create(self, job: Job) -> str:
        """CreateUserPoolDomain."""
        idp = job.client("cognito-idp")
        idp.create_user_pool_domain(**_fitting(job, idp, "CreateUserPoolDomain"))
        return str(job.get("Domain"))

    def delete(self, job: Job) -> None:
        """DeleteUserPoolDomain."""
        job.client("cognito-idp").delete_user_pool_domain(
            UserPoolId=job.before.get("UserPoolId"), Domain=job.physical_id
        )


class UserPoolGroup(Kind):
    """AWS::Cognito::UserPoolGroup."""

    def create(self, job: Job) -> str:
        """CreateGroup."""
        idp, name = job.client("cognito-idp"), job.get("GroupName") or job.name(128)
        idp.create_group(**{**_fitting(job, idp, "CreateGroup"), "GroupName": name})
        return str(name)

    def update(self, job: Job) -> None:
        """UpdateGroup."""
        idp = job.client("cognito-idp")
        idp.update_group(**{**_fitting(job, idp, "UpdateGroup"), "GroupName": job.physical_id})

    def delete(self, job: Job) -> None:
        """DeleteGroup."""
        job.client("cognito-idp").delete_group(
            UserPoolId=job.before.get("UserPoolId"), GroupName=job.physical_id
        )


class UserPoolUser(Kind):
    """AWS::Cognito::UserPoolUser."""

    def create(self, job: Job) -> str:
        """AdminCreateUser."""
        idp = job.client("cognito-idp")
        options = _fitting(job, idp, "AdminCreateUser")
        options.setdefault("Username", job.name(128))
        return str(idp.admin_create_user(**options)["User"]["Username"])

    def delete(self, job: Job) -> None:
        """AdminDeleteUser."""
        job.client("cognito-idp").admin_delete_user(
            UserPoolId=job.before.get("UserPoolId"), Username=job.physical_id
        )


class Membership(Kind):
    """AWS::Cognito::UserPoolUserToGroupAttachment."""

    def create(self, job: Job) -> str:
        """AdminAddUserToGroup."""
        job.client("cognito-idp").admin_add_user_to_group(**job.properties)
        return f"{job.get('UserPoolId')}|{job.get('GroupName')}|{job.get('Username')}"

    def delete(self, job: Job) -> None:
        """AdminRemoveUserFromGroup."""
        job.client("cognito-idp").admin_remove_user_from_group(**job.before)


class ResourceServer(Kind):
    """AWS::Cognito::UserPoolResourceServer."""

    def create(self, job: Job) -> str:
        """CreateResourceServer."""
        job.client("cognito-idp").create_resource_server(**job.properties)
        return str(job.get("Identifier"))

    def delete(self, job: Job) -> None:
        """Nothing: it goes with its pool, and moto has no call that takes it down."""


class IdentityPool(Kind):
    """AWS::Cognito::IdentityPool."""

    unmade = frozenset({"CognitoEvents", "CognitoStreams", "PushSync"})

    def create(self, job: Job) -> str:
        """CreateIdentityPool."""
        identity = job.client("cognito-identity")
        options = _fitting(job, identity, "CreateIdentityPool")
        options["IdentityPoolName"] = job.get("IdentityPoolName") or job.name(128)
        made = identity.create_identity_pool(**options)
        job.attributes.update({"Id": made["IdentityPoolId"], "Name": made["IdentityPoolName"]})
        return str(made["IdentityPoolId"])

    def delete(self, job: Job) -> None:
        """DeleteIdentityPool."""
        job.client("cognito-identity").delete_identity_pool(IdentityPoolId=job.physical_id)


KINDS: dict[str, type[Kind]] = {
    "AWS::Cognito::IdentityPool": IdentityPool,
    "AWS::Cognito::UserPool": UserPool,
    "AWS::Cognito::UserPoolClient": UserPoolClient,
    "AWS::Cognito::UserPoolDomain": UserPoolDomain,
    "AWS::Cognito::UserPoolGroup": UserPoolGroup,
    "AWS::Cognito::UserPoolResourceServer": ResourceServer,
    "AWS::Cognito::UserPoolUser": UserPoolUser,
    "AWS::Cognito::UserPoolUserToGroupAttachment": Membership,
}
