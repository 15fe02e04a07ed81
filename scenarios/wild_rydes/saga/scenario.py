"""The saga lab: its steps in order, and the cloud to draw."""

from __future__ import annotations

from pathlib import Path

from lab.scenario import Scenario, Step

from . import acts, checks, checks_undo, trials
from .partners import ACCOUNTS, PAYMENTS
from .setting import set_up

HOUR_S = 3600.0

SCENARIO = Scenario(
    name="wild_rydes/saga",
    title="The fare that was half paid",
    summary="Make a fare all or nothing across a table, a card, an account and a queue: a saga.",
    folder=Path(__file__).parent,
    setup=set_up,
    steps=(
        Step("watch", "Watch a fare go through", acts.watch, checks.WATCH),
        Step("predict", "Predict what a failure leaves behind", acts.predict, checks.PREDICT),
        Step("retry", "Retry what passes by itself", acts.retry, checks.RETRY, 3 * HOUR_S),
        Step("catch", "Say that it failed", acts.catch, checks.CATCH, 5 * HOUR_S),
        Step(
            "compensate", "Undo what was done", acts.compensate, checks_undo.COMPENSATE, 5 * HOUR_S
        ),
        Step("decline", "Take no for an answer", acts.decline, checks_undo.DECLINE, 4 * HOUR_S),
        Step("repeat", "Ask twice, pay once", acts.repeat, checks_undo.REPEAT, 6 * HOUR_S),
        Step(
            "every_task",
            "Let every task fail",
            trials.every_task_fails,
            checks_undo.TRIALS,
            100 * HOUR_S,
        ),
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
