"""The acts of room guidance, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.guidance.show_accept_screen import ShowAcceptScreen


class GuidanceActs(Ports):
    """What room guidance can do."""

    @once
    def show_accept_screen(self) -> "ShowAcceptScreen":
        from shared.appointments.list_appointments import ListAppointments
        from shared.appointments.show_appointments import ShowAppointments
        from shared.conversations.read_conversation import ReadConversation
        from shared.conversations.read_transcript import ReadTranscript
        from shared.guidance.show_accept_screen import ShowAcceptScreen

        show = ShowAppointments(self.record, self.settings.organisation_time_zone)
        return ShowAcceptScreen(
            ReadConversation(self.documents),
            ReadTranscript(self.documents),
            self.read_profile,
            ListAppointments(self.record, show),
        )
