"""The planner that is a model of Amazon Bedrock, where one is configured (INSIGHTS_MODEL_ID)."""

from __future__ import annotations

from time import monotonic
from typing import Any, Final

from backshop import logs
from backshop.aws import config
from backshop.insights.planning import tools
from backshop.insights.planning.models import Asked, Declined, Known, Plan
from backshop.insights.planning.tools import Sql, Unusable

TURNS: Final = 3
"""Answers that a model has to come to something that can be used."""
SECONDS: Final = 10.0
"""After which it is not asked again."""


def is_configured() -> bool:
    return bool(config.value("INSIGHTS_MODEL_ID", " ").strip())


def plan(question: Asked, known: Known) -> Plan | Declined | Sql | None:
    """What the model makes of the question; None where it does not answer, or nothing that can be
    used: the deterministic planner answers then."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return _plan(question, known)
    except (BotoCoreError, ClientError, Unusable, LookupError, TypeError, ValueError) as error:
        logs.failure("the model did not plan", error)
        logs.count("ModelPlansFailed")
        return None


def _plan(question: Asked, known: Known) -> Plan | Declined | Sql:
    client = config.client("bedrock-runtime")
    messages: list[dict[str, Any]] = [{"role": "user", "content": [{"text": question.text}]}]
    ends = monotonic() + SECONDS
    wrong = Unusable("The model was not asked.")
    for _ in range(TURNS):
        answer = client.converse(
            modelId=config.value("INSIGHTS_MODEL_ID"),
            system=[{"text": tools.system(question, known)}],
            messages=messages,
            toolConfig={"tools": tools.tools(), "toolChoice": {"any": {}}},
            inferenceConfig={"maxTokens": 1000, "temperature": 0},
        )
        message = answer["output"]["message"]
        use = next(
            block["toolUse"]
            for block in [*message["content"], {"toolUse": None}]
            if "toolUse" in block
        )
        try:
            return tools.taken(use)
        except Unusable as unusable:
            wrong = unusable
        if use is None or monotonic() > ends:
            break
        messages += [message, _told(use, wrong.message)]
    raise wrong


def _told(use: dict[str, Any], message: str) -> dict[str, Any]:
    """What was wrong with a tool use, for another try."""
    result = {"toolUseId": use["toolUseId"], "content": [{"text": message}], "status": "error"}
    return {"role": "user", "content": [{"toolResult": result}]}
