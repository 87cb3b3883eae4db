"""smoke"""


def test_tx(tx, store):
    assert tx.execute("select id from backshop.stores").fetchall() == [{"id": store}]
