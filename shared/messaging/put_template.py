"""Save a message template as its next version."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.model import RecordAudit
from shared.kernel.documents import Create, Document, Documents, Replace, announcing, replacing
from shared.kernel.refusals import Stale
from shared.messaging.documents import CURRENT, template_of, template_partition, template_version_id
from shared.messaging.gate.rendering import check_readable
from shared.messaging.template import MessageTemplate, SavedTemplate, TemplateContent, checked


@dataclass(frozen=True, slots=True)
class PutTemplate:
    """Save a template; one that exists only over the version that its editor has seen.

    Every version is kept, so that *why* can show what was sent.
    """

    documents: Documents

    def __call__(
        self,
        content: TemplateContent,
        *,
        template_id: str,
        caller: Caller,
        now: datetime,
        if_match: str | None,
    ) -> SavedTemplate:
        for variant in checked(content).variants:
            check_readable(variant)
        found = template_of(self.documents, template_id)
        template = MessageTemplate(template_id, found.body.version + 1 if found else 1, content, now)
        written = _written(found, template, if_match)
        etags = self.documents.commit(
            template_partition(template_id),
            changes=[written, Create(template_version_id(template.version), template)],
            announcements=[announcing(_audit(template, caller), of=written, named=_name(template))],
        )
        return SavedTemplate(template, etags[CURRENT])


def _written(
    found: Document[MessageTemplate] | None, template: MessageTemplate, if_match: str | None
) -> Create | Replace:
    """Write over what the editor has seen; who has seen nothing can only create, as the store ensures."""
    if found is None and if_match is not None:
        raise Stale
    if found is None or if_match is None:
        return Create(CURRENT, template)
    if if_match != found.etag:
        raise Stale
    return replacing(found, template)


def _name(template: MessageTemplate) -> str:
    return f"put_template~{template.template_id}~{template.version}"


def _audit(template: MessageTemplate, caller: Caller) -> RecordAudit:
    subject = f"{template.template_id}~{template.version}"
    return RecordAudit(_name(template), template.saved_at, caller.who, "put_template", subject)
