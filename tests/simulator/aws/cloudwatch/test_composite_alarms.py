"""Composite alarms: rules over other alarms, and actions held back by a suppressor."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

Told = Callable[[], list[dict[str, Any]]]
States = Callable[..., list[tuple[float, str]]]


@pytest.fixture
def alarm(world: World, cloudwatch: Any, watch: Callable[..., None]) -> Callable[[str, str], None]:
    """Set an alarm's state by hand; it is made where there is none."""
    made: set[str] = set()

    def put(name: str, state: str) -> None:
        if name not in made:
            made.add(name)
            watch(name, TreatMissingData="ignore")  # what was set by hand stays
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="by hand")
        world.run(until=world.now_s + 1)

    return put


def test_the_rule_is_evaluated_whenever_a_child_changes(
    cloudwatch: Any, alarm: Callable[..., None], topic: str, states: States, told: Told
) -> None:
    alarm("slow", "OK")
    alarm("deploying", "OK")
    cloudwatch.put_composite_alarm(
        AlarmName="page",
        AlarmRule="ALARM(slow) AND NOT ALARM(deploying)",
        AlarmActions=[topic],
    )
    alarm("deploying", "ALARM")
    alarm("slow", "ALARM")
    alarm("deploying", "OK")
    alarm("slow", "OK")

    assert [state for _, state in states("page")] == ["OK", "ALARM", "OK"]
    (envelope,) = told()
    assert envelope["Subject"] == 'ALARM: "page" in US East (N. Virginia)'
    message = envelope["alarm"]
    assert message["AlarmRule"] == "ALARM(slow) AND NOT ALARM(deploying)"
    assert message["NewStateReason"] == (
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:deploying transitioned to OK "
        "at Thursday 01 January, 2026 00:00:04 UTC"
    )
    children = [child["Arn"].rpartition(":")[2] for child in message["TriggeringChildren"]]
    assert children == ["slow", "deploying"]


def test_composite_alarms_can_be_of_composite_alarms(
    cloudwatch: Any, alarm: Callable[..., None], states: States
) -> None:
    alarm("slow", "OK")
    cloudwatch.put_composite_alarm(AlarmName="lower", AlarmRule="ALARM(slow)")
    cloudwatch.put_composite_alarm(AlarmName="upper", AlarmRule="ALARM(lower)")
    alarm("slow", "ALARM")

    assert states("upper")[-1][1] == "ALARM"


def test_a_circle_of_alarms_comes_to_an_end(
    cloudwatch: Any, alarm: Callable[..., None], states: States
) -> None:
    """CloudWatch User Guide, "Creating a composite alarm": evaluation stops at a cycle."""
    alarm("slow", "OK")
    cloudwatch.put_composite_alarm(AlarmName="a", AlarmRule="ALARM(slow)")
    cloudwatch.put_composite_alarm(AlarmName="b", AlarmRule="NOT ALARM(a)")
    cloudwatch.put_composite_alarm(AlarmName="a", AlarmRule="ALARM(b) OR ALARM(slow)")
    alarm("slow", "ALARM")

    assert len(states("a")) < 10


def test_composite_alarms_are_described_where_asked_for(
    cloudwatch: Any, alarm: Callable[..., None]
) -> None:
    """CloudWatch API Reference, DescribeAlarms, AlarmTypes."""
    alarm("slow", "OK")
    cloudwatch.put_composite_alarm(AlarmName="page", AlarmRule="ALARM(slow)", AlarmDescription="d")

    assert cloudwatch.describe_alarms()["CompositeAlarms"] == []
    found = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])
    assert found["MetricAlarms"] == []
    (page,) = found["CompositeAlarms"]
    assert (page["AlarmName"], page["AlarmRule"]) == ("page", "ALARM(slow)")
    assert (page["AlarmDescription"], page["StateValue"]) == ("d", "OK")


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        ("ALARM(slow) AND", {}),
        ("ALARM(nobody)", {}),
        ("ALARM(slow)", {"ActionsSuppressor": "slow"}),
        (
            "ALARM(slow)",
            {
                "ActionsSuppressor": "nobody",
                "ActionsSuppressorWaitPeriod": 1,
                "ActionsSuppressorExtensionPeriod": 1,
            },
        ),
    ],
)
def test_broken_rules_leave_nothing_behind(
    cloudwatch: Any, alarm: Callable[..., None], rule: str, options: dict[str, Any]
) -> None:
    alarm("slow", "OK")
    with pytest.raises(ClientError) as refused:
        cloudwatch.put_composite_alarm(AlarmName="page", AlarmRule=rule, **options)

    assert refused.value.response["Error"]["Code"] == "ValidationError"
    kinds = ["MetricAlarm", "CompositeAlarm"]
    known = cloudwatch.describe_alarms(AlarmTypes=kinds)
    assert known["CompositeAlarms"] == []


