"""The acts of room access, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.access.act_on_behalf import ActOnBehalf
    from shared.access.close_way_in import CloseWayIn
    from shared.access.count_guesses import CountGuesses
    from shared.access.end_family_access import EndFamilyAccess
    from shared.access.family_terms import Terms
    from shared.access.follow_merges import FollowMerges
    from shared.access.invite_family import InviteFamily
    from shared.access.invite_patient import InvitePatient
    from shared.access.list_family import ListFamily
    from shared.access.list_invitation_addresses import ListInvitationAddresses
    from shared.access.list_invitations import ListInvitations
    from shared.access.look_up_invitation import LookUpInvitation
    from shared.access.make_invitation import MakeInvitation
    from shared.access.open_invitation import OpenInvitation
    from shared.access.read_chat_token import ReadChatToken
    from shared.access.read_link import ReadLink
    from shared.access.redeem_invitation import RedeemInvitation
    from shared.access.remove_login import RemoveLogin
    from shared.access.resolve_caller import ResolveCaller
    from shared.access.revoke_invitation import RevokeInvitation
    from shared.access.send_family_invitation import SendFamilyInvitation
    from shared.access.send_invitation import SendInvitation
    from shared.access.spell_code import SpellCode
    from shared.access.who_am_i import WhoAmI
    from shared.messaging.invitation_letters import InvitationLetters


class AccessActs(Ports):
    """What room access can do."""

    @once
    def resolve_caller(self) -> "ResolveCaller":
        from shared.access.resolve_caller import ResolveCaller

        return ResolveCaller(self.documents, self.follow_merges)

    @once
    def follow_merges(self) -> "FollowMerges":
        from shared.access.follow_merges import FollowMerges

        return FollowMerges(self.record)

    @once
    def read_chat_token(self) -> "ReadChatToken":
        from shared.access.read_chat_token import ReadChatToken

        return ReadChatToken(self.seals)

    @once
    def read_link(self) -> "ReadLink":
        from shared.access.read_link import ReadLink

        return ReadLink(self.seals)

    @once
    def who_am_i(self) -> "WhoAmI":
        from shared.access.who_am_i import WhoAmI

        return WhoAmI()

    @once
    def family_terms(self) -> "Terms":
        from shared.access.family_terms import Terms
        from shared.wiring.house_rules import COMES_OF_AGE

        return Terms(self.record, COMES_OF_AGE, self.settings.organisation_time_zone)

    @once
    def make_invitation(self) -> "MakeInvitation":
        from shared.access.make_invitation import MakeInvitation
        from shared.wiring.house_rules import INVITATION_LASTS

        return MakeInvitation(
            self.documents, self.record, self.invitation_codes, self.family_terms, INVITATION_LASTS
        )

    @once
    def invite_patient(self) -> "InvitePatient":
        from shared.access.invite_patient import InvitePatient

        return InvitePatient(self.make_invitation, self.ids)

    @once
    def invitation_letters(self) -> "InvitationLetters":
        from shared.messaging.invitation_letters import InvitationLetters
        from shared.wiring.house_rules import INVITATION_TEMPLATES

        return InvitationLetters(
            self.documents, self.contact_keys, self.settings.organisation_country, INVITATION_TEMPLATES
        )

    @once
    def list_invitation_addresses(self) -> "ListInvitationAddresses":
        from shared.access.list_invitation_addresses import ListInvitationAddresses

        return ListInvitationAddresses(self.record, self.invitation_letters)

    @once
    def send_invitation(self) -> "SendInvitation":
        from shared.access.send_invitation import SendInvitation

        return SendInvitation(self.make_invitation, self.invitation_letters, self.count_sendings)

    @once
    def send_family_invitation(self) -> "SendFamilyInvitation":
        from shared.access.send_family_invitation import SendFamilyInvitation

        return SendFamilyInvitation(self.send_invitation)

    @once
    def spell_code(self) -> "SpellCode":
        from shared.access.spell_code import SpellCode

        return SpellCode(self.documents, self.invitation_codes)

    @once
    def invite_family(self) -> "InviteFamily":
        from shared.access.invite_family import InviteFamily

        return InviteFamily(self.invite_patient)

    @once
    def list_invitations(self) -> "ListInvitations":
        from shared.access.list_invitations import ListInvitations

        return ListInvitations(self.documents, self.record, self.invitation_letters)

    @once
    def count_guesses(self) -> "CountGuesses":
        from shared.access.count_guesses import CountGuesses

        return CountGuesses(self.documents, self.invitation_codes)

    @once
    def open_invitation(self) -> "OpenInvitation":
        from shared.access.open_invitation import OpenInvitation

        return OpenInvitation(self.documents, self.record, self.invitation_codes, self.count_guesses)

    @once
    def look_up_invitation(self) -> "LookUpInvitation":
        from shared.access.look_up_invitation import LookUpInvitation

        return LookUpInvitation(self.open_invitation)

    @once
    def redeem_invitation(self) -> "RedeemInvitation":
        from shared.access.redeem_invitation import RedeemInvitation

        return RedeemInvitation(self.documents, self.open_invitation)

    @once
    def close_way_in(self) -> "CloseWayIn":
        from shared.access.close_way_in import CloseWayIn

        return CloseWayIn(self.documents)

    @once
    def revoke_invitation(self) -> "RevokeInvitation":
        from shared.access.revoke_invitation import RevokeInvitation

        return RevokeInvitation(self.close_way_in)

    @once
    def remove_login(self) -> "RemoveLogin":
        from shared.access.remove_login import RemoveLogin

        return RemoveLogin(self.close_way_in)

    @once
    def end_family_access(self) -> "EndFamilyAccess":
        from shared.access.end_family_access import EndFamilyAccess

        return EndFamilyAccess(self.close_way_in)

    @once
    def act_on_behalf(self) -> "ActOnBehalf":
        from shared.access.act_on_behalf import ActOnBehalf

        return ActOnBehalf(self.documents, self.record, self.family_terms)

    @once
    def list_family(self) -> "ListFamily":
        from shared.access.list_family import ListFamily

        return ListFamily(self.documents, self.act_on_behalf)
