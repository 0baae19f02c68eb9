"""The acts of room access, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.access.read_chat_token import ReadChatToken
    from shared.access.read_link import ReadLink
    from shared.access.resolve_caller import ResolveCaller
    from shared.access.who_am_i import WhoAmI


class AccessActs(Ports):
    """What room access can do."""

    @once
    def resolve_caller(self) -> "ResolveCaller":
        from shared.access.resolve_caller import ResolveCaller

        return ResolveCaller(self.documents)

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
