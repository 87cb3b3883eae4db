"""Plans are kept where it is asked for and the server itself answers; tables that rows are staged
in, where it answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

import pytest
from backshop import db
from backshop.aws import config

OFTEN = 12
"""Runs after which a plan is kept."""
NUMBERS = [(str(number),) for number in range(db.COPY_ONCE_FROM)]


@pytest.fixture
def at(database, monkeypatch):
    """Points the handlers' role at a port, or at the server itself."""

    def point(port: int | None = None) -> None:
        url = database.service_url
        if port is not None:
            url = url.replace(f":{urlsplit(url).port}/", f":{port}/")
        monkeypatch.setattr(config, "database_url", lambda role: url)
        db.close()

    point()
    yield point
    db.close()


def prepared(store, *, keeps_plans: bool = True) -> list[str]:
    for _ in range(OFTEN):
        with db.transaction(store_id=store, keeps_plans=keeps_plans) as tx:
            tx.execute("SELECT settings FROM backshop.stores WHERE id = %s", (store,))
    with db.transaction(store_id=store) as tx:
        rows = tx.execute("SELECT statement FROM pg_prepared_statements").fetchall()
        return [row["statement"] for row in rows]


def total(tx) -> int:
    staged = db.stage(tx, "numbers", {"number": "integer"}, NUMBERS)
    row = tx.execute(f"SELECT sum(number) FROM {staged.source}").fetchone()
    return int(row["sum"])


def tables(store) -> int:
    with db.transaction(store_id=store) as tx:
        found = tx.execute(
            """SELECT count(*) AS n FROM pg_class
               WHERE relkind = 'r' AND relnamespace = pg_my_temp_schema()"""
        ).fetchone()
        assert found
        return int(found["n"])


def test_the_server_keeps_plans(at, store):
    assert any("backshop.stores" in each for each in prepared(store))


def test_it_keeps_none_unasked(at, store):
    assert prepared(store, keeps_plans=False) == []


def test_kept_plans_are_left_where_they_are_not_asked_for(at, store):
    prepared(store)
    with db.transaction(store_id=store) as tx:
        assert tx.prepare_threshold is None


def test_a_pooler_is_sent_nothing_to_keep(at, database, store):
    with pooler(urlsplit(database.service_url).port) as port:
        at(port)
        assert prepared(store) == []


def test_a_pooler_keeps_no_table(at, database, store):
    with pooler(urlsplit(database.service_url).port) as port:
        at(port)
        with db.transaction(store_id=store) as tx:
            assert total(tx) == sum(range(db.COPY_ONCE_FROM))
        assert tables(store) == 0


def test_a_connection_keeps_its_tables_and_not_their_rows(at, store):
    for _ in range(3):
        with db.transaction(store_id=store) as tx:
            assert total(tx) == sum(range(db.COPY_ONCE_FROM))
    assert tables(store) == 1


def test_what_is_staged_twice_at_once_stays_apart(at, store):
    for _ in range(2):
        with db.transaction(store_id=store) as tx:
            once = db.stage(tx, "numbers", {"number": "integer"}, NUMBERS)
            twice = db.stage(tx, "numbers", {"number": "integer"}, NUMBERS + NUMBERS)
            texts = db.stage(tx, "numbers", {"number": "text"}, NUMBERS)
            counted = [
                tx.execute(f"SELECT count(*) AS n FROM {each.source}").fetchone()
                for each in (once, twice, texts)
            ]
            assert counted == [{"n": n * db.COPY_ONCE_FROM} for n in (1, 2, 1)]
    assert tables(store) == 3


def test_a_table_that_was_rolled_back_is_made_anew(at, store):
    with pytest.raises(ZeroDivisionError), db.transaction(store_id=store) as tx:
        assert total(tx) / 0
    with db.transaction(store_id=store) as tx:
        assert total(tx) == sum(range(db.COPY_ONCE_FROM))


def test_where_plans_are_kept_no_table_is(at, store):
    assert tables(store) == 0
    with db.transaction(store_id=store, keeps_plans=True) as tx:
        assert total(tx) == sum(range(db.COPY_ONCE_FROM))
    assert tables(store) == 0


def test_what_a_migration_changed_is_asked_again_on_a_new_connection(at, owner, store):
    owner.execute("CREATE TABLE backshop.changing AS SELECT 1::integer AS number")
    try:
        owner.execute("GRANT SELECT ON backshop.changing TO backshop_service")
        assert {number_in(store) for _ in range(OFTEN)} == {1}
        owner.execute("ALTER TABLE backshop.changing ALTER COLUMN number TYPE text")
        with pytest.raises(db.Unreachable, match="ask again"):
            number_in(store)
        assert number_in(store) == "1"
    finally:
        owner.execute("DROP TABLE backshop.changing")


def number_in(store) -> object:
    with db.transaction(store_id=store, keeps_plans=True) as tx:
        row = tx.execute("SELECT number FROM backshop.changing").fetchone()
        assert row is not None
        return row["number"]


@contextmanager
def pooler(server_port: int) -> Iterator[int]:
    """A port that tells its clients process numbers of its own, as poolers do (PgBouncer's
    `client->cancel_key`), and else passes on what the server says."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=_accept, args=(listener, server_port), daemon=True).start()
        yield listener.getsockname()[1]


def _accept(listener: socket.socket, server_port: int) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = socket.create_connection(("127.0.0.1", server_port))
        for source, target, renamed in ((client, server, False), (server, client, True)):
            threading.Thread(target=_pass, args=(source, target, renamed), daemon=True).start()


def _pass(source: socket.socket, target: socket.socket, renamed: bool) -> None:
    """BackendKeyData is `K`, its length (12), the process number and a key, four bytes each; it
    comes at the end of the login's last answer, which is one piece on loopback."""
    with suppress(OSError):  # the other side may have closed both
        while piece := source.recv(65536):
            place = piece.find(b"K\x00\x00\x00\x0c") if renamed else -1
            if place >= 0:
                piece = piece[: place + 5] + b"\x00\x00\x00\x07" + piece[place + 9 :]
                renamed = False
            target.sendall(piece)
    target.close()
