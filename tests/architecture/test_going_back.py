"""A deployment that goes wrong goes back by itself: the template's own states, as SAM makes them.

That a failed migration leaves the former version answering is tried on the stand-in
(`tests/stack/test_sam_deploy.py`), which knows no CodeDeploy. So here is what CodeDeploy and
CloudWatch are told, and a small model of what they do with it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from tests.architecture.test_quotas import deployed, of_type, transformed

MINUTES = 10
"""Linear10PercentEvery1Minute: a tenth at once, and a tenth more each minute."""


def aliases() -> dict[str, Any]:
    resources = transformed()["Resources"]
    return {name: each for name, each in resources.items() if each["Type"] == "AWS::Lambda::Alias"}


def test_every_alias_shifts_by_a_deployment_that_alarms_stop() -> None:
    groups = of_type(deployed(), "AWS::CodeDeploy::DeploymentGroup")
    assert len(aliases()) > 30
    for name, alias in aliases().items():
        update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        group = groups[update["DeploymentGroupName"]["Ref"]]
        assert group["AutoRollbackConfiguration"]["Enabled"] is True, name
        assert {"DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_FAILURE"} <= set(
            group["AutoRollbackConfiguration"]["Events"]
        )
        assert group["AlarmConfiguration"]["Enabled"] is True
        assert not group["AlarmConfiguration"].get("IgnorePollAlarmFailure")
        assert "Linear10PercentEvery1Minute" in str(group["DeploymentConfigName"])
        assert group["ServiceRoleArn"]


def test_deployments_ask_alarms_that_there_are() -> None:
    alarms = of_type(deployed(), "AWS::CloudWatch::Alarm")
    named = {str(each.get("AlarmName")): each for each in alarms.values()}
    for group in of_type(deployed(), "AWS::CodeDeploy::DeploymentGroup").values():
        asked = [each["Name"] for each in group["AlarmConfiguration"]["Alarms"]]
        for name in asked:
            made = [each for logical, each in alarms.items() if logical in name]
            found = named.get(name) or (made[0] if len(made) == 1 else None)
            assert found, f"a deployment stops at once where it asks for {name}, which there is not"
            assert found["TreatMissingData"] == "notBreaching", "it has to be calm before"


def test_code_that_refuses_the_demo_order_is_called_back() -> None:
    """Of what the new version gets, nothing comes through. The canary goes by each minute."""
    alarm = of_type(deployed(), "AWS::CloudWatch::Alarm")["CanaryAlarm"]
    assert alarm["Period"] == 60, "the canary's minute"
    back = [called_back(random.Random(seed), alarm, fails=True) for seed in range(2_000)]
    rang = sum(minute is not None for minute in back)
    print(f"{rang / len(back):.1%} are called back before they have all calls")
    assert rang >= 0.95 * len(back)
    assert not any(called_back(random.Random(seed), alarm, fails=False) for seed in range(200))


def test_one_answer_that_is_late_calls_nothing_back() -> None:
    alarm = of_type(deployed(), "AWS::CloudWatch::Alarm")["CanaryAlarm"]
    for at in range(MINUTES):
        assert not any(rings(alarm, [minute == at for minute in range(end)]) for end in range(20))


def called_back(chance: random.Random, alarm: dict[str, Any], *, fails: bool) -> int | None:
    """The minute in which the alarm rings, while not all calls go to the new version yet."""
    failed: list[bool] = []
    for minute in range(MINUTES - 1):
        share = (minute + 1) / MINUTES
        failed.append(fails and chance.random() < share)
        if rings(alarm, failed):
            return minute
    return None


def rings(alarm: dict[str, Any], failed: Sequence[bool]) -> bool:
    """CloudWatch: so many of the last periods are above the threshold; one without data is not."""
    last = failed[-alarm["EvaluationPeriods"] :]
    above = sum(each > alarm["Threshold"] for each in map(int, last))
    return above >= alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])


@pytest.mark.parametrize("alarm", ["CanaryAlarm", "CrashesAlarm", "ApiErrorsAlarm"])
def test_alarms_ring_within_the_shift(alarm: str) -> None:
    said = of_type(deployed(), "AWS::CloudWatch::Alarm")[alarm]
    needed = said.get("DatapointsToAlarm", said["EvaluationPeriods"]) * said["Period"]
    assert needed <= MINUTES * 60 / 2
