"""The survey of a sample kit: one question a page, the answers to be checked, the match with its
code."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.shared.cookies import Cookie, SameSite
from backshop import db, outbox, shade_survey
from backshop.errors import Conflict, FieldError, Gone, NotFound, Unauthorized, Unprocessable
from backshop.shade.surveys import repository as surveys
from backshop.shade.surveys.models import Answers
from backshop.shade_survey import SurveyForm, SurveyLink
from backshop.web import http, pages
from backshop.web.pages import Policy, forms
from frame import Shop, app, event, now, query, shop_of
from pydantic import ValidationError
from pydantic_core import from_json

DRAFT = "__Host-survey"
DRAFT_LASTS = timedelta(days=7)
DRAFT_BYTES = 3_500
NOTES = 1_000
FIT = (
    (5, "Perfect", "It disappears on my skin"),
    (4, "Good", "Nearly"),
    (3, "So-so", "It shows a little"),
    (2, "Poor", "It shows"),
    (1, "Not at all", "Far too light or too dark"),
)
RATINGS = tuple(str(value) for value, *_ in FIT)
Draft = dict[str, Any]


class Question(NamedTuple):
    """A page of the survey. `options` are (value, text, hint); none for a free text."""

    name: str
    title: str
    hint: str
    options: Sequence[tuple[Any, str, str]]
    many: bool = False
    optional: bool = False
    missing: str = ""


class Visit(NamedTuple):
    """Whose survey it is, and what was answered so far in this browser."""

    token: str
    link: SurveyLink
    shop: Shop
    draft: Draft

    def address(self, path: str, **more: str) -> str:
        return f"{path}?{urlencode({'token': self.token, **more})}"


@pages.route(app, "GET /survey", scope="token", problems=[Conflict, Gone], leads=True)
def begin() -> Response[str]:
    """What the survey is about; leads to the match where it was answered."""
    visit = visiting()
    form = _form(visit)
    if form.answered:
        return pages.redirect(visit.address("/survey/match"))
    return visit.shop.page("survey.html", visit=visit, form=form, count=len(questions(form)))


@pages.route(app, "GET /survey/<n>", scope="token", problems=[Conflict, Gone], leads=True)
def ask(n: int) -> Response[str]:
    """One question."""
    visit = visiting()
    form = _form(visit)
    if form.answered:
        return pages.redirect(visit.address("/survey/match"))
    return _question_page(visit, form, n)


@pages.route(
    app,
    "POST /survey/<n>",
    scope="token",
    fields="`answer`, once or several times.",
    problems=[Conflict, Gone],
)
def take(n: int) -> Response[str]:
    """Keep an answer in this browser; leads to the next question."""
    sent, visit = forms.read(event()), visiting()
    form = _form(visit)
    question = _question(form, n)
    chosen = [each for each in sent.all("answer") if each.strip()]
    error = _wrong(question, chosen)
    if error:
        return _question_page(visit, form, n, [FieldError(field="answer", message=error)], chosen)
    draft = visit.draft | {question.name: chosen if question.many else "".join(chosen[:1])}
    back = sent.first("then") == "answers" or n == len(questions(form))
    to = visit.address("/survey/answers" if back else f"/survey/{n + 1}")
    return pages.redirect(to, cookies=[_kept(visit, draft)])


@pages.route(app, "GET /survey/answers", scope="token", problems=[Conflict, Gone], leads=True)
def check() -> Response[str]:
    """The answers, to be checked before they are sent."""
    visit = visiting()
    form = _form(visit)
    if form.answered:
        return pages.redirect(visit.address("/survey/match"))
    missing = _first_missing(form, visit.draft)
    if missing:
        return pages.redirect(visit.address(f"/survey/{missing}"))
    return _answers_page(visit, form)


@pages.route(app, "POST /survey/answers", scope="token", problems=[Conflict, Gone])
def send() -> Response[str]:
    """Send the answers; leads to the match. A survey is answered once."""
    forms.read(event())
    visit, at = visiting(), now()
    form = _form(visit)
    if form.answered:
        return pages.redirect(visit.address("/survey/match"))
    try:
        answers = Answers.model_validate(_said(visit.draft))
        with db.transaction(store_id=visit.link.store_id) as tx:
            answered = shade_survey.answer(tx, visit.link, answers, at, http.origin(event()))
    except ValidationError:
        return pages.redirect(visit.address(f"/survey/{_first_missing(form, visit.draft) or 1}"))
    except Unprocessable as wrong:
        return _answers_page(visit, form, wrong.errors)
    outbox.announce(answered.rows)
    return pages.redirect(visit.address("/survey/match"))


@pages.route(app, "GET /survey/match", scope="token", problems=[Conflict, Gone], leads=True)
def match() -> Response[str]:
    """The match with its reasons, and the code as soon as the shop has it."""
    visit, at = visiting(), now()
    with db.transaction(store_id=visit.link.store_id) as tx:
        if surveys.survey_of(tx, visit.link.order_id) is None:
            return pages.redirect(visit.address("/survey"))
        result = shade_survey.result_of(tx, visit.link, at)
    shop_url = urlsplit(visit.shop.store.url)
    return visit.shop.page(
        "survey_match.html",
        policy=Policy(leads_to=[f"{shop_url.scheme}://{shop_url.netloc}"]),
        visit=visit,
        result=result,
        cart=urlsplit(result.cart_link).path if result.cart_link else None,
    )


def questions(form: SurveyForm) -> list[Question]:
    """What is asked, in order; what the store has no answers for is left out."""
    asked = [
        Question(
            "shade_selected",
            "Which shade suits your skin best?",
            "Of those in your kit. Look at it in daylight, at the line of your jaw.",
            [(each.name, each.name, _described(each)) for each in form.shades],
            missing="Choose the shade that suits you best.",
        ),
        Question(
            "shade_fit_rating",
            "How well does it match?",
            "",
            FIT,
            missing="Choose how well it matches.",
        ),
        Question(
            "skin_type", "What is your skin like?", "", _plain(form.skin_types), optional=True
        ),
        Question(
            "skin_concerns",
            "What would you like to do something about?",
            "Choose all that apply, or none.",
            _plain(form.skin_concerns),
            many=True,
            optional=True,
        ),
        Question(
            "finish_preference",
            "Which finish do you like?",
            "",
            _plain(form.finish_preferences),
            optional=True,
        ),
        Question(
            "interested_in_addons",
            "Would one of these interest you as well?",
            "Choose all that do, or none.",
            _plain(form.addons),
            many=True,
            optional=True,
        ),
    ]
    texture = Question(
        "texture_feedback", "How does it feel on your skin?", "In your words.", (), optional=True
    )
    return [each for each in asked if each.options] + [texture]


def _plain(names: Sequence[str]) -> list[tuple[str, str, str]]:
    return [(each, each, "") for each in names]


def _described(shade: shade_survey.ShadeChoice) -> str:
    finish = f"{shade.finish.lower()} finish" if shade.finish else None
    return ", ".join(filter(None, (f"{shade.undertone.capitalize()} undertone", finish)))


def _wrong(question: Question, chosen: Sequence[str]) -> str | None:
    """What is to be corrected of an answer."""
    if not question.options:
        too_long = len("".join(chosen)) > NOTES
        return f"Write at most {NOTES:,} characters." if too_long else None
    if not chosen:
        return None if question.optional else question.missing
    offered = {str(value) for value, _, _ in question.options}
    return None if set(chosen) <= offered else "Choose from what is listed."


def _question(form: SurveyForm, n: int) -> Question:
    asked = questions(form)
    if not 1 <= n <= len(asked):
        raise NotFound("There is no such question; begin the survey anew from its link.")
    return asked[n - 1]


def _first_missing(form: SurveyForm, draft: Draft) -> int | None:
    """The number of the first question that needs an answer and has none."""
    for number, question in enumerate(questions(form), 1):
        if not question.optional and not draft.get(question.name):
            return number
    return None


def _said(draft: Draft) -> Draft:
    """The draft as the answers' model takes it; nothing for what was left open."""
    said = {name: value for name, value in draft.items() if value not in (None, "", [])}
    if said.get("shade_fit_rating") in RATINGS:
        said["shade_fit_rating"] = int(said["shade_fit_rating"])
    return said


