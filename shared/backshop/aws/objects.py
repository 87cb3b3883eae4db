"""The only way to S3: objects by bucket and key, links to them, and bodies too large for a
message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from typing import IO, Any, TypedDict
from uuid import uuid4

from backshop.aws import config, signed

BATCH = 1000
"""Keys that one call deletes at most."""
_PART = 1_048_576


class Gone(LookupError):
    """There is no such object."""


class NotDeleted(Exception):
    """S3 kept objects that it was told to delete."""


class Upload(TypedDict):
    """A form that a browser posts a file with."""

    url: str
    fields: dict[str, str]


def put(
    bucket: str,
    key: str,
    content: bytes,
    content_type: str = "binary/octet-stream",
    *,
    kms_key: str | None = None,
) -> None:
    """Store an object in place of any other under this key, encrypted with a KMS key where one is
    given, and as the bucket does it where none is."""
    headers = {"content-type": content_type}
    if kms_key:
        headers["x-amz-server-side-encryption"] = "aws:kms"
        headers["x-amz-server-side-encryption-aws-kms-key-id"] = kms_key
    signed.put_object(config.access(), bucket, key, content, headers)


def put_in_parts(bucket: str, key: str, parts: Iterable[bytes], content_type: str) -> None:
    """Store an object that never is in memory as a whole; every part but the last has at least 5
    MiB. What is begun and fails is given up, so that nothing of it is kept."""
    s3 = config.client("s3")
    where = {"Bucket": bucket, "Key": key}
    upload = s3.create_multipart_upload(**where, ContentType=content_type)["UploadId"]
    try:
        stored = [
            {
                "PartNumber": number,
                "ETag": s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=part)[
                    "ETag"
                ],
            }
            for number, part in enumerate(parts, 1)
        ]
        s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": stored})
    except BaseException:
        s3.abort_multipart_upload(**where, UploadId=upload)
        raise


def get(bucket: str, key: str, limit: int | None = None) -> bytes:
    """An object's content, or its first `limit` bytes."""
    return signed.get_object(config.access(), bucket, key, limit)


def download(bucket: str, key: str, file: IO[bytes], limit: int) -> str:
    """Write an object's first `limit` bytes to the file, part by part; their SHA-256. Raises Gone
    where there is no such object, or none that may be read."""
    from botocore.exceptions import ClientError

    try:
        body = config.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as refused:
        # Where the list is not allowed, what is not there looks like what is forbidden.
        if refused.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied", "404"):
            raise Gone(key) from None
        raise
    digest = sha256()
    while limit > 0 and (part := body.read(min(limit, _PART))):
        file.write(part)
        digest.update(part)
        limit -= len(part)
    return digest.hexdigest()


def exists(bucket: str, key: str) -> bool:
    """Answered by the list: to who may list only below a prefix, getting what is not there looks
    like getting what is forbidden."""
    listed = config.client("s3").list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    return any(each["Key"] == key for each in listed.get("Contents", []))


def keys(bucket: str, prefix: str) -> Iterator[str]:
    """The keys that begin with `prefix`, read page by page."""
    pages = config.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        yield from (each["Key"] for each in page.get("Contents", []))


def delete(bucket: str, keys: Iterable[str]) -> None:
    """Delete objects, whether they are there or not. Raises NotDeleted."""
    remaining = iter(keys)
    while part := list(islice(remaining, BATCH)):
        objects = [{"Key": key} for key in part]
        answer = config.client("s3").delete_objects(
            Bucket=bucket, Delete={"Objects": objects, "Quiet": True}
        )
        if errors := answer.get("Errors"):
            raise NotDeleted(f"{len(errors)} objects of {bucket}: {errors[0].get('Code')}")


def link(bucket: str, key: str, lasts: timedelta) -> str:
    """A signed link that anybody can read the object with."""
    url: str = config.client("s3").generate_presigned_url(
        "get_object",
        Params={"Bucket": bucket, "Key": key},
        ExpiresIn=int(lasts.total_seconds()),
    )
    return url


def upload(
    bucket: str, key: str, content_type: str, limit: int, lasts: timedelta, *, to: str | None = None
) -> Upload:
    """A signed form for one object of this type and at most `limit` bytes; `to` is the page that S3
    leads a browser to once it has the object."""
    fields = {"Content-Type": content_type}
    if to is not None:
        fields["success_action_redirect"] = to
    each_as_it_is: list[Any] = [{name: value} for name, value in fields.items()]
    made: Any = config.client("s3").generate_presigned_post(
        Bucket=bucket,
        Key=key,
        Fields=dict(fields),
        Conditions=[*each_as_it_is, ["content-length-range", 1, limit]],
        ExpiresIn=int(lasts.total_seconds()),
    )
    return Upload(url=made["url"], fields=made["fields"])


def address(bucket: str, key: str) -> str:
    """How rows name an object, for people: `s3://bucket/key`. Nothing reads it again: an object is
    found by whose it is, because a row may say anything."""
    return f"s3://{bucket}/{key}"


def park(bucket: str, body: bytes) -> str:
    """Store a body that is too large for a message; its key, to be sent in its place.

    A lifecycle rule of the bucket drops it after 15 days, one more than a message can wait.
    """
    key = f"overflow/{uuid4()}"
    put(bucket, key, body)
    return key
