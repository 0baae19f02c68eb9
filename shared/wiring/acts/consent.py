"""The acts of room consent, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.acts.export_places import ExportPlaces
from shared.wiring.once import once

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.adapters.preferences_page import PreferencesPages
    from shared.consent.ask_to_opt_in import AskToOptIn
    from shared.consent.confirm_opt_in import ConfirmOptIn
    from shared.consent.data_requests.ask_for_data import AskForData
    from shared.consent.data_requests.carry_out_data_request import CarryOut
    from shared.consent.data_requests.export_data import ExportData, Exported
    from shared.consent.data_requests.find_person import FindPerson
    from shared.consent.data_requests.list_data_requests import ListDataRequests
    from shared.consent.data_requests.ports import PersonalData
    from shared.consent.data_requests.read_data_request import ReadDataRequest
    from shared.consent.data_requests.resume_data_request import ResumeDataRequest
    from shared.consent.import_consents import ImportConsents
    from shared.consent.list_compliance_profiles import ListComplianceProfiles
    from shared.consent.list_said import ListSaid
    from shared.consent.open_confirmation import OpenConfirmation
    from shared.consent.open_preferences import OpenPreferences
    from shared.consent.put_compliance_profile import PutComplianceProfile
    from shared.consent.read_compliance_profile import ReadComplianceProfile
    from shared.consent.read_consents import ReadConsents
    from shared.consent.record_consent import RecordConsent
    from shared.consent.save_preferences import SavePreferences
    from shared.consent.save_preferences_form import SavePreferencesForm
    from shared.consent.unsubscribe import Unsubscribe
    from shared.consent.write_consent_to_record import WriteConsentToRecord


class ConsentActs(ExportPlaces):
    """What room consent can do."""

    @once
    def record_consent(self) -> "RecordConsent":
        from shared.consent.record_consent import RecordConsent

        return RecordConsent(self.documents, self.read_profile, self.contact_keys)

    @once
    def read_consents(self) -> "ReadConsents":
        from shared.consent.read_consents import ReadConsents

        return ReadConsents(self.documents, self.read_profile, self.contact_keys)

    @once
    def write_consent_to_record(self) -> "WriteConsentToRecord":
        from shared.consent.write_consent_to_record import WriteConsentToRecord

        return WriteConsentToRecord(
            self.documents, self.record, self.settings.write_consents_to_record, self.live_write_back
        )

    @once
    def list_said(self) -> "ListSaid":
        from shared.consent.list_said import ListSaid

        return ListSaid(self.documents)

    @once
    def import_consents(self) -> "ImportConsents":
        from shared.consent.import_consents import ImportConsents

        return ImportConsents(self.documents, self.contact_keys, self.settings.organisation_country)

    @once
    def put_compliance_profile(self) -> "PutComplianceProfile":
        from shared.consent.put_compliance_profile import PutComplianceProfile

        return PutComplianceProfile(self.documents)

    @once
    def read_compliance_profile(self) -> "ReadComplianceProfile":
        from shared.consent.read_compliance_profile import ReadComplianceProfile

        return ReadComplianceProfile(self.documents)

    @once
    def list_compliance_profiles(self) -> "ListComplianceProfiles":
        from shared.consent.list_compliance_profiles import ListComplianceProfiles

        return ListComplianceProfiles(self.documents)

    @once
    def open_preferences(self) -> "OpenPreferences":
        from shared.consent.open_preferences import OpenPreferences

        return OpenPreferences(
            self.documents,
            self.read_profile,
            self.read_recorded_consents,
            self.contact_keys,
            self.settings.default_language,
        )

    @once
    def save_preferences(self) -> "SavePreferences":
        from shared.consent.save_preferences import SavePreferences

        return SavePreferences(self.documents, self.open_preferences)

    @once
    def save_preferences_form(self) -> "SavePreferencesForm":
        from shared.consent.save_preferences_form import SavePreferencesForm

        return SavePreferencesForm(self.save_preferences)

    @once
    def unsubscribe(self) -> "Unsubscribe":
        from shared.consent.unsubscribe import Unsubscribe

        return Unsubscribe(self.documents, self.open_preferences)

    @once
    def ask_to_opt_in(self) -> "AskToOptIn":
        from shared.consent.ask_to_opt_in import AskToOptIn

        return AskToOptIn(
            self.documents,
            self.record_consent,
            self.names_contact,
            self.count_sendings,
            self.seals,
            self.publisher,
            self.settings.public_address,
        )

    @once
    def open_confirmation(self) -> "OpenConfirmation":
        from shared.consent.open_confirmation import OpenConfirmation

        return OpenConfirmation(self.documents, self.read_profile, self.settings.default_language)

    @once
    def confirm_opt_in(self) -> "ConfirmOptIn":
        from shared.consent.confirm_opt_in import ConfirmOptIn

        return ConfirmOptIn(self.documents, self.read_recorded_consents, self.open_confirmation)

    @once
    def preferences_pages(self) -> "PreferencesPages":
        from shared.adapters.preferences_page import PreferencesPages

        return PreferencesPages()

    @once
    def personal_data(self) -> "PersonalData":
        from shared.wiring.personal_data import HouseholdData

        return HouseholdData(self.documents, self.comparisons, self.forget_in_exports)

    @once
    def find_whose_data(self) -> "FindPerson":
        from shared.consent.data_requests.find_person import FindPerson

        return FindPerson(
            self.documents,
            self.record,
            self.read_profile,
            self.contact_keys,
            self.settings.organisation_country,
        )

    @once
    def ask_for_data(self) -> "AskForData":
        from shared.consent.data_requests.ask_for_data import AskForData

        return AskForData(self.documents, self.find_whose_data, self.personal_data)

    @once
    def carry_out_data_request(self) -> "CarryOut":
        from shared.consent.data_requests.carry_out_data_request import CarryOut

        return CarryOut(self.documents, self.find_whose_data, self.personal_data)

    @once
    def read_data_request(self) -> "ReadDataRequest":
        from shared.consent.data_requests.read_data_request import ReadDataRequest

        return ReadDataRequest(self.documents)

    @once
    def list_data_requests(self) -> "ListDataRequests":
        from shared.consent.data_requests.list_data_requests import ListDataRequests

        return ListDataRequests(self.documents)

    @once
    def resume_data_request(self) -> "ResumeDataRequest":
        from shared.consent.data_requests.resume_data_request import ResumeDataRequest

        return ResumeDataRequest(self.documents)

    @once
    def export_data(self) -> "ExportData":
        from shared.consent.data_requests.export_data import ExportData

        return ExportData(self.documents, self.personal_data)

    @once
    def zipped(self) -> "Callable[[Exported], bytes]":
        from shared.adapters.export_zip import zipped

        return zipped
