"""sync_run's work on the job of orders, without AWS around it: the credentials are given."""

import os
from time import monotonic

from backshop import db
from backshop.aws import config
from backshop.stores import credentials
from backshop.sync import work
from backshop.sync.models import JobKey
from given import given

GRANTED_MS = 900_000


def main() -> None:
    spec = given()
    opened = {"api_key": spec.key, "secret": spec.secret, "webhook_secret": "none"}
    config.database_url = lambda role: spec.database_url
    os.environ["LOCAL_SHOPS"] = "yes"
    credentials.unseal = lambda sealed, connector_id, field: str(opened[field])
    began = monotonic()
    clock = work.clock(lambda: GRANTED_MS - int((monotonic() - began) * 1000))
    outcome = work.work(JobKey.model_validate_json(spec.run), clock)
    assert outcome.status == "completed", outcome
    db.close()


main()
