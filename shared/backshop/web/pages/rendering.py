"""Templates to answers. Everything is escaped, and a name that a template misses is an error."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.shared.cookies import Cookie
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backshop.web.pages import answers, assets, forms, texts
from backshop.web.pages.answers import NOTHING_MORE, Policy

SHARED = Path(__file__).with_name("templates")


class Page(Protocol):
    """Renders a template of the function, or a shared one, with these values."""

    def __call__(
        self,
        template: str,
        *,
        status: int = 200,
        policy: Policy = NOTHING_MORE,
        cookies: Sequence[Cookie] = (),
        retry_after: int | None = None,
        **values: Any,
    ) -> Response[str]: ...


def renderer(folder: Path, **common: Any) -> Page:
    """What renders the templates of a function; `common` are values that all of them get."""

    def page(
        template: str,
        *,
        status: int = 200,
        policy: Policy = NOTHING_MORE,
        cookies: Sequence[Cookie] = (),
        retry_after: int | None = None,
        **values: Any,
    ) -> Response[str]:
        usual = {"lang": "en", "errors": (), "now": datetime.now(UTC), **common}
        html = environment(folder).get_template(template).render(usual | values)
        return answers.page_of(
            html, status=status, policy=policy, cookies=cookies, retry_after=retry_after
        )

    return page


@cache
def environment(folder: Path) -> Environment:
    """Of one folder of templates, each compiled once."""
    made = Environment(
        loader=FileSystemLoader([folder, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["new_key"] = forms.new_key
    made.globals["asset"] = assets.address
    made.globals["brand_sheet"] = assets.brand_address
    made.filters |= {
        "money": texts.money,
        "day": texts.day,
        "moment": texts.moment,
        "between": texts.between,
        "number": texts.number,
        "units": texts.units,
    }
    return made
