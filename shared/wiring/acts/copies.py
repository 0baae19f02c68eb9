"""The acts by which family is copied, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.acts.access import AccessActs
from shared.wiring.once import once

if TYPE_CHECKING:
    from shared.adapters.copies_page import CopiesPages
    from shared.consent.copies.answer_copies import AnswerCopies
    from shared.consent.copies.end_copies import EndCopies
    from shared.consent.copies.give_copies import GiveCopies
    from shared.consent.copies.give_own_copies import GiveOwnCopies
    from shared.consent.copies.links import CopyLinks
    from shared.consent.copies.list_copies import ListCopies
    from shared.consent.copies.open_copies import OpenCopies
    from shared.consent.copies.standing_copies import StandingCopies


class CopiesActs(AccessActs):
    """What room consent can do about copies (PA-9)."""

    @once
    def copy_links(self) -> "CopyLinks":
        from shared.consent.copies.links import CopyLinks

        return CopyLinks(self.seals, self.settings.public_address)

    @once
    def standing_copies(self) -> "StandingCopies":
        from shared.consent.copies.standing_copies import StandingCopies

        return StandingCopies(self.documents, self.family_terms)

    @once
    def give_copies(self) -> "GiveCopies":
        from shared.consent.copies.give_copies import GiveCopies
        from shared.wiring.house_rules import COPIES_TEMPLATE

        return GiveCopies(
            self.documents,
            self.family_terms,
            self.read_related,
            self.contact_keys,
            self.copy_links,
            self.count_sendings,
            COPIES_TEMPLATE,
        )

    @once
    def give_own_copies(self) -> "GiveOwnCopies":
        from shared.consent.copies.give_own_copies import GiveOwnCopies

        return GiveOwnCopies(self.give_copies)

    @once
    def list_copies(self) -> "ListCopies":
        from shared.consent.copies.list_copies import ListCopies

        return ListCopies(self.documents, self.standing_copies)

    @once
    def end_copies(self) -> "EndCopies":
        from shared.consent.copies.end_copies import EndCopies

        return EndCopies(self.documents)

    @once
    def open_copies(self) -> "OpenCopies":
        from shared.consent.copies.open_copies import OpenCopies

        return OpenCopies(self.documents, self.read_related, self.settings.default_language)

    @once
    def answer_copies(self) -> "AnswerCopies":
        from shared.consent.copies.answer_copies import AnswerCopies

        return AnswerCopies(self.documents, self.open_copies)

    @once
    def copies_pages(self) -> "CopiesPages":
        from shared.adapters.copies_page import CopiesPages

        return CopiesPages()
