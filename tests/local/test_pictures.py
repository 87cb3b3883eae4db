"""What the README shows, and the page of mails that would have been sent."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from local import inbox, pictures

ROOT = Path(__file__).parents[2]


def test_the_readmes_pictures_are_there_and_small() -> None:
    readme = (ROOT / "README.md").read_text()
    for name in pictures.PICTURES:
        path = f"docs/pictures/{name}.jpg"
        assert path in readme
        assert 0 < (ROOT / path).stat().st_size <= pictures.MOST_BYTES


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_mails_are_shown_as_text_and_their_html_in_a_sandbox() -> None:
    hostile = "<script>alert(1)</script>\"'"
    mail = {
        "to": [f"{hostile}@example.com"],
        "from": hostile,
        "subject": hostile,
        "text": f"{hostile} https://shop.example.com/survey?token=a&lang=en",
        "html": f"<p>{hostile}</p>",
        "at": "2026-11-28T10:00:00+00:00",
    }
    parsed = Tags()
    parsed.feed(inbox._page([mail]))
    assert "script" not in {tag for tag, _ in parsed.seen}
    [frame] = [attributes for tag, attributes in parsed.seen if tag == "iframe"]
    assert frame["sandbox"] is None, "nothing is allowed in it"
    assert frame["srcdoc"] == f"<p>{hostile}</p>"
    links = [attributes["href"] for tag, attributes in parsed.seen if tag == "a"]
    assert links[1].startswith("https://shop.example.com/survey?token=a")
    assert "Nothing was mailed yet" in inbox._page([])
