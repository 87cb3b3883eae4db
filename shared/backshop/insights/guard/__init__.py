"""The way in for SQL that a model wrote or a chart stored: `check` says what may run, `run` runs
it.

In this order: size, exactly one SELECT, lists of what is allowed, each table narrowed to the store
(rules.py); only what is written from the checked tree is sent, within a limit, once the planner
finds it cheap enough (repository.py); by a login that reads one store by its capability, with
row-level
security below. Either wall holds without the other.
"""

from backshop.insights.guard.models import Found, Guarded, Refused
from backshop.insights.guard.repository import run
from backshop.insights.guard.rules import check

__all__ = ["Found", "Guarded", "Refused", "check", "run"]