def test_an_alarm_that_a_rule_names_cannot_be_deleted(
    cloudwatch: Any, alarm: Callable[..., None]
) -> None:
    """CloudWatch API Reference, DeleteAlarms."""
    alarm("slow", "OK")
    cloudwatch.put_composite_alarm(AlarmName="page", AlarmRule="ALARM(slow)")
    with pytest.raises(ClientError):
        cloudwatch.delete_alarms(AlarmNames=["slow"])
    cloudwatch.delete_alarms(AlarmNames=["page"])
    cloudwatch.delete_alarms(AlarmNames=["slow"])

    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


class TestSuppression:
    """CloudWatch User Guide, "Suppressing composite alarm actions"."""

    @pytest.fixture(autouse=True)
    def page(self, cloudwatch: Any, alarm: Callable[..., None], topic: str) -> None:
        alarm("slow", "OK")
        alarm("works", "OK")
        cloudwatch.put_composite_alarm(
            AlarmName="page",
            AlarmRule="ALARM(slow)",
            AlarmActions=[topic],
            ActionsSuppressor="works",
            ActionsSuppressorWaitPeriod=120,
            ActionsSuppressorExtensionPeriod=180,
        )

    def suppressed_by(self, cloudwatch: Any) -> str | None:
        (page,) = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        assert page["ActionsSuppressorWaitPeriod"] == 120
        return page.get("ActionsSuppressedBy")

    def test_without_the_suppressor_actions_come_after_the_wait(
        self, world: World, cloudwatch: Any, alarm: Callable[..., None], told: Told
    ) -> None:
        alarm("slow", "ALARM")
        began_s = world.now_s
        assert self.suppressed_by(cloudwatch) == "WaitPeriod"
        world.run(until=began_s + 115)
        assert told() == []
        world.run(until=began_s + 125)
        assert len(told()) == 1
        assert self.suppressed_by(cloudwatch) is None

    def test_the_suppressor_holds_actions_back_and_longer_by_the_extension(
        self, world: World, cloudwatch: Any, alarm: Callable[..., None], told: Told
    ) -> None:
        alarm("slow", "ALARM")
        alarm("works", "ALARM")
        assert self.suppressed_by(cloudwatch) == "Alarm"
        world.run(until=world.now_s + 1_000)
        assert told() == []
        alarm("works", "OK")
        began_s = world.now_s
        assert self.suppressed_by(cloudwatch) == "ExtensionPeriod"
        world.run(until=began_s + 170)
        assert told() == []
        world.run(until=began_s + 185)
        assert len(told()) == 1

    def test_what_is_over_before_the_wait_is_over_acts_never(
        self, world: World, alarm: Callable[..., None], told: Told
    ) -> None:
        alarm("slow", "ALARM")
        alarm("slow", "OK")
        world.run(until=world.now_s + 1_000)

        assert told() == []

    def test_what_is_over_while_suppressed_acts_never(
        self, world: World, alarm: Callable[..., None], told: Told
    ) -> None:
        alarm("works", "ALARM")
        alarm("slow", "ALARM")
        alarm("slow", "OK")
        alarm("works", "OK")
        world.run(until=world.now_s + 1_000)

        assert told() == []
