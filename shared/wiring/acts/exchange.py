"""The acts of room exchange, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.acts.patients import PatientsActs
from shared.wiring.once import once

if TYPE_CHECKING:
    from shared.exchange.list_attribute_maps import ListAttributeMaps
    from shared.exchange.list_codeable_concepts import ListCodeableConcepts
    from shared.exchange.list_entity_maps import ListEntityMaps
    from shared.exchange.put_attribute_maps import PutAttributeMaps
    from shared.exchange.put_codeable_concepts import PutCodeableConcepts
    from shared.exchange.put_entity_map import PutEntityMap
    from shared.exchange.read_bundle import ReadBundle
    from shared.exchange.read_entity_map import ReadEntityMap
    from shared.exchange.read_rows import ReadRows
    from shared.exchange.write_bundle import WriteBundle
    from shared.exchange.write_entries import WriteEntries
    from shared.exchange.write_rows import WriteRows


class ExchangeActs(PatientsActs):
    """What room exchange can do."""

    @once
    def list_entity_maps(self) -> "ListEntityMaps":
        from shared.exchange.list_entity_maps import ListEntityMaps

        return ListEntityMaps(self.documents)

    @once
    def read_entity_map(self) -> "ReadEntityMap":
        from shared.exchange.read_entity_map import ReadEntityMap

        return ReadEntityMap(self.documents)

    @once
    def put_entity_map(self) -> "PutEntityMap":
        from shared.exchange.put_entity_map import PutEntityMap

        return PutEntityMap(self.documents)

    @once
    def list_codeable_concepts(self) -> "ListCodeableConcepts":
        from shared.exchange.list_codeable_concepts import ListCodeableConcepts

        return ListCodeableConcepts(self.documents)

    @once
    def put_codeable_concepts(self) -> "PutCodeableConcepts":
        from shared.exchange.put_codeable_concepts import PutCodeableConcepts

        return PutCodeableConcepts(self.documents)

    @once
    def list_attribute_maps(self) -> "ListAttributeMaps":
        from shared.exchange.list_attribute_maps import ListAttributeMaps

        return ListAttributeMaps(self.documents)

    @once
    def put_attribute_maps(self) -> "PutAttributeMaps":
        from shared.adapters.fhir_elements import R4Elements
        from shared.exchange.put_attribute_maps import PutAttributeMaps

        return PutAttributeMaps(self.documents, R4Elements())

    @once
    def write_entries(self) -> "WriteEntries":
        from shared.adapters.fhir_reading import R4Reading
        from shared.exchange.write_entries import WriteEntries

        return WriteEntries(self.documents, self.record, R4Reading(), self.publisher, self.ids)

    @once
    def write_bundle(self) -> "WriteBundle":
        from shared.exchange.write_bundle import WriteBundle

        return WriteBundle(self.write_entries)

    @once
    def write_rows(self) -> "WriteRows":
        from shared.exchange.write_rows import WriteRows

        return WriteRows(self.write_entries)

    @once
    def read_rows(self) -> "ReadRows":
        from shared.exchange.read_rows import ReadRows

        return ReadRows(self.read_bundle)

    @once
    def read_bundle(self) -> "ReadBundle":
        from shared.exchange.only_theirs import OnlyTheirs
        from shared.exchange.read_bundle import ReadBundle

        return ReadBundle(
            self.record,
            self.documents,
            self.find_person,
            self.open_record,
            self.project_patient.by_identifier,
            OnlyTheirs(self.own_resources),
        )
