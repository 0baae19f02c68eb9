"""The product whose record a FHIR server keeps: the same file, but asked over HTTP and nothing else."""

from collections.abc import Generator
from contextlib import contextmanager

from shared.adapters.reads_together import ReadsTogether
from tests.support.fhir_http import fhir_house
from tests.support.product import Product
from tests.support.rest_record import Waits, a_rest_record


@contextmanager
def with_its_record_elsewhere(product: Product) -> Generator[Product]:
    """Serve its embedded record as a hospital's own, and let the product know it by its address alone."""
    embedded = product.app.embedded_record
    with fhir_house(embedded, embedded.path) as house:
        record = a_rest_record(str(house.http.base_url), product.clock, Waits())
        product.app.record, product.app.reading = record, ReadsTogether(record)
        try:
            yield product
        finally:
            record.close()
