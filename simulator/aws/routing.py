"""Which service, account, Region and operation a request is for, and who in moto answers it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.session import get_session
from moto import backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict
from moto.core.model import ServiceModel
from moto.core.request import Request
from moto.iam.models import get_account_id_from
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from simulator.aws import guards
from simulator.aws.naming import identify

DEFAULT_REGION = "us-east-1"
ACCOUNT_HEADER = "x-moto-account-id"
_ACCOUNT_KEY = "HTTP_X_MOTO_ACCOUNT_ID"
_NO_KEY = "AKIAEXAMPLE"  # moto's word for a call that is not signed

Handler = Callable[[Request, str, Any], Any]

# Operations of S3, by the query parameter that names them, that moto does not tell from others.
_S3_MISSING = frozenset(
    {"abac", "analytics", "annotation", "intelligent-tiering", "metadataAnnotationTable"}
    | {"metadataConfiguration", "metadataInventoryTable", "metadataJournalTable", "metadataTable"}
    | {"metrics", "renameObject", "requestPayment", "session", "torrent"}
)
_S3_MISSING_BY_METHOD = {"GET": frozenset({"retention"}), "DELETE": frozenset({"inventory"})}
_TWELVE_DIGITS = re.compile(r"[0-9]{12}")
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/[^/]*/([^/]*)/([^/]*)/")


@dataclass(frozen=True, slots=True)
class Target:
    """What a request asks for, and for whom.

    `service` is botocore's name; `action` is empty where unknown; `names_account` says that the
    access key is the account's own number.
    """

    service: str
    account: str
    region: str
    action: str
    backend: str | None
    model: ServiceModel | None
    access_key: str = ""
    names_account: bool = False

    @property
    def protocol(self) -> str | None:
        """The protocol that botocore's model of the service declares."""
        return self.model.metadata.get("protocol") if self.model else None


_MOST_KNOWN = 4096
_identified: dict[tuple[str | None, ...], tuple[str | None, str, ServiceModel | None, str]] = {}
_targets: dict[tuple[str | None, ...], Target] = {}


def _no_app(_: object) -> Any:
    raise AssertionError("requests are dispatched without Flask")


_dispatcher = DomainDispatcherApplication(_no_app)


def resolve(request: Request) -> Target:
    """Read a request's service, account, Region and operation from its signature, host and body."""
    signature = _CREDENTIAL.search(request.environ.get("HTTP_AUTHORIZATION", ""))
    access_key, region, signing_name = signature.groups() if signature else _presigned(request)
    # A JSON call's header and signature say it all, and are the same from call to call.
    named = request.environ.get("HTTP_X_AMZ_TARGET")
    call = (named, region, signing_name, request.path)
    caller = (*call, access_key, request.environ.get(_ACCOUNT_KEY))
    if (known := _targets.get(caller)) is not None:
        return known
    found = _identified.get(call) if named and signing_name else None
    if found is None:
        backend = _backend_of(request, request.path)
        found = (backend, *identify(request, backend, signing_name))
    backend, service, model, action = found
    account = _account(request, access_key)
    target = Target(
        service=service,
        account=account,
        region=region or DEFAULT_REGION,
        action=action,
        backend=backend,
        model=model,
        access_key=access_key or _NO_KEY,
        names_account=account == access_key,
    )
    if named and signing_name and len(_targets) < _MOST_KNOWN > len(_identified):
        _identified[call] = found
        if target.names_account:  # whose any other key is may change
            _targets[caller] = target
    return target


def _presigned(request: Request) -> tuple[str, str, str]:
    """Access key, Region and service of a presigned URL; of any other, nothing."""
    query = request.environ["QUERY_STRING"]
    if "X-Amz-Credential=" in query:
        parts = request.args.get("X-Amz-Credential", "").split("/")
        if len(parts) == 5:
            return parts[0], parts[2], parts[3]
    elif "AWSAccessKeyId=" in query:
        return request.args.get("AWSAccessKeyId", ""), "", ""
    return "", "", ""


