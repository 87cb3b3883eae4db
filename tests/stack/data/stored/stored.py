"""Reads the object that was stored."""

import os
from urllib.parse import unquote_plus

from botocore.session import get_session
from toy_results import note

s3 = get_session().create_client("s3")


def handler(event, context):
    for record in event["Records"]:
        bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        note(stored=key, body=body.decode(), event=record["eventName"], pid=os.getpid())
