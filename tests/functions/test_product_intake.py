"""Changes come in from any FHIR server, in every shape, through the product's doors (FH-2, 3, 4 and 9)."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from shared.kernel.documents import replacing
from shared.kernel.sensitive import Sensitive
from shared.triggers.source_documents import Cursor
from shared.wiring.settings import FhirSource
from tests.support.fhir_notifications import HOME, a_notification
from tests.support.issuer import Issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_story import a_patient, an_hba1c, enrolments_of, keep_definitions, parked

CODE = "laptop-only-secret-of-the-hospitals-hook"
NUMBER = "9434765919"
BY_NUMBER = {"subject": {"identifier": {"system": "urn:nhs", "value": NUMBER}}}


@pytest.fixture(autouse=True)
def begun(product: Product) -> None:
    """Let the house know the shipped trigger and Maria, and have looked at the record once."""
    keep_definitions(product)
    product.write(a_patient("maria"), a_patient("john"))
    product.run()
    product.tick("queue_polls")
    product.pass_by(timedelta(seconds=30))


def written_untold(product: Product, *resources: dict[str, Any]) -> None:
    """Write into the record, and let the news of it be lost."""
    product.write(*resources)
    product.app.embedded_record.forget_events(1_000_000)


def hook(
    product: Product, body: object = None, path: str = "", *, method: str = "POST", code: str = CODE
) -> Answer:
    return product.send(
        method, f"/api/fhir-hooks/hospital{path}", body=body, headers={"X-Webhook-Code": code}
    )


def the_source(product: Product) -> dict[str, Any]:
    answer = product.ask("GET", "/api/fhir-sources", token=product.staff("fhir_sync_administrator"))
    assert answer.status == 200
    (source,) = answer.json["sources"]
    return source


def enrolments(product: Product, of: str = "maria") -> int:
    return len(enrolments_of(product, of))


def only_creations(product: Product) -> None:
    """Let the shipped trigger ask for creations alone; as it ships, it asks for either."""
    maker = product.staff("marketing_manager")
    seen = product.ask("GET", "/api/triggers/hba1c-above-threshold", token=maker)
    kept = ("id", "version", "in_force_since")
    wanted = {name: held for name, held in seen.json["trigger"].items() if name not in kept}
    product.ask(
        "PUT",
        "/api/triggers/hba1c-above-threshold",
        body=wanted | {"when": "created"},
        token=maker,
        If_Match=seen.headers["etag"],
    )
    product.pass_by(timedelta(seconds=2))


@dataclass
class Counting:
    """Does all that `whole` does, and counts the calls of one method."""

    whole: Any
    method: str
    calls: int = 0

    def __getattr__(self, name: str) -> Any:
        self.calls += name == self.method
        return getattr(self.whole, name)


class TestARestHook:
    def test_with_an_empty_body_has_the_record_asked(self, product: Product) -> None:
        written_untold(product, an_hba1c(of="maria"))

        assert hook(product).status == 202
        product.run()

        assert enrolments(product) == 1
        assert the_source(product)["found_by_looking"] == 1

    @pytest.mark.parametrize("times", [1, 2])
    def test_with_a_resource_says_where_to_look(self, product: Product, times: int) -> None:
        written_untold(product, an_hba1c(of="maria"))
        there = product.app.record.read("Observation", "hba1c")

        for _ in range(times):
            assert hook(product, there).status == 202
            assert hook(product, there, "/Observation/hba1c", method="PUT").status == 202
        product.run()

        assert enrolments(product) == 1

    def test_is_never_believed_as_the_record(self, product: Product) -> None:
        """What the body says of Maria is high; what the record says is not, and is another patient's."""
        written_untold(product, an_hba1c(value=5.1, of="john"))

        assert (
            hook(product, an_hba1c(value=9.9, of="maria"), "/Observation/hba1c", method="PUT").status == 202
        )
        product.run()

        assert enrolments(product) == enrolments(product, "john") == 0

    def test_told_again_long_after_starts_nothing_again(self, product: Product) -> None:
        """Its creation fired, a correction took that back, later it is high again: that is no creation."""
        only_creations(product)
        high, low = an_hba1c(of="maria"), an_hba1c(value=5.0, of="maria")
        product.write(high)
        as_created = product.app.record.read("Observation", "hba1c")
        for resource in (low, high | {"status": "amended"}):
            product.run()
            product.pass_by(timedelta(minutes=1))
            product.write(resource)
        product.run()

        hook(product, as_created)
        product.run()

        assert [one["state"] for one in enrolments_of(product, "maria")] == ["ended"]

    def test_takes_back_what_it_hears_is_gone(self, product: Product) -> None:
        product.write(an_hba1c(of="maria"))
        product.run()
        product.delete("Observation", "hba1c")
        product.app.embedded_record.forget_events(1_000_000)

        hook(product, {"resourceType": "Observation", "id": "hba1c"})
        product.run()

        (enrolment,) = enrolments_of(product, "maria")
        assert enrolment["state"] == "ended"

    @pytest.mark.parametrize(
        "body", [{"resourceType": "Observatory", "id": "x"}, {"resourceType": "Slot", "id": "x"}]
    )
    def test_passes_over_types_that_it_does_not_know_or_want(
        self, product: Product, body: dict[str, str]
    ) -> None:
        before = product.footprint()

        assert hook(product, body).status == 202

        assert product.footprint() == before

    @pytest.mark.parametrize(
        ("body", "path", "field"),
        [
            ([], "", "body"),
            ({"id": NUMBER}, "", "resourceType"),
            ({"resourceType": "Patient", "id": f"{NUMBER} x"}, "", "id"),
            ({"resourceType": "Patient", "id": NUMBER}, "/Observation/hba1c", "resourceType"),
            ({"resourceType": "Observation", "id": NUMBER}, "/Observation/hba1c", "id"),
            ({"resourceType": "Bundle", "type": "searchset"}, "", "type"),
            ({"resourceType": "Bundle", "type": "history"}, "", "entry[0].resource"),
            (a_notification("gossip"), "", "type"),
            (a_notification(subscription=""), "", "subscription.reference"),
            (b"<Observation xmlns='http://hl7.org/fhir'/>", "", "body"),
        ],
    )
    def test_refuses_nonsense_by_the_name_of_the_field(
        self, product: Product, body: object, path: str, field: str
    ) -> None:
        before = product.footprint()

        answer = hook(product, body, path, method="PUT" if path else "POST")

        assert (answer.status, answer.fields) == (400, {field})
        assert NUMBER not in answer.body.decode()
        assert product.footprint() == before

    def test_is_of_one_source_by_its_own_secret(self, tmp_path: Path, issuer: Issuer) -> None:
        sources = tuple(FhirSource(name, Sensitive(name * 8)) for name in ("north", "south"))
        with a_product(tmp_path / "two", issuer, fhir_sources=sources) as product:
            codes = {
                (name, of): product.send(
                    "POST", f"/api/fhir-hooks/{name}", headers={"X-Webhook-Code": of * 8}
                ).status
                for name in ("north", "south", "nowhere")
                for of in ("north", "south", "")
            }

        allowed = {("north", "north"), ("south", "south")}
        assert codes == {asked: 202 if asked in allowed else 401 for asked in codes}


