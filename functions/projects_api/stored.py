"""What the projects context keeps outside the database."""

from backshop import logs
from backshop.aws import config, objects
from backshop.errors import NotFound
from botocore.exceptions import ClientError


def read(key: str, what: str) -> bytes:
    """The object's content. Raises NotFound, whose sentence names `what`, where it is gone: its row
    is there, so that somebody has to look for it."""
    try:
        return objects.get(config.value("DATA_BUCKET"), key)
    except ClientError as refused:
        # Where the list is not allowed, what is not there looks like what is forbidden.
        if refused.response["Error"]["Code"] not in ("NoSuchKey", "AccessDenied"):
            raise
        logs.failure("what a row stands for is not stored", refused, key=key)
        raise NotFound(
            f"{what} cannot be found where it was stored. Ask whoever runs backshop to bring it"
            " back from a backup of the bucket."
        ) from None
