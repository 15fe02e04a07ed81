"""OpenAPI documents as APIs of API Gateway, and APIs as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.aws.routing import on_first_use

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Import documents by API Gateway's own calls, whoever serves them."""

    def prepare_rest() -> None:
        from simulator.aws.openapi import rest

        rest.install(cloud)

    def prepare_http() -> None:
        from simulator.aws.openapi import http

        http.install(cloud)

    for backend in ("apigateway", "apigatewayv2"):  # moto serves both from the first
        on_first_use(backend, prepare_rest)
        on_first_use(backend, prepare_http)