class TestANotification:
    def test_begins_with_a_handshake_and_goes_on_with_heartbeats(self, product: Product) -> None:
        assert hook(product, a_notification("handshake", status="requested")).status == 202
        assert hook(product, a_notification("heartbeat")).status == 202

        (heard,) = the_source(product)["subscriptions"]
        assert (heard["status"], heard["last_number"], heard["gaps"]) == ("active", 0, 0)

    def test_points_to_what_has_changed(self, product: Product) -> None:
        hook(product, a_notification("handshake", status="requested"))
        written_untold(product, an_hba1c(of="maria"))

        hook(product, a_notification("event-notification", 1))
        hook(product, a_notification("event-notification", 1))
        product.run()

        (heard,) = the_source(product)["subscriptions"]
        assert (heard["last_number"], heard["repeats"], heard["gaps"]) == (1, 1, 0)
        assert the_source(product)["found_by_looking"] == 0
        assert enrolments(product) == 1

    def test_that_is_empty_has_the_record_asked(self, product: Product) -> None:
        hook(product, a_notification("handshake", status="requested"))
        written_untold(product, an_hba1c(of="maria"))

        hook(product, a_notification("event-notification", 1, focus=None))
        product.run()

        assert enrolments(product) == 1
        assert the_source(product)["subscriptions"][0]["gaps"] == 0

    @pytest.mark.parametrize(
        "later",
        [
            a_notification("event-notification", 3, focus="Observation/another"),
            a_notification("heartbeat", so_far=2),
            a_notification("query-status", so_far=3, status="error"),
        ],
    )
    def test_whose_numbers_leave_some_out_has_the_record_asked(
        self, product: Product, later: dict[str, Any]
    ) -> None:
        hook(product, a_notification("event-notification", 1, focus="Patient/maria"))
        written_untold(product, an_hba1c(of="maria"), an_hba1c("another", value=5.0, of="john"))

        hook(product, later)
        product.run()

        (heard,) = the_source(product)["subscriptions"]
        assert heard["gaps"] == 1
        assert heard["last_gap_at"] is not None
        assert enrolments(product) == 1

    def test_that_comes_late_is_a_repeat_for_the_gap_was_looked_into(self, product: Product) -> None:
        hook(product, a_notification("event-notification", 1, focus="Patient/maria"))
        written_untold(product, an_hba1c(of="maria"))
        hook(product, a_notification("event-notification", 3, focus="Patient/john"))
        hook(product, a_notification("event-notification", 2))
        product.run()

        (heard,) = the_source(product)["subscriptions"]
        assert (heard["last_number"], heard["gaps"], heard["repeats"]) == (3, 1, 1)
        assert enrolments(product) == 1

    def test_of_more_than_is_told_one_by_one_has_the_record_asked(self, product: Product) -> None:
        hook(product, a_notification("handshake", status="requested"))
        written_untold(product, *(an_hba1c(f"h{n}", of="maria" if n == 70 else "john") for n in range(120)))

        many = a_notification("event-notification", *range(1, 121))
        assert hook(product, many).status == 202
        product.run()

        assert enrolments(product) == 1

    def test_of_a_deletion_waits_until_the_record_shows_it(self, product: Product) -> None:
        hook(product, a_notification("handshake", status="requested"))
        product.write(an_hba1c(of="maria"))
        product.run()
        product.pass_by(timedelta(minutes=1))
        deleted = {
            "fullUrl": f"{HOME}/Observation/hba1c",
            "request": {"method": "DELETE", "url": "Observation/hba1c"},
        }
        when = product.clock.now().isoformat()

        hook(product, a_notification("event-notification", 1, entries=(deleted,), at=when))
        product.run()
        assert [one["state"] for one in enrolments_of(product, "maria")] != ["ended"]
        product.delete("Observation", "hba1c")
        product.app.embedded_record.forget_events(1_000_000)
        product.pass_by(timedelta(seconds=30))

        assert [one["state"] for one in enrolments_of(product, "maria")] == ["ended"]

    def test_that_says_the_same_twice_is_told_once(self, product: Product) -> None:
        hook(product, a_notification("handshake", status="requested"))
        written_untold(product, an_hba1c(of="maria"))

        assert hook(product, a_notification("event-notification", 1, 1)).status == 202
        product.run()

        assert enrolments(product) == 1

    @pytest.mark.parametrize("id_", ["another", "patient-engagement/", NUMBER])
    def test_of_an_unknown_subscription_is_refused(self, product: Product, id_: str) -> None:
        before = product.footprint()

        answer = hook(product, a_notification("handshake", subscription=f"{HOME}/Subscription/{id_}"))

        assert answer.status == 404
        assert NUMBER not in answer.body.decode()
        assert product.footprint() == before

    def test_of_another_server_is_none_of_ours(self, product: Product) -> None:
        elsewhere = a_notification(
            "handshake", subscription="https://other.example/fhir/Subscription/patient-engagement"
        )

        assert hook(product, elsewhere).status == 404


