"""The AWS SDK for JavaScript, as Node.js functions have it: small modules there, botocore here.

Lambda's runtimes carry the SDK: version 2 (`aws-sdk`) up to Node.js 16, version 3 (`@aws-sdk/…`)
from 18 on (Lambda Developer Guide, "Building Lambda functions with Node.js"). `js/` is what a
handler loads; a call of it comes here, and botocore makes AWS's request of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.aws.javascript.host import HOST, Host
from simulator.aws.javascript.kit import Kit

if TYPE_CHECKING:
    from simulator.aws.network import Network

__all__ = ["Kit", "install"]


def install(network: Network) -> None:
    """Answer the SDK's calls in this world."""
    network.serve(HOST, Host(network.send).answer)
