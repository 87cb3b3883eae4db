"""Works a FIFO queue off; the first try of `c 1` fails."""

from toy_results import note


def handler(event, context):
    for number, record in enumerate(event["Records"]):
        group = record["attributes"]["MessageGroupId"]
        tries = int(record["attributes"]["ApproximateReceiveCount"])
        if record["body"] == "c 1" and tries == 1:
            rest = event["Records"][number:]
            return {"batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in rest]}
        note(ordered=record["body"], group=group)
    return {"batchItemFailures": []}
