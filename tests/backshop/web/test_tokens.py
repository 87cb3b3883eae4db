"""Tokens: whose they are, and that replacing the secret ends none of those that are out."""

import re
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from backshop.aws import config, signed
from backshop.errors import Unauthorized
from backshop.web import tokens
from moto import mock_aws

AT = datetime(2026, 11, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST, SECOND, THIRD = (f"secret number {number} of tokens, long enough" for number in range(3))


@pytest.fixture
def replace(monkeypatch):
    """Puts another secret in place of the one there is."""
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "TOKEN_SECRET": "tokens",
    }.items():
        monkeypatch.setenv(name, value)
    config.reset()
    config.client.cache_clear()
    with mock_aws():
        manager = config.client("secretsmanager")
        manager.create_secret(Name="tokens", SecretString=FIRST)
        yield lambda value: manager.put_secret_value(SecretId="tokens", SecretString=value)
    config.reset()
    config.client.cache_clear()


def sign():
    return tokens.sign("shopper", {"phone": "15550100"}, at=AT, lasts=HOUR)


def read(token, audience="shopper", at=AT):
    return tokens.read(audience, token, at=at)["phone"]


def as_later(monkeypatch, seconds):
    """Secrets are as if they had been read so long ago."""
    for name, (read_at, value) in list(config._secrets.items()):
        config._secrets[name] = (read_at - seconds, value)


def test_a_token_of_the_former_secret_is_honoured(replace):
    token = sign()
    replace(SECOND)
    config.reset()
    assert read(token) == "15550100"
    assert jwt.decode(
        sign(),
        SECOND,
        algorithms=["HS256"],
        audience="shopper",
        options={"verify_exp": False, "verify_iat": False},
    ), "new ones are signed with the new one"


def test_a_secret_that_was_replaced_twice_is_over(replace):
    token = sign()
    replace(SECOND)
    replace(THIRD)
    config.reset()
    with pytest.raises(Unauthorized):
        read(token)


def test_a_token_of_the_new_secret_is_read_where_the_former_is_still_kept(replace, monkeypatch):
    old = sign()
    assert read(old) == "15550100"
    replace(SECOND)
    new = jwt.encode({"aud": "shopper", "exp": AT + HOUR, "phone": "15550100"}, SECOND)
    with pytest.raises(Unauthorized):
        read(new)
    as_later(monkeypatch, tokens.AGAIN_SECONDS)
    assert read(new) == "15550100"
    assert read(old) == "15550100"


def test_made_up_tokens_do_not_ask_secrets_manager_each_time(replace, monkeypatch):
    asked = []
    sign()
    get = signed.secret

    def counted(*given):
        asked.append(1)
        return get(*given)

    monkeypatch.setattr(signed, "secret", counted)
    made_up = jwt.encode({"aud": "shopper", "exp": AT + HOUR}, "another secret, also long enough")
    for _ in range(50):
        with pytest.raises(Unauthorized):
            read(made_up)
    assert len(asked) == 1, "whether there is a former one"


@pytest.mark.parametrize("wrong", ["audience", "time", "none", "letters"])
def test_what_is_not_honoured(replace, wrong):
    token = sign()
    replace(SECOND)
    config.reset()
    if wrong == "none":
        token = jwt.encode({"aud": "shopper", "exp": AT + HOUR, "phone": "1"}, "", algorithm="none")
    if wrong == "letters":
        token += "x"
    audience = "survey" if wrong == "audience" else "shopper"
    with pytest.raises(Unauthorized):
        read(token, audience, AT + HOUR if wrong == "time" else AT)


SHORT = b"three ids of a quote"


def test_a_short_token_is_read_back(replace) -> None:
    token = tokens.sign_short("quote", SHORT, until=AT + timedelta(days=1))
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert tokens.read_short("quote", token, at=AT) == SHORT
    assert tokens.sign_short("quote", SHORT, until=AT + timedelta(days=1)) == token


def test_a_short_token_ends(replace) -> None:
    token = tokens.sign_short("quote", SHORT, until=AT + timedelta(days=1))
    with pytest.raises(Unauthorized):
        tokens.read_short("quote", token, at=AT + timedelta(days=1))


def test_a_short_token_is_nothing_to_another_use_nor_to_another_secret(
    replace, monkeypatch
) -> None:
    token = tokens.sign_short("quote", SHORT, until=AT + timedelta(days=1))
    with pytest.raises(Unauthorized):
        tokens.read_short("survey", token, at=AT)
    with pytest.raises(Unauthorized):
        tokens.read("quote", token, at=AT)
    monkeypatch.setattr(tokens, "_secrets", lambda: iter(["another secret, which is long enough"]))
    with pytest.raises(Unauthorized):
        tokens.read_short("quote", token, at=AT)


def test_no_change_of_a_short_token_is_taken(replace) -> None:
    """Every character is another, or one more, or one fewer; and ways to write the same bytes."""
    token = tokens.sign_short("quote", SHORT[:19], until=AT + timedelta(days=1))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    forged = [
        token[:at] + letter + token[at + 1 :]
        for at in range(len(token))
        for letter in letters
        if letter != token[at]
    ]
    forged += [token + "A", token[:-1], token + "=", token + "\n", "", "A", "AAAA" * 9, "é" * 40]
    for each in forged:
        with pytest.raises(Unauthorized):
            tokens.read_short("quote", each, at=AT)


def test_a_short_token_of_the_former_secret_is_honoured(replace):
    token = tokens.sign_short("quote", SHORT, until=AT + HOUR)
    replace(SECOND)
    config.reset()
    assert tokens.read_short("quote", token, at=AT) == SHORT
