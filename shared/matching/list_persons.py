"""Show who has been found, and why their records are thought to be one person's."""

from dataclasses import dataclass

from shared.kernel.documents import Documents, Page
from shared.matching.documents import PERSONS, matching_at
from shared.matching.model import Link, PersonId, RecordRef
from shared.matching.persons import Person, Standing, listed


@dataclass(frozen=True, slots=True)
class PersonsQuery:
    """Those of several records (the ones to review), of one, or whose id is nobody's any more; which page."""

    standing: Standing = "several"
    after: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class PersonSummary:
    id: PersonId
    records: tuple[RecordRef, ...]
    links: tuple[Link, ...]
    household: str | None
    previous_ids: tuple[PersonId, ...]
    merged_into: PersonId | None


@dataclass(frozen=True, slots=True)
class ListPersons:
    """Gives persons with the rule and the scores of every link that was followed, a page at a time."""

    documents: Documents

    def __call__(self, query: PersonsQuery, *, matching_id: str) -> Page[PersonSummary]:
        """Give a page, or raise `NoSuchMatching`."""
        matching_at(self.documents, matching_id)
        page = self.documents.find(
            PERSONS,
            Person,
            equal_to=listed(matching_id, query.standing),
            limit=max(1, min(query.limit, 100)),
            after=query.after,
        )
        return Page(tuple(_summary(found.body) for found in page.items), page.next)


def _summary(person: Person) -> PersonSummary:
    return PersonSummary(
        person.id, person.refs, person.links, person.household, person.previous_ids, person.merged_into
    )
