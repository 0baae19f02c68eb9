"""The acts of room access, each built when first asked for."""

from functools import cached_property
from typing import TYPE_CHECKING

from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.access.read_chat_token import ReadChatToken
    from shared.access.read_link import ReadLink
    from shared.access.resolve_caller import ResolveCaller
    from shared.access.who_am_i import WhoAmI


class AccessActs(Ports):
    """What room access can do."""

    @cached_property
    def resolve_caller(self) -> "ResolveCaller":
        from shared.access.resolve_caller import ResolveCaller

        return ResolveCaller(self.documents)

    @cached_property
    def read_chat_token(self) -> "ReadChatToken":
        from shared.access.read_chat_token import ReadChatToken

        return ReadChatToken(self.seals)

    @cached_property
    def read_link(self) -> "ReadLink":
        from shared.access.read_link import ReadLink

        return ReadLink(self.seals)

    @cached_property
    def who_am_i(self) -> "WhoAmI":
        from shared.access.who_am_i import WhoAmI

        return WhoAmI()
