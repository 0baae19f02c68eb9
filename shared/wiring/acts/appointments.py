"""The acts of room appointments, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.appointments.book_appointment import BookAppointment
    from shared.appointments.book_for_patient import BookAtBotsWord
    from shared.appointments.book_own_appointment import BookOwnAppointment
    from shared.appointments.cancel_appointment import CancelAppointment
    from shared.appointments.cancel_own_appointment import CancelOwnAppointment
    from shared.appointments.carry_out import CarryOut
    from shared.appointments.fulfil import Fulfil
    from shared.appointments.list_appointments import ListAppointments
    from shared.appointments.list_bookings import ListBookings
    from shared.appointments.queue_unsettled_bookings import QueueUnsettledBookings
    from shared.appointments.read_appointment import ReadAppointment
    from shared.appointments.read_appointment_now import ReadAppointmentNow
    from shared.appointments.reschedule_appointment import RescheduleAppointment
    from shared.appointments.reschedule_own_appointment import RescheduleOwnAppointment
    from shared.appointments.search_slots import SearchSlots
    from shared.appointments.settle_booking import SettleIntent
    from shared.appointments.show_appointments import ShowAppointments
    from shared.appointments.wish_booking import WishBooking
    from shared.appointments.wish_change import WishChange


class AppointmentsActs(Ports):
    """What room appointments can do."""

    @once
    def search_slots(self) -> "SearchSlots":
        from shared.appointments.search_slots import SearchSlots

        return SearchSlots(self.record, self.settings.organisation_time_zone)

    @once
    def book_own_appointment(self) -> "BookOwnAppointment":
        from shared.appointments.book_own_appointment import BookOwnAppointment

        return BookOwnAppointment(self._wish_booking, self._show_appointments, self.live_features)

    @once
    def book_appointment(self) -> "BookAppointment":
        from shared.appointments.book_appointment import BookAppointment

        return BookAppointment(self._wish_booking, self._show_appointments)

    @once
    def book_for_patient(self) -> "BookAtBotsWord":
        from shared.appointments.book_for_patient import BookAtBotsWord

        return BookAtBotsWord(self._wish_booking, self.live_features)

    @once
    def reschedule_own_appointment(self) -> "RescheduleOwnAppointment":
        from shared.appointments.reschedule_own_appointment import RescheduleOwnAppointment

        return RescheduleOwnAppointment(self._wish_change, self._show_appointments, self.live_features)

    @once
    def reschedule_appointment(self) -> "RescheduleAppointment":
        from shared.appointments.reschedule_appointment import RescheduleAppointment

        return RescheduleAppointment(self._wish_change, self._show_appointments)

    @once
    def cancel_own_appointment(self) -> "CancelOwnAppointment":
        from shared.appointments.cancel_own_appointment import CancelOwnAppointment

        return CancelOwnAppointment(self._wish_change, self._show_appointments)

    @once
    def cancel_appointment(self) -> "CancelAppointment":
        from shared.appointments.cancel_appointment import CancelAppointment

        return CancelAppointment(self._wish_change, self._show_appointments)

    @once
    def settle_booking(self) -> "SettleIntent":
        from shared.appointments.settle_booking import SettleIntent

        return SettleIntent(self.documents, self._fulfil)

    @once
    def queue_unsettled_bookings(self) -> "QueueUnsettledBookings":
        from shared.appointments.queue_unsettled_bookings import QueueUnsettledBookings

        return QueueUnsettledBookings(self.documents, self.publisher)

    @once
    def list_appointments(self) -> "ListAppointments":
        from shared.appointments.list_appointments import ListAppointments

        return ListAppointments(self.record, self._show_appointments)

    @once
    def read_appointment(self) -> "ReadAppointment":
        from shared.appointments.read_appointment import ReadAppointment

        return ReadAppointment(self.record, self._show_appointments)

    @once
    def read_appointment_now(self) -> "ReadAppointmentNow":
        from shared.appointments.read_appointment_now import ReadAppointmentNow

        return ReadAppointmentNow(self.record, self.settings.organisation_time_zone)

    @once
    def list_bookings(self) -> "ListBookings":
        from shared.appointments.list_bookings import ListBookings

        return ListBookings(self.documents)

    @once
    def _carry_out(self) -> "CarryOut":
        from shared.appointments.carry_out import CarryOut

        return CarryOut(self.record, self.read_profile, self.live_write_back)

    @once
    def _fulfil(self) -> "Fulfil":
        from shared.appointments.fulfil import Fulfil

        return Fulfil(self.documents, self._carry_out)

    @once
    def _wish_booking(self) -> "WishBooking":
        from shared.appointments.wish_booking import WishBooking

        return WishBooking(self.documents, self._fulfil)

    @once
    def _wish_change(self) -> "WishChange":
        from shared.appointments.wish_change import WishChange

        return WishChange(self.documents, self.record, self._fulfil)

    @once
    def _show_appointments(self) -> "ShowAppointments":
        from shared.appointments.show_appointments import ShowAppointments

        return ShowAppointments(self.record, self.settings.organisation_time_zone)