def _question_page(
    visit: Visit,
    form: SurveyForm,
    n: int,
    errors: Sequence[FieldError] = (),
    chosen: Sequence[str] | None = None,
) -> Response[str]:
    question = _question(form, n)
    before = visit.draft.get(question.name)
    kept = before if isinstance(before, list) else [before] if before else []
    return visit.shop.page(
        "survey_question.html",
        status=422 if errors else 200,
        visit=visit,
        n=n,
        count=len(questions(form)),
        question=question,
        chosen=kept if chosen is None else list(chosen),
        swatches={each.name: each.swatch for each in form.shades},
        then=query("then"),
        errors=errors,
    )


def _answers_page(
    visit: Visit, form: SurveyForm, errors: Sequence[FieldError] = ()
) -> Response[str]:
    shown = []
    for number, question in enumerate(questions(form), 1):
        value = visit.draft.get(question.name)
        texts = {str(each[0]): each[1] for each in question.options}
        said = value if isinstance(value, list) else [value] if value else []
        shown.append((number, question, [texts.get(str(each), str(each)) for each in said]))
    return visit.shop.page(
        "survey_answers.html",
        status=422 if errors else 200,
        visit=visit,
        shown=shown,
        key=forms.new_key(),
        errors=errors,
    )


def _form(visit: Visit) -> SurveyForm:
    with db.transaction(store_id=visit.link.store_id) as tx:
        return shade_survey.form(tx, visit.link)


