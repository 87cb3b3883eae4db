"""Works a queue off; a message that says `fail` fails until the file it names exists."""

import os

from toy_results import note


def handler(event, context):
    failed = []
    for record in event["Records"]:
        verb, _, path = record["body"].partition(" ")
        if verb == "fail" and not os.path.exists(path):
            failed.append({"itemIdentifier": record["messageId"]})
        else:
            note(worker=record["body"], batch=len(event["Records"]))
    return {"batchItemFailures": failed}
