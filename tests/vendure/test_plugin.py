"""Our plugin inside the real server, as shoppers and staff use it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.vendure import server

pytestmark = pytest.mark.vendure
FIELDS = "customFields{deliveryStage trackingNumber placedPhone}"


def test_sixty_guests_of_one_address_keep_the_phones_they_ordered_with(
    vendure: server.Vendure,
) -> None:
    """Each checkout overwrites the customer's phone; the order keeps the one it was placed with."""

    def buy(number: int) -> tuple[str, str]:
        phone = f"+1 555 01{number:02d}"
        order = server.check_out(vendure.shopper(), f"guest{number}@example.com", phone)
        again = server.check_out(vendure.shopper(), f"guest{number}@example.com", f"{phone} ext. 2")
        assert again["id"] != order["id"]
        return order["id"], phone

    with ThreadPoolExecutor(6) as pool:
        placed = dict(pool.map(buy, range(60)))
    admin = vendure.admin()
    kept = {
        id: admin.ask(f'query{{order(id:"{id}"){{{FIELDS}}}}}')["order"]["customFields"]
        for id in placed
    }
    assert {id: fields["placedPhone"] for id, fields in kept.items()} == placed


def test_a_stage_written_beside_state_transitions_takes_none_back(vendure: server.Vendure) -> None:
    """Two of them at once, twenty times: the state that Vendure confirmed stays."""
    lost = []
    for number in range(20):
        order = server.check_out(vendure.shopper(), f"race{number}@example.com", "+1 555 0100")
        admin, staff = vendure.admin(), vendure.admin()
        with ThreadPoolExecutor(2) as pool:
            moved = pool.submit(
                staff.do,
                f'transitionOrderToState(id:"{order["id"]}",state:"Modifying")'
                "{...on Order{state} ...on ErrorResult{errorCode message}}",
            )
            pool.submit(
                admin.do,
                f'setBackshopDelivery(input:{{orderId:"{order["id"]}",deliveryStage:"SOURCING"}})'
                "{deliveryStage}",
            ).result()
            assert moved.result()["state"] == "Modifying"
        found = admin.ask(f'query{{order(id:"{order["id"]}"){{state {FIELDS}}}}}')["order"]
        lost.append(found["state"] != "Modifying")
    assert not any(lost)
