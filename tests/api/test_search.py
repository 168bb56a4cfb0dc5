"""The lists' `q`: the same index as the dashboard's search, page by page, in a fixed number of statements (A131)."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from models.session import database, reading
from tests.support.world import at


@pytest.fixture
def statements():
    """Texts of the statements the server was sent since the last `clear`, those through the driver's own cursor included."""
    seen: list[str] = []

    def note(connection, cursor, statement, *more):  # noqa: ANN001
        seen.append(statement)

    event.listen(database().engine, "before_cursor_execute", note)
    yield seen
    event.remove(database().engine, "before_cursor_execute", note)


def test_words_numbers_and_references_find_bookings(api, world):
    a, b = world.book(at(10, 15), paid=8000), world.book(at(11, 15), email="bea.bird@example.com", staff=world.tom)
    number = world.sql("select number from orders")

    def refs(q: str, **more) -> list[str]:
        return [item["ref"] for item in api.get("/bookings", q=q, **more)["items"]]

    assert refs("ada arch") == [a.ref, b.ref] == refs("0101"), "both are Ada's name and number"
    assert refs("bird") == refs("bea.bird@example") == [b.ref] and refs(a.ref.upper()) == [a.ref]
    assert refs("ada", status="cancelled") == [] == refs(a.ref, status="cancelled") == refs("nobody") == refs("%") == refs("rcher")
    assert refs("ada", starts_from="2027-03-11T00:00:00Z") == [b.ref]
    if number:
        assert refs(f"#{number[0][0]}") == [a.ref]


def test_a_search_goes_on_page_by_page(api, world):
    made = [world.book(at(day, 15), override=True).ref for day in range(10, 17)]
    found, cursor = [], None
    while True:
        page = api.get("/bookings", q="ada", limit="3", **({"cursor": cursor} if cursor else {}))
        found += [item["ref"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == made


def test_a_search_costs_the_same_number_of_statements_whatever_it_finds(api, world, statements):
    counts = []
    for more in (1, 6):
        for day in range(more):
            world.book(at(10 + day, 15 + more), override=True)
        statements.clear()
        assert api.get("/bookings", q="ada")["items"]
        counts.append(len(statements))
        assert not any(" like " in text.lower() for text in statements)
    assert counts[0] == counts[1] <= 6


def test_the_search_reads_an_index_and_never_every_booking(api, world):
    """Of a store with 20,000 words the planner goes by the key; of its bookings it begins with the customers found."""
    world.book(at(10, 15))
    with reading(world.store_id) as tx:
        plan = "\n".join(tx.db.exec_driver_sql(
            "explain select distinct w.customer_id from customer_words w where w.store_id = %s and w.word >= %s and w.word < %s",
            (world.store_id, "ada", "ada\U0010ffff")).scalars())
    assert "customer_words" in plan and ("Index" in plan or "Bitmap" in plan), plan


def test_customers_are_found_the_same_way(api, world):
    made = api.post("/customers", {"name": "Bea Bird", "email": "bea@example.com", "phone": "+12125550199"})

    def ids(q: str) -> list[str]:
        return [item["id"] for item in api.get("/customers", q=q)["items"]]

    assert [ids(q) for q in ("bir", "BEA BIRD", "bea@exam", "0199")] == [[made["id"]]] * 4
    assert ids("ird") == [] and ids(" ") == [made["id"]]
