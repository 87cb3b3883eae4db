"""What is secret is compared in constant time: by `hmac.compare_digest` or bcrypt, not by `==`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECRET = re.compile(
    r"secret|signature|hmac|\bmac\b|_mac\b|digest|token|hash|password|sha256|_mark\b|capability|api_key"
    r"|\bpin\b|\botp\b",
    re.IGNORECASE,
)
"""By its name. What is a part of a text, such as a word of a question, is another `tokens`."""
WORDS_OF_QUESTIONS = "shared/backshop/insights/planning/"
NO_SECRETS = {
    "'password authentication failed' not in str(refused)": "an error of Postgres",
    "done.get(each.name, each.digest) != each.digest": "digests of the project's own files",
    "text.count(_MARK) != len(narrowed)": "a place in a statement",
    "kept.value == token": "our own token at a shop beside the one that we kept",
    "_tokens.get((self._url, self._user)) == token": "as above",
    "secret != ''": "whether there is a secret at all",
    "':' in credentials.api_key": "how a key is written",
    "'.' in token": "how a token is written",
    "token.count('.') != 2": "how a token is written",
    "urlsafe_b64encode(decoded).decode().rstrip('=') != token": "how a token is written",
    "load_mark(tx, store) != known.mark": "a count of saved records",
    "job.cursor.get('secret') != known": "what the shop was told beside what it is told, both ours",
    "kept.body_hash != digest": "a body beside an earlier one of the same caller",
    "_brand_name(colour) == hashed": "the name of a public file",
    "known == hashed": "the name of a public file",
    "scope in ('token', 'shopper', 'desk')": "the name of a scope",
    "'webhook_secret' in current.sealed": "the name of a field",
    "'webhook_secret' in sealed": "the name of a field",
    "name not in ('api_key', 'secret')": "the name of a field",
    "kept['of'] == _mark(token)": "a browser's draft beside the token that it sent with it",
}
"""What only is called so, and what it is."""


def compared(code: str) -> Iterator[str]:
    """Comparisons of what is secret by its name."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Compare):
            plain = isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn)
            said = ast.unparse(node)
            if plain and SECRET.search(said):
                yield said


def test_no_secret_is_compared_letter_by_letter() -> None:
    found = {
        (name, said)
        for folder in ("shared", "functions")
        for path in (ROOT / folder).rglob("*.py")
        if not (name := str(path.relative_to(ROOT))).startswith(WORDS_OF_QUESTIONS)
        for said in compared(path.read_text())
    }
    assert {each for each in found if each[1] not in NO_SECRETS} == set()
    assert set(NO_SECRETS) - {said for _, said in found} == set(), "these are gone"


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("if claimed == signature: pass", True),
        ("if sent_token != kept: pass", True),
        ("if sha256(key).digest() in known: pass", True),
        ("if compare_digest(mac, claimed): pass", False),
        ("if status == 200: pass", False),
    ],
)
def test_the_control_is_found(code: str, is_found: bool) -> None:
    assert bool(list(compared(code))) is is_found
