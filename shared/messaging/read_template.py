"""Show a message template."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.messaging.documents import template_of
from shared.messaging.template import NoSuchTemplate, SavedTemplate


@dataclass(frozen=True, slots=True)
class ReadTemplate:
    """Give the current version, with the etag that an editor needs to save over it."""

    documents: Documents

    def __call__(self, *, template_id: str) -> SavedTemplate:
        found = template_of(self.documents, template_id)
        if found is None:
            raise NoSuchTemplate
        return SavedTemplate(found.body, found.etag)