class TestTheSafetyNet:
    def test_finds_what_nobody_told_of_and_tells_it_once(self, product: Product) -> None:
        written_untold(product, an_hba1c(of="maria"))

        for _ in range(3):
            product.tick("queue_polls")
            product.pass_by(timedelta(minutes=1))

        assert enrolments(product) == 1
        assert the_source(product)["found_by_looking"] == 1

    def test_leaves_alone_what_an_event_has_told(self, product: Product) -> None:
        product.write(an_hba1c(of="maria"))
        product.run()

        product.tick("queue_polls")

        assert the_source(product)["found_by_looking"] == 0
        assert enrolments(product) == 1

    def test_finds_a_creation_behind_later_versions(self, product: Product) -> None:
        only_creations(product)
        written_untold(product, an_hba1c(of="maria"))
        written_untold(product, an_hba1c(value=9.0, of="maria"))

        product.tick("queue_polls")

        assert enrolments(product) == 1

    def test_takes_back_what_was_deleted_untold(self, product: Product) -> None:
        product.write(an_hba1c(of="maria"))
        product.run()
        product.delete("Observation", "hba1c")
        product.app.embedded_record.forget_events(1_000_000)

        product.tick("queue_polls")

        (enrolment,) = enrolments_of(product, "maria")
        assert enrolment["state"] == "ended"

    def test_is_asked_by_many_at_once_and_looks_few_times(self, product: Product) -> None:
        for _ in range(20):
            hook(product)
            product.clock.pass_by(timedelta(seconds=1))
        looks = Counting(product.app.record, "changes")
        product.app.poll_record = replace(product.app.poll_record, record=cast("Any", looks))

        product.run()

        assert 0 < looks.calls < 10

    def test_goes_on_when_the_clock_was_put_back(self, product: Product) -> None:
        product.clock.pass_by(timedelta(days=1))
        product.tick("queue_polls")
        product.clock.pass_by(-timedelta(days=1))
        written_untold(product, an_hba1c(of="maria"))

        product.tick("queue_polls")

        assert enrolments(product) == 1

    def test_lets_history_start_nothing(self, product: Product) -> None:
        product.app.embedded_record.load([an_hba1c("loaded", of="maria")])

        product.tick("queue_polls")

        assert enrolments(product) == 0

    def test_takes_for_history_what_a_record_without_numbers_tells_anew(self, product: Product) -> None:
        """Such a one begins at its beginning: what is older than the first look is history all the same."""
        product.pass_by(timedelta(hours=1))
        written_untold(product, an_hba1c("of-old", of="john"))
        product.pass_by(timedelta(hours=1))
        cursor = product.app.documents.read("fhir-source/hospital", "cursor~record", Cursor)
        life = cursor.body.mark.partition(".")[0]
        begun = dict.fromkeys(cursor.body.begun, product.clock.now())
        anew = replacing(cursor, replace(cursor.body, mark=f"{life}.0", begun=begun))
        product.app.documents.commit("fhir-source/hospital", changes=[anew])
        written_untold(product, an_hba1c(of="maria"))

        product.tick("queue_polls")

        assert (enrolments(product), enrolments(product, "john")) == (1, 0)

    def test_begins_where_it_is_when_it_begins(self, tmp_path: Path, issuer: Issuer) -> None:
        with a_product(tmp_path / "new", issuer) as product:
            keep_definitions(product)
            written_untold(product, a_patient("maria"), an_hba1c(of="maria"))

            product.tick("queue_polls")
            product.tick("queue_polls")

            assert enrolments(product) == 0


