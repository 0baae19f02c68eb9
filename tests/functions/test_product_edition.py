"""A version that does not know the store's edition says so at its door."""

from shared.adapters.store_edition import KNOWN
from shared.kernel.documents import Create
from shared.wiring.edition import DOCUMENT, PARTITION, StoreEdition
from tests.support.product import Product


class TestReadiness:
    def test_ends_where_a_newer_version_has_taken_the_store_on(self, product: Product) -> None:
        ready = product.ask("GET", "/api/health/ready")
        product.app.documents.commit(PARTITION, changes=[Create(DOCUMENT, StoreEdition(KNOWN + 1))])

        newer = product.ask("GET", "/api/health/ready")

        assert (ready.status, newer.status) == (200, 503)
        assert newer.json["type"] == "/problems/store-is-newer"
        assert newer.json["title"].startswith("The store was written by a newer version")
