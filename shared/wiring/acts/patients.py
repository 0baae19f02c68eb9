"""The acts of room patients, each built when first asked for."""

from time import monotonic
from typing import TYPE_CHECKING

from shared.wiring.acts.segments import SegmentsActs
from shared.wiring.once import once

if TYPE_CHECKING:
    from shared.patients.change_own_details import ChangeOwnDetails
    from shared.patients.find_person import FindPerson
    from shared.patients.find_practitioners import FindPractitioners
    from shared.patients.keeping_person import PersonKeeping
    from shared.patients.list_broken_glass import ListBrokenGlass
    from shared.patients.note_messages_seen import NoteMessagesSeen
    from shared.patients.open_named_record import OpenNamedRecord
    from shared.patients.open_record import OpenRecord
    from shared.patients.project_change import ProjectResourceChange
    from shared.patients.project_patient import ProjectPatient
    from shared.patients.project_together import ProjectTogether
    from shared.patients.put_override import PutOverride
    from shared.patients.put_view import PutView
    from shared.patients.read_facts import ReadFacts
    from shared.patients.read_timeline import ReadTimeline
    from shared.patients.read_view import ReadView
    from shared.patients.search_patients import SearchPatients
    from shared.patients.settle_details import SettleDetails
    from shared.patients.show_home import ShowHome
    from shared.patients.show_own_details import ShowOwnDetails
    from shared.patients.show_own_records import ShowOwnRecords
    from shared.segments.save_search import SaveSearch


class PatientsActs(SegmentsActs):
    """What room patients can do."""

    @once
    def person_keeping(self) -> "PersonKeeping":
        from shared.patients.keeping_person import PersonKeeping

        return PersonKeeping(
            self.documents,
            self.contact_keys,
            self.settings.organisation_country,
            self.settings.organisation_time_zone,
        )

    @once
    def project_change(self) -> "ProjectResourceChange":
        from shared.patients.project_change import ProjectResourceChange

        return ProjectResourceChange(
            self.record, self.reading, self.documents, self.person_keeping, self.settle_details
        )

    @once
    def settle_details(self) -> "SettleDetails":
        from shared.messaging.write_details_notices import WriteDetailsNotices
        from shared.patients.settle_details import SettleDetails
        from shared.wiring.house_rules import DETAILS_TEMPLATE

        notices = WriteDetailsNotices(DETAILS_TEMPLATE)
        region = self.settings.organisation_country
        return SettleDetails(self.documents, self.record, self.contact_keys, region, notices)

    @once
    def change_own_details(self) -> "ChangeOwnDetails":
        from shared.patients.change_own_details import ChangeOwnDetails

        return ChangeOwnDetails(
            self.documents,
            self.record,
            self.live_write_back,
            self.settle_details,
            self.count_sendings,
            frozenset(self.settings.patients_may_change),
            self.settings.organisation_country,
        )

    @once
    def project_together(self) -> "ProjectTogether":
        from shared.patients.project_together import ProjectTogether

        return ProjectTogether(self.record, self.documents, self.project_change, monotonic)

    @once
    def project_patient(self) -> "ProjectPatient":
        from shared.patients.project_patient import ProjectPatient

        return ProjectPatient(self.record, self.documents, self.person_keeping, self.named_by_identifier)

    @once
    def read_facts(self) -> "ReadFacts":
        from shared.patients.read_facts import ReadFacts

        return ReadFacts(self.record, self.documents, self.project_patient)

    @once
    def search_patients(self) -> "SearchPatients":
        from shared.patients.search_patients import SearchPatients

        return SearchPatients(self.documents, self.contact_keys, self.settings.organisation_country)

    @once
    def save_search(self) -> "SaveSearch":
        from shared.segments.save_search import SaveSearch

        return SaveSearch(self.search_patients, self.put_segment)

    @once
    def find_person(self) -> "FindPerson":
        from shared.patients.find_person import FindPerson

        return FindPerson(self.record, self.person_keeping)

    @once
    def open_record(self) -> "OpenRecord":
        from shared.conversations.is_talking_with import IsTalkingWith
        from shared.patients.find_care_relationship import FindCareRelationship
        from shared.patients.open_record import OpenRecord

        tie = FindCareRelationship(
            self.record, self.documents, self.read_facts, IsTalkingWith(self.documents)
        )
        return OpenRecord(self.documents, tie)

    @once
    def open_named_record(self) -> "OpenNamedRecord":
        from shared.patients.open_named_record import OpenNamedRecord

        return OpenNamedRecord(self.find_person, self.open_record)

    @once
    def read_timeline(self) -> "ReadTimeline":
        from shared.patients.read_timeline import ReadTimeline

        return ReadTimeline(self.record, self.documents, self.find_person, self.open_record, self.read_facts)

    @once
    def put_override(self) -> "PutOverride":
        from shared.patients.put_override import PutOverride

        return PutOverride(self.documents, self.find_person)

    @once
    def list_broken_glass(self) -> "ListBrokenGlass":
        from shared.patients.list_broken_glass import ListBrokenGlass

        return ListBrokenGlass(self.documents)

    @once
    def read_view(self) -> "ReadView":
        from shared.patients.read_view import ReadView

        return ReadView(self.documents)

    @once
    def put_view(self) -> "PutView":
        from shared.patients.put_view import PutView

        return PutView(self.documents)

    @once
    def show_home(self) -> "ShowHome":
        from shared.messaging.read_inbox import ReadInbox
        from shared.patients.show_home import ShowHome

        inbox = ReadInbox(self.documents)
        return ShowHome(self.record, self.documents, self.find_person, self.read_facts, inbox)

    @once
    def note_messages_seen(self) -> "NoteMessagesSeen":
        from shared.patients.note_messages_seen import NoteMessagesSeen

        return NoteMessagesSeen(self.documents, self.find_person)

    @once
    def show_own_records(self) -> "ShowOwnRecords":
        from shared.patients.show_own_records import ShowOwnRecords

        return ShowOwnRecords(self.record, self.find_person, self.read_facts)

    @once
    def show_own_details(self) -> "ShowOwnDetails":
        from shared.patients.show_own_details import ShowOwnDetails

        return ShowOwnDetails(self.record, self.find_person, self.read_facts)

    @once
    def find_practitioners(self) -> "FindPractitioners":
        from shared.patients.find_practitioners import FindPractitioners

        return FindPractitioners(self.record)
