"""Weeks after the survey: how well the recommended shade fits, with a photo for who wants to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from backshop import db, shade_survey
from backshop.aws import config, objects
from backshop.errors import Conflict, FieldError, Gone, Unprocessable
from backshop.shade.surveys import repository as surveys
from backshop.shade.training import photos
from backshop.shade.training import repository as training
from backshop.shade.training.photos import Photo
from backshop.web import http, pages
from backshop.web.pages import Policy, forms
from frame import app, bucket_origin, event, now, query
from pydantic import Field
from survey import FIT, NOTES, Visit, visiting

PHOTO, AGREED = "photo", "photo_agreed"
UNREADABLE = "Choose a photo as JPEG, PNG or WebP; this file could not be read."
TOO_LARGE = f"Choose a photo of at most {photos.BYTES // 1_000_000} MB; this one is larger."
NOT_AGREED = "Tick the box if you agree; without it, leave the photo out."


class Rated(forms.Fields):
    rating: int = Field(ge=1, le=5, description="Choose how well the shade fits.")
    notes: str = Field(default="", max_length=NOTES, description="Write at most 1,000 characters.")


@pages.route(app, "GET /survey/rating", scope="token", problems=[Conflict, Gone], leads=True)
def ask_rating() -> Response[str]:
    """How well the recommended shade did."""
    visit = visiting()
    survey_id = _survey_id(visit)
    if survey_id is None:
        return pages.redirect(visit.address("/survey"))
    return _page(visit, survey_id, {"rating": query("rating"), "notes": ""})


@pages.route(
    app,
    "POST /survey/rating",
    scope="token",
    fields="`rating` from 1 to 5, `notes`; `photo`, a file, with `photo_agreed`: yes.",
    problems=[Conflict, Gone],
    files=True,
)
def rate() -> Response[str]:
    """Keep the rating, and its photo where its sender agreed; the last word counts."""
    sent, visit = forms.read(event(), http.MOST_BYTES), visiting()
    survey_id = _survey_id(visit)
    if survey_id is None:
        return pages.redirect(visit.address("/survey"))
    errors: list[FieldError] = []
    said, photo = None, None
    try:
        said = forms.parse(Rated, sent)
    except Unprocessable as wrong:
        errors += wrong.errors
    try:
        photo = _photo(sent)
    except Unprocessable as wrong:
        errors += wrong.errors
    if said is None or errors:
        typed = {"rating": "", "notes": ""} | sent.typed
        return _page(visit, survey_id, typed, errors)
    _keep(visit, survey_id, said, photo)
    return pages.redirect(visit.address("/survey/rating", said="thanks"))


@pages.route(app, "POST /survey/photo", scope="token", problems=[Conflict, Gone])
def remove_photo() -> Response[str]:
    """Erase the photo that came with the rating; may be repeated."""
    forms.read(event())
    visit = visiting()
    survey_id = _survey_id(visit)
    if survey_id is None:
        return pages.redirect(visit.address("/survey"))
    store_id = visit.link.store_id
    objects.delete(_bucket(), [photos.key(store_id, survey_id)])
    with db.transaction(store_id=store_id) as tx:
        training.forget_photos(tx, [survey_id])
    return pages.redirect(visit.address("/survey/rating", said="erased"))


def _photo(sent: forms.Sent) -> Photo | None:
    """The photo that came along. Raises Unprocessable where it cannot be taken."""
    content = sent.files.get(PHOTO)
    if content is None:
        return None
    if sent.first(AGREED) != "yes":
        raise _wrong(AGREED, NOT_AGREED)
    if len(content) > photos.BYTES:
        raise _wrong(PHOTO, TOO_LARGE)
    photo = photos.photo(content)
    if photo is None:
        raise _wrong(PHOTO, UNREADABLE)
    return photo


def _keep(visit: Visit, survey_id: UUID, said: Rated, photo: Photo | None) -> None:
    """Rating and photo, or neither."""
    store_id, at = visit.link.store_id, now()
    with db.transaction(store_id=store_id) as tx:
        training.rate(tx, survey_id, said.rating, said.notes or None, at)
        if photo is not None:
            key = photos.key(store_id, survey_id)
            training.add_photo(tx, survey_id, objects.address(_bucket(), key), photos.CONSENT, at)
            objects.put(_bucket(), key, photo.content, photo.content_type)


def _page(
    visit: Visit, survey_id: UUID, typed: dict[str, str], errors: Sequence[FieldError] = ()
) -> Response[str]:
    with db.transaction(store_id=visit.link.store_id) as tx:
        result = shade_survey.result_of(tx, visit.link, now())
        photo = training.photo(tx, survey_id)
    shown: dict[str, Any] = {"photo": None}
    policy = Policy()
    if photo is not None:
        link = objects.link(_bucket(), photos.key(*photo[:2]), photos.LINK_LASTS)
        shown = {"photo": link, "until": photo.at + photos.LASTS}
        policy = Policy(reaches=[bucket_origin()])
    return visit.shop.page(
        "survey_rating.html",
        status=422 if errors else 200,
        policy=policy,
        visit=visit,
        shade=result.best,
        typed=typed,
        fit=FIT,
        said=query("said"),
        errors=errors,
        key=forms.new_key(),
        days=photos.LASTS.days,
        **shown,
    )


def _survey_id(visit: Visit) -> UUID | None:
    with db.transaction(store_id=visit.link.store_id) as tx:
        return surveys.survey_of(tx, visit.link.order_id)


def _bucket() -> str:
    return config.value("TRY_ON_BUCKET")


def _wrong(field: str, message: str) -> Unprocessable:
    return Unprocessable(message, errors=[FieldError(field=field, message=message)])
