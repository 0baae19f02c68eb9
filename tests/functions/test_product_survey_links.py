"""Links that patients are sent to say how it was: forged, late and used twice (SU-4)."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.access.ports import SealPurpose
from tests.support.issuer import Issuer
from tests.support.product import Product, a_product
from tests.support.product_chat import Chat, answers, open_chat_desk, opens, sam

CONTENT, NOT_CONTENT = b"satisfaction=5", b"satisfaction=1&more=Nobody+listened"


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        yield open_chat_desk(one)


@pytest.fixture
def chat(product: Product) -> Chat:
    return Chat(product).is_handed_over()


@pytest.fixture
def link(chat: Chat) -> str:
    """Let the conversation be over; give the link that Maria is sent."""
    return chat.is_over()


def kpi(product: Product) -> dict[str, Any]:
    shown = product.ask("GET", "/api/surveys/csat/results", token=sam(product))
    assert shown.status == 200, shown.json
    return shown.json


def asks_nothing(page: str) -> bool:
    return "<form" not in page and "<script" not in page


class TestALink:
    def test_may_be_opened_any_number_of_times(self, product: Product, link: str) -> None:
        before = product.footprint()

        pages = [opens(product, link) for _ in range(3)]

        assert [page.status for page in pages] == [200, 200, 200]
        assert all("<form" in page.body.decode() for page in pages)
        assert product.footprint() == before

    def test_used_again_changes_nothing(self, product: Product, chat: Chat, link: str) -> None:
        assert answers(product, link, CONTENT).status == 200
        product.run()
        first, before = kpi(product), product.footprint()

        again = [answers(product, link, NOT_CONTENT), answers(product, link, CONTENT)]
        product.run()

        assert [page.status for page in again] == [200, 200]
        assert all(asks_nothing(page.body.decode()) for page in [*again, opens(product, link)])
        assert (kpi(product), product.footprint()) == (first, before)
        assert chat.staff_read().json["satisfaction"] == 5

    def test_opens_nothing_once_it_is_too_late(self, product: Product, link: str) -> None:
        product.pass_by(timedelta(days=31))
        before = product.footprint()

        late = [opens(product, link), answers(product, link, CONTENT)]

        assert [page.status for page in late] == [410, 410]
        assert all("This link has expired." in page.body.decode() for page in late)
        assert all(asks_nothing(page.body.decode()) for page in late)
        assert product.footprint() == before

    def test_that_is_forged_opens_nothing(self, product: Product, link: str) -> None:
        head, claims, proof = link.split(".")
        forged = [
            f"{head}.{claims}.{proof[::-1]}",
            f"{head}.{claims}.",
            f"{head}.{claims[:-4]}AAAA.{proof}",
            claims,
        ]
        before = product.footprint()

        pages = [page for bad in forged for page in (opens(product, bad), answers(product, bad, CONTENT))]

        assert {page.status for page in pages} == {403}
        assert all(asks_nothing(page.body.decode()) for page in pages)
        assert product.footprint() == before

    @pytest.mark.parametrize(
        "told",
        [{"s": "csat", "i": "no-such"}, {"s": "no-such", "i": "no-such"}, {"s": "a/b?c#d", "i": "\x00"}],
    )
    def test_to_what_is_not_there_finds_nothing(self, product: Product, told: dict[str, str]) -> None:
        """Sealed by us, for a survey or an invitation that has been taken away since."""
        sealed = product.app.seals.seal(
            SealPurpose.SURVEY, told, expires_at=product.clock.now() + timedelta(days=1)
        )
        before = product.footprint()

        assert (opens(product, sealed).status, answers(product, sealed, CONTENT).status) == (404, 404)
        assert product.footprint() == before


class TestAnAnswer:
    @pytest.mark.parametrize(
        ("form", "statuses"),
        [
            (b"", {422}),
            (b"satisfaction=", {422}),
            (b"satisfaction=6", {422}),
            (b"satisfaction=-1", {422}),
            (b"satisfaction=5.0", {422}),
            (b"satisfaction=%D9%A5", {422}),
            (b"satisfaction=5&satisfaction=1", {422}),
            (b"satisfaction=" + b"9" * 5000, {422}),
            (b"satisfaction=5&settled=Maybe", {422}),
            (b"satisfaction=5&more=" + b"x" * 100_000, {422}),
            (b"%%%=%%%", {400, 422}),
            (b"\xff\xfe", {400, 422}),
            (b"&".join(b"q%d=1" % number for number in range(5000)), {400, 422}),
            (b"x" * 2_000_000, {413}),
        ],
    )
    def test_that_is_none_is_refused_on_a_page_and_nothing_is_kept(
        self, product: Product, link: str, form: bytes, statuses: set[int]
    ) -> None:
        before = product.footprint()

        page = answers(product, link, form)

        assert page.status in statuses
        assert page.headers["content-type"] == "text/html"
        assert product.footprint() == before

    def test_with_markup_and_formulas_in_it_is_shown_as_text(self, product: Product, link: str) -> None:
        form = b"satisfaction=9&more=%3Cscript%3Ealert(1)%3C/script%3E%22%27%3E%3Cimg+src=x%3E%7B%7B7*7%7D%7D"

        page = answers(product, link, form)

        assert page.status == 422
        assert "<script" not in page.body.decode()
        assert "<img" not in page.body.decode()
        assert "&lt;script&gt;" in page.body.decode()
        assert "{{7*7}}" in page.body.decode()
