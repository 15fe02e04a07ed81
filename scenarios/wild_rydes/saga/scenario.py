"""The saga lab: its steps in order, and the cloud to draw."""

from __future__ import annotations

from pathlib import Path

from lab.scenario import Scenario, Step

from . import acts, checks
from .partners import ACCOUNTS, PAYMENTS
from .setting import set_up

SCENARIO = Scenario(
    name="wild_rydes/saga",
    title="The fare that was half paid",
    summary="Make a fare all or nothing across a table, a card, an account and a queue: a saga.",
    folder=Path(__file__).parent,
    setup=set_up,
    steps=(
        Step("watch", "Watch a fare go through", acts.watch, checks.WATCH),
        Step("predict", "Predict what a failure leaves behind", acts.predict, checks.PREDICT),
    ),
    edges=(
        ("fare-processing", "fares"),
        ("fare-processing", "preauthorise-card"),
        ("fare-processing", "charge-card"),
        ("fare-processing", "credit-account"),
        ("fare-processing", "release-hold"),
        ("fare-processing", "refund-card"),
        ("fare-processing", "reverse-credit"),
        ("preauthorise-card", PAYMENTS),
        ("charge-card", PAYMENTS),
        ("release-hold", PAYMENTS),
        ("refund-card", PAYMENTS),
        ("credit-account", ACCOUNTS),
        ("reverse-credit", ACCOUNTS),
        ("fare-processing", "fare-events"),
        ("fare-events", "fare-processed"),
        ("fare-processing", "fare-failed"),
    ),
    minutes=90,
    tags=("step functions", "lambda", "saga", "retries", "idempotency"),
)
