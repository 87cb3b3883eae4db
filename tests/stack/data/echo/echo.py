"""Answers as the event asks: with the event itself, slowly, wrongly, too much, or not at all."""

import base64
import os
import threading
import time

calls = 0
ticks = 0


def _tick():
    global ticks
    while True:
        time.sleep(0.01)
        ticks += 1


def _work(seconds):
    ends = time.thread_time() + seconds
    while time.thread_time() < ends:
        pass


WAYS = {"sleep": time.sleep, "work": _work}
threading.Thread(target=_tick, daemon=True).start()


def handler(event, context):
    global calls
    calls += 1
    asked = event.get("queryStringParameters") or event
    match asked.get("do"):
        case "crash":
            os._exit(3)
        case "raise":
            raise ValueError("on purpose")
        case "sleep" | "work" as how:
            WAYS[how](float(asked["seconds"]))
        case "grow":
            return len(b"x" * (int(asked["megabytes"]) << 20))
        case "big":
            return "x" * int(asked["bytes"])
        case "environment":
            return dict(os.environ)
        case "bytes":
            return {
                "statusCode": 201,
                "headers": {"Content-Type": "image/png", "X-Two": "a,b"},
                "cookies": ["a=1; Path=/", "b=2"],
                "body": base64.b64encode(bytes(range(256))).decode(),
                "isBase64Encoded": True,
            }
        case "bad":
            return {"statusCode": "many"}
    return {
        "pid": os.getpid(),
        "calls": calls,
        "ticks": ticks,
        "milliseconds": context.get_remaining_time_in_millis(),
        "event": event,
    }
