"""A version that does not know the store's edition, or has not its contact key, says so at its door."""

from shared.adapters.store_edition import KNOWN
from shared.kernel.documents import Create
from shared.wiring.edition import DOCUMENT, FINGERPRINT, PARTITION, KeptUnder, StoreEdition
from tests.support.product import Product


class TestReadiness:
    def test_ends_where_a_newer_version_has_taken_the_store_on(self, product: Product) -> None:
        ready = product.ask("GET", "/api/health/ready")
        product.app.documents.commit(PARTITION, changes=[Create(DOCUMENT, StoreEdition(KNOWN + 1))])

        newer = product.ask("GET", "/api/health/ready")

        assert (ready.status, newer.status) == (200, 503)
        assert newer.json["type"] == "/problems/store-is-newer"
        assert newer.json["title"].startswith("The store was written by a newer version")

    def test_ends_where_the_store_is_kept_under_another_contact_key(self, product: Product) -> None:
        product.app.documents.commit(PARTITION, changes=[Create(FINGERPRINT, KeptUnder("of another key"))])

        another = product.ask("GET", "/api/health/ready")

        assert another.status == 503
        assert another.json["type"] == "/problems/contact-key-is-another"
        assert another.json["title"].startswith("CONTACT_KEY is not the key that this store was kept under")
