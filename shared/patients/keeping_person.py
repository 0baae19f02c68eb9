"""What is written of a person: who they are, and all by which they can be found, as one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.kernel.documents import Change, Create, Document, Documents, deleting, replacing
from shared.kernel.identity import PatientId
from shared.patients.contact_keys import ContactKeys
from shared.patients.documents import PERSON, handle_id, handles_of, person_of
from shared.patients.handles import Handle, Handles
from shared.patients.person import Person
from shared.patients.person_in_fhir import person_from


@dataclass(frozen=True, slots=True)
class PersonKeeping:
    """Reads a Patient as the house does, and says what must be written so that it is kept.

    `region` reads national telephone numbers, `zone` is the time zone of who does not say.
    """

    documents: Documents
    keys: ContactKeys
    region: str
    zone: str

    def read(self, resource: Mapping[str, Any]) -> Person:
        """Read a Patient. Raises `Nonsense` for what is none."""
        return person_from(resource, region=self.region, zone=self.zone)

    def changes(self, patient_id: PatientId, person: Person | None) -> tuple[Change, ...]:
        """Say what to write: nothing where all is kept already, or something newer is.

        None takes the person away. Below a hundred, so that one commit takes them all.
        """
        before = person_of(self.documents, patient_id)
        if person is None:
            return (*([deleting(before)] if before else []), *self._handles(patient_id, frozenset()))
        if before is not None and (before.body == person or person.is_older_than(before.body)):
            return ()
        write = replacing(before, person) if before else Create(PERSON, person)
        return (write, *self._handles(patient_id, Handles(self.keys).of(person)))

    def _handles(self, patient_id: PatientId, wanted: frozenset[str]) -> Iterator[Change]:
        there: dict[str, Document[Any]] = {
            one.body.key: one for one in handles_of(self.documents, patient_id)
        }
        yield from (deleting(there[key]) for key in sorted(there.keys() - wanted))
        for key in sorted(wanted - there.keys()):
            yield Create(handle_id(key), Handle(key, patient_id))
