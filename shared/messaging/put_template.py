"""Save a message template as its next version."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.consent.compliance_documents import profile_of
from shared.kernel.documents import Create, Documents, as_seen, replacing
from shared.kernel.refusals import AlreadyExists, Nonsense, Stale
from shared.messaging.documents import CURRENT, template_of, template_partition, template_version_id
from shared.messaging.family_words import check_family_words
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
        """Save it, or raise `Nonsense`, `AlreadyExists` or `Stale`."""
        for variant in checked(content).variants:
            check_readable(variant)
        check_family_words(content)
        _check_profile(self.documents, content)
        found = template_of(self.documents, template_id)
        as_seen(found, if_match, is_there=AlreadyExists, changed=Stale)
        template = MessageTemplate(template_id, found.body.version + 1 if found else 1, content, now)
        write = replacing(found, template) if found else Create(CURRENT, template)
        told = audited(
            write,
            what="put_template",
            subject=f"{template_id}~{template.version}",
            who=caller.who,
            now=now,
            entry_id=f"put_template~{template_id}~{template.version}",
        )
        etags = self.documents.commit(
            template_partition(template_id),
            changes=[write, Create(template_version_id(template.version), template)],
            announcements=[told],
        )
        return SavedTemplate(template, etags[CURRENT])


def _check_profile(documents: Documents, content: TemplateContent) -> None:
    """Refuse what is sent under a profile that is not there, or has no such purpose or topic."""
    if content.profile_id is None:
        return
    found = profile_of(documents, content.profile_id)
    if found is None:
        raise Nonsense(("profile_id", "no such compliance profile"))
    if not found.body.has(content.purpose, None):
        raise Nonsense(("purpose", "not among the profile's"))
    if not found.body.has(content.purpose, content.topic):
        raise Nonsense(("topic", "not among the profile's"))