def misdirection(target: Target) -> str | None:
    """Why no account and Region of AWS can be meant, as a sentence, or None."""
    if target.region not in _regions():
        return f"there is no Region {target.region[:50]!r}; choose one of AWS's, such as us-east-1"
    if not _TWELVE_DIGITS.fullmatch(target.account):
        return f"{target.account[:50]!r} is no account id; it has 12 digits"
    return None


_first_use: dict[str, dict[str, Callable[[], None]]] = {}


def on_first_use(backend: str, prepare: Callable[[], None]) -> None:
    """Have `prepare` run before the next call to a backend: for one that is slow to import."""
    _first_use.setdefault(backend, {})[prepare.__qualname__] = prepare


def handler_for(backend: str, path: str) -> Handler | None:
    """The function of moto's that serves `path` of a backend, or None."""
    if backend in _first_use:
        for prepare in _first_use.pop(backend).values():
            prepare()
    for pattern, handler in _routes(backend):
        # Of moto's own routes one begins as another does: reset, reset-auth.
        if pattern.fullmatch(path) if backend == "moto_api" else pattern.match(path):
            return handler
    return None


def is_missing(target: Target, request: Request) -> bool:
    """Whether moto would take an S3 operation that it lacks for the plain one beside it.

    It tells S3 operations apart by the query, and one that it does not know by the rest: without
    this, deleting a bucket's metrics configuration would delete the bucket.
    """
    if target.backend not in ("s3", "s3bucket_path"):
        return False
    asked = set(request.args)
    return target.action == "UpdateObjectEncryption" or bool(
        asked & (_S3_MISSING | _S3_MISSING_BY_METHOD.get(request.method, frozenset()))
    )


def _backend_of(request: Request, path: str) -> str | None:
    """moto's name of the backend, or None where it has none."""
    if path.startswith("/moto-api"):
        return "moto_api"
    if path.startswith(("/latest/meta-data/", "/latest/api/")):
        return "instance_metadata"
    host = _host_of(request.environ, path)
    backend: str | None = _known_backend(host)
    return backend


def _host_of(environ: dict[str, Any], path: str) -> str:
    try:
        host = _dispatcher.infer_service_region_host(environ, path)
    except (KeyError, IndexError, ValueError):  # moto trusts the request to be well formed
        signature = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        host = f"{signature[3]}.{signature[2]}.amazonaws.com" if signature else None
    return host or f"s3.{DEFAULT_REGION}.amazonaws.com"


@cache
def _known_backend(host: str) -> str | None:
    if host in backends.list_of_moto_modules():
        return host
    for backend, pattern in _dispatcher.backend_url_patterns:
        if pattern.match(f"http://{host}"):
            return str(backend)
    return None


@cache
def _regions() -> frozenset[str]:
    session = get_session()
    return frozenset(
        region
        for partition in session.get_available_partitions()
        for region in (*session.get_available_regions("ec2", partition), f"{partition}-global")
    )


def _account(request: Request, access_key: str) -> str:
    """By moto's header, by a 12-digit access key, by an assumed role's or a user's key."""
    header: str | None = request.environ.get(_ACCOUNT_KEY)
    if header:
        return header
    if _TWELVE_DIGITS.fullmatch(access_key):
        return access_key
    return get_account_id_from(access_key) if access_key else DEFAULT_ACCOUNT_ID


@cache
def _routes(backend: str) -> tuple[tuple[re.Pattern[str], Handler], ...]:
    chosen = backends.get_backend(backend)  # type: ignore[call-overload]
    guards.put_up(backend)
    if isinstance(chosen, BackendDict):
        regional = chosen[DEFAULT_ACCOUNT_ID]
        one = regional["us-east-1" if "us-east-1" in regional else "aws"]
    else:
        one = chosen["global"]
    return tuple((re.compile(path), handler) for path, handler in one.url_paths.items())
