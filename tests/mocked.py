"""What `signed` sends, answered by moto while a test has it on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime

from backshop.aws import signed

Send = Callable[[signed.Access, signed.Call], signed.Answer]


def sent(real: Send) -> Send:
    """Asks moto while `mock_aws` is on, and the real host else."""

    def send(access: signed.Access, call: signed.Call) -> signed.Answer:
        models = sys.modules.get("moto.core.models")
        if models is None or not models.botocore_stubber.enabled:
            return real(access, call)
        from botocore.awsrequest import AWSPreparedRequest

        headers = signed.signed(access, call, datetime.now(UTC))
        asked = AWSPreparedRequest(call.method, call.url, headers, call.body, False)
        answer = models.botocore_stubber("before-send", asked)
        assert answer is not None, "moto does not know this host"
        return signed.Answer(answer.status_code, answer.content[: call.most])

    return send