class TestWhoseEventsAreOurs:
    @pytest.mark.parametrize(
        ("account", "types", "enrolled"),
        [
            ("", ("Observation",), 1),
            ("local.fhir.azurehealthcareapis.com", ("Patient", "Observation"), 1),
            ("local.fhir.azurehealthcareapis.com", ("Patient",), 0),
            ("other.fhir.azurehealthcareapis.com", ("Observation",), 0),
        ],
    )
    def test_is_said_by_account_and_type(
        self, tmp_path: Path, issuer: Issuer, account: str, types: tuple[str, ...], enrolled: int
    ) -> None:
        source = FhirSource("hospital", Sensitive(CODE), types, account)
        with a_product(tmp_path / "filtered", issuer, fhir_sources=(source,)) as product:
            keep_definitions(product)
            product.write(a_patient("maria"), an_hba1c(of="maria"))
            product.run()

            assert enrolments(product) == enrolled


class TestAPatientNamedByIdentifier:
    def known_as(self, *people: str) -> list[dict[str, Any]]:
        named = [{"system": "urn:nhs", "value": NUMBER}]
        return [a_patient(name, identifier=named) for name in people]

    def test_is_found_in_the_record(self, product: Product) -> None:
        product.write(*self.known_as("maria"), an_hba1c() | BY_NUMBER)
        product.run()

        assert enrolments(product) == 1

    def test_is_waited_for_and_then_parked(self, product: Product) -> None:
        product.write(an_hba1c() | BY_NUMBER)
        product.run()
        assert parked(product) == []

        for _ in range(14):
            product.pass_by(timedelta(minutes=1))

        assert [one["reason"] for one in parked(product)] == ["NotYetVisible"]

    def test_who_may_be_two_is_nobody_until_somebody_has_looked(self, product: Product) -> None:
        product.write(*self.known_as("maria", "john"), an_hba1c() | BY_NUMBER)
        product.run()

        (set_aside,) = parked(product)
        assert set_aside["reason"] == "PatientIsAmbiguous"
        assert NUMBER not in json.dumps(set_aside)
        assert enrolments(product) == enrolments(product, "john") == 0