def visiting() -> Visit:
    """Who has opened which survey. Raises Gone where the link is of no use."""
    token = query("token")
    try:
        link = shade_survey.link(token, now())
    except Unauthorized:
        raise Gone(
            "This link has expired or is not complete; open the one in your message again.",
            slug="survey-closed",
        ) from None
    return Visit(token, link, shop_of(link.store_id, named=True), _draft(token))


def _draft(token: str) -> Draft:
    """What was answered so far; nothing where the draft is another survey's or no draft."""
    sent = (each.partition("=") for each in event().get("cookies") or ())
    text = next((value for name, _, value in sent if name == DRAFT), "")
    try:
        said = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        kept = from_json(said, allow_inf_nan=False)
        is_this = kept["of"] == _mark(token) and not http.holds_nul(said)
        answers = dict(kept["answers"])
    except (ValueError, KeyError, TypeError):
        return {}
    return {name: each for name, each in answers.items() if _is_answer(each)} if is_this else {}


def _is_answer(said: Any) -> bool:
    """Whether a page of ours may have kept this: a text, or the texts that were chosen."""
    texts = said if isinstance(said, list) else [said]
    return all(isinstance(each, str) for each in texts)


def _kept(visit: Visit, draft: Draft) -> Cookie:
    """The draft as a cookie. Raises Unprocessable where a browser would drop it."""
    content = json.dumps({"of": _mark(visit.token), "answers": draft}, ensure_ascii=False)
    text = urlsafe_b64encode(content.encode()).decode().rstrip("=")
    if len(text) > DRAFT_BYTES:
        raise Unprocessable("These answers are too long; go back and shorten the text.")
    return Cookie(
        DRAFT,
        text,
        path="/",
        secure=True,
        http_only=True,
        max_age=int(DRAFT_LASTS.total_seconds()),
        same_site=SameSite.LAX_MODE,
    )


def _mark(token: str) -> str:
    return sha256(token.encode()).hexdigest()[:16]
