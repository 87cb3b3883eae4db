"""The schedules of a place: what each calls, with what, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cli.places import LOG_GROUP, SCHEDULE, Place, snake


@dataclass(frozen=True)
class Schedule:
    """`function` is called as its folder, `target` is its name or ARN, `log` the group or file of
    its log, None where there is none."""

    name: str
    function: str
    expression: str
    state: str
    target: str
    input: str
    log: str | None


def schedules(place: Place) -> list[Schedule]:
    """By name, which is the same here and on AWS: maintain_nightly."""
    if place.is_local:
        found = [_here(place, each) for each in place.schedules]
    else:
        with ThreadPoolExecutor(8) as pool:
            made = place.of_type(SCHEDULE).items()
            found = list(pool.map(lambda item: _on_aws(place, *item), made))
    return sorted(found, key=lambda each: each.name)


def _here(place: Place, spec: Mapping[str, str]) -> Schedule:
    log = place.state / "logs" / f"{spec['function']}.log" if place.state else None
    return Schedule(
        name=snake(spec["name"]).replace("-", "_"),
        function=spec["function"],
        expression=spec["expression"],
        state="ENABLED",
        target=spec["function"],
        input=spec.get("input") or "{}",
        log=str(log) if log and log.exists() else None,
    )


def _on_aws(place: Place, logical: str, name: str) -> Schedule:
    about = place.client("scheduler").get_schedule(Name=name.rpartition("|")[2])
    groups = place.of_type(LOG_GROUP)
    # SAM names a schedule after its function and event: SyncPlanFunctionEveryMinute.
    log = next((groups[each] for each in groups if logical.startswith(each[:-4])), None)
    return Schedule(
        name=snake(logical.replace("Function", "")),
        function=snake(logical.partition("Function")[0]),
        expression=about["ScheduleExpression"],
        state=about["State"],
        target=about["Target"]["Arn"],
        input=about["Target"].get("Input") or "{}",
        log=log,
    )
