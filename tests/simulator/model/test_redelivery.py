"""Delivery policies: the table of "Amazon SNS message delivery retries", retry by retry."""

from itertools import islice

import pytest

from simulator.model.redelivery import (
    AWS_MANAGED,
    BACKOFF_FUNCTIONS,
    CUSTOMER_MANAGED,
    complaint_about,
    http_policy,
)


def test_sqs_and_lambda_are_tried_for_23_days() -> None:
    delays_s = list(AWS_MANAGED.delays_s())
    assert len(delays_s) == AWS_MANAGED.retries == 100_015
    assert delays_s[:5] == [0, 0, 0, 1, 1]
    assert (delays_s[5], delays_s[14]) == (1, 20)
    assert delays_s[5:15] == sorted(delays_s[5:15])
    assert set(delays_s[15:]) == {20}
    assert 23 < sum(delays_s) / 86_400 < 24


def test_mail_and_phones_are_tried_for_6_hours() -> None:
    delays_s = list(CUSTOMER_MANAGED.delays_s())
    assert len(delays_s) == 50
    assert delays_s[:2] == [10, 10]
    assert (delays_s[2], delays_s[11]) == (10, 600)
    assert delays_s[12:] == [600] * 38
    assert 6 < sum(delays_s) / 3600 < 7.5


def test_http_is_tried_three_times_by_default() -> None:
    assert list(http_policy(None).delays_s()) == [20, 20, 20]


def test_a_policy_of_ones_own_runs_through_its_phases() -> None:
    policy = http_policy(
        {
            "numRetries": 9,
            "numNoDelayRetries": 2,
            "numMinDelayRetries": 1,
            "numMaxDelayRetries": 1,
            "minDelayTarget": 5,
            "maxDelayTarget": 25,
            "backoffFunction": "linear",
        }
    )
    assert list(policy.delays_s()) == [0, 0, 5, 5, 10, 15, 20, 25, 25]


@pytest.mark.parametrize("function", BACKOFF_FUNCTIONS)
def test_backoff_leads_from_the_shortest_to_the_longest_delay(function: str) -> None:
    policy = http_policy(
        {
            "numRetries": 10,
            "minDelayTarget": 1,
            "maxDelayTarget": 60,
            "backoffFunction": function,
        }
    )
    delays_s = list(policy.delays_s())
    assert (delays_s[0], delays_s[-1]) == (1, 60)
    assert all(a < b for a, b in zip(delays_s, islice(delays_s, 1, None), strict=False))


def test_the_steeper_the_function_the_later_it_rises() -> None:
    middles = [
        list(
            http_policy(
                {
                    "numRetries": 11,
                    "minDelayTarget": 1,
                    "maxDelayTarget": 60,
                    "backoffFunction": function,
                }
            ).delays_s()
        )[5]
        for function in ("linear", "arithmetic", "geometric", "exponential")
    ]
    assert middles == sorted(middles, reverse=True)


@pytest.mark.parametrize(
    "retry",
    [
        {"numRetries": 101},
        {"numRetries": -1},
        {"numRetries": "3"},
        {"minDelayTarget": 30},
        {"minDelayTarget": 0},
        {"maxDelayTarget": 3601},
        {"numRetries": 1, "numNoDelayRetries": 2},
        {"backoffFunction": "sudden"},
        {"numTries": 3},
        {"numRetries": 100, "minDelayTarget": 60, "maxDelayTarget": 60},
    ],
)
def test_a_policy_that_sns_refuses(retry: dict[str, object]) -> None:
    assert complaint_about(retry)


def test_a_policy_that_sns_takes() -> None:
    assert complaint_about({"numRetries": 10, "minDelayTarget": 1, "maxDelayTarget": 2}) is None
