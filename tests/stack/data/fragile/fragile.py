"""Fails every time, for what becomes of an asynchronous invocation."""

from toy_results import note


def handler(event, context):
    note(fragile=event)
    raise RuntimeError("on purpose")
