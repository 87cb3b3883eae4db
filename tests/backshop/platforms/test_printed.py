"""What a host prints before its JSON is passed over where that is safe."""

import pytest
from backshop.platforms.printed import find_json

NOTICE = b"<br />\n<b>Deprecated</b>: Array [] and {x} in <b>/a.php</b> on line <b>7</b><br />\n"


@pytest.mark.parametrize(
    "before, words",
    [
        (b"", ""),
        (b"\xef\xbb\xbf", "a byte order mark"),
        (b"\n\n", "blank lines"),
        (b"\r\n\xef\xbb\xbf\xef\xbb\xbf", "a byte order mark"),
        (NOTICE, "PHP notices"),
        (b"PHP Warning:  undefined [key] in x.php on line 2\n", "PHP notices"),
        (b"debug: here\n", "text"),
        (b"[29-Nov-2026 10:00:00 UTC] PHP Notice: x in y.php\n", "PHP notices"),
        (b"{x} a warning\n", "PHP notices"),
    ],
)
@pytest.mark.parametrize("body", [b'[{"id": 1}]', b'{"id": [1, {"a": []}]}\n'])
def test_it_is_found(before, words, body):
    found = find_json(before + body)
    assert found is not None
    assert (found.body.strip(), found.printed) == (body.strip(), words)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (b"<br />\n<b>Warning</b>: x in y.php<br />\n", "PHP notices after"),
        (b"\n<!-- cached -->\n", "text after"),
        (b" \xef\xbb\xbf", "text after"),
    ],
)
@pytest.mark.parametrize("body", [b'[{"id": "\xe2\x82\xac"}]', b'{"id": [1, {"a": []}]}', b"[]"])
def test_what_follows_is_left_out(after, words, body):
    found = find_json(body + after)
    assert found is not None
    assert (found.body, found.words) == (body, words)


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n"])
def test_an_empty_list_stays_one(before):
    assert find_json(before + b"[]").body == b"[]"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html><script>[1]",
        b"<html>\n" + b'[{"id": 1}]',
        NOTICE,
        NOTICE + b'[{"id": 1}',
        NOTICE + b'[{"id": 1}, {"id": 2}',
        NOTICE + b"[]",
        NOTICE + b'[{"id": 1}]<br />',
        b"fatal [ [ [",
        b"[" * 300 + b"x",
    ],
)
def test_it_is_not_guessed(body):
    found = find_json(body)
    assert found is None or body[:1] == b"["
