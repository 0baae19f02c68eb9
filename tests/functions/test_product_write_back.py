"""What the house keeps by itself is written to the record where its entity maps say so (FH-7)."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.fhir.refusals import RuleOfTheRecord
from shared.kernel.refusals import Throttled
from shared.wiring.settings import FhirSource
from tests.support.bundles import BOTH, SYNC, mapped
from tests.support.issuer import Issuer
from tests.support.product import Product, a_product
from tests.support.product_chat import Chat, answers, open_chat_desk
from tests.support.product_elsewhere import with_its_record_elsewhere
from tests.support.product_story import audited, begin_story, messages_of, parked, report, sent, states_of
from tests.support.written_back import Refusing

TASKS = "customer_service_representative"


def switched_on(product: Product, *types: str) -> None:
    """Let the house write these types, while bundles of them pass no more than before."""
    for one in types:
        assert mapped(product, one, write_back=True).status == 200
    product.pass_by(timedelta(seconds=2))  # by then every machine knows of it


def written(product: Product, kind: str, **asked: str) -> list[Resource]:
    pairs = tuple(asked.items())
    return list(product.app.record.search(kind, SearchParameters(pairs)).matches)


def by_the_house(product: Product) -> list[Any]:
    product.run()
    return [one for one in audited(product) if one["what"] == "keep_in_record"]


def add_task(product: Product, **more: Any) -> str:
    wanted = {"description": "Ring her about the form.", "patient_id": "maria", **more}
    made = product.ask("POST", "/api/tasks", body=wanted, token=product.staff(TASKS))
    assert made.status == 201, made.json
    product.run()
    return made.json["id"]


def move_task(product: Product, task_id: str, act: str, **body: str) -> None:
    done = product.ask("POST", f"/api/tasks/{task_id}/{act}", body=body, token=product.staff(TASKS))
    assert done.status == 200, done.json
    product.run()


@BOTH
class TestAMessage:
    def test_is_in_the_record_once_with_what_became_of_it(self, product: Product) -> None:
        switched_on(product, "Communication")
        begin_story(product)

        (accepted,) = written(product, "Communication", subject="Patient/maria")
        (message,) = sent(product)
        report(product, message.request_id, "Delivered")
        product.run()

        (delivered,) = written(product, "Communication", subject="Patient/maria")
        assert (accepted["status"], delivered["status"]) == ("completed", "completed")
        assert ("received" in accepted, "received" in delivered) == (False, True)
        assert delivered["sent"] == accepted["sent"]
        assert delivered["recipient"] == [{"reference": "Patient/maria"}]
        assert delivered["about"] == [{"reference": "Observation/hba1c"}]
        assert (accepted["meta"]["versionId"], delivered["meta"]["versionId"]) == ("1", "2")
        assert "payload" not in delivered
        assert "+46701740605" not in str(delivered)

    def test_that_came_to_nothing_says_why(self, product: Product) -> None:
        switched_on(product, "Communication")
        begin_story(product)
        (message,) = sent(product)
        report(product, message.request_id, "NotDelivered", "invalid-mailbox")
        product.run()

        (bounced,) = written(product, "Communication", subject="Patient/maria")

        assert bounced["status"] == "stopped"
        (coding,) = bounced["statusReason"]["coding"]
        assert coding["code"] == "invalid-mailbox"

    def test_is_written_by_the_house_as_the_audit_says(self, product: Product) -> None:
        switched_on(product, "Communication")
        begin_story(product)

        (entry,) = by_the_house(product)
        (communication,) = written(product, "Communication")
        assert (entry["who"], entry["patient_id"]) == ("house|write-back", "maria")
        assert entry["subject"] == f"Communication/{communication['id']}"

    def test_is_not_written_as_shipped(self, product: Product) -> None:
        begin_story(product)

        assert states_of(product) == [("sms", "accepted", None)]
        assert written(product, "Communication") == []
        assert by_the_house(product) == []


@BOTH
class TestATask:
    def test_stands_in_the_record_as_it_stands_here(self, product: Product) -> None:
        begin_story(product)
        switched_on(product, "Task")
        task_id = add_task(product)

        (requested,) = written(product, "Task", patient="Patient/maria")
        move_task(product, task_id, "assign", to="me")
        move_task(product, task_id, "complete", outcome="She has sent it.")

        (completed,) = written(product, "Task", patient="Patient/maria")
        assert (requested["status"], completed["status"]) == ("requested", "completed")
        assert completed["for"] == {"reference": "Patient/maria"}
        assert completed["output"][0]["valueString"] == "She has sent it."
        assert completed["meta"]["versionId"] == "3"

    def test_leaves_what_others_have_added(self, product: Product) -> None:
        begin_story(product)
        switched_on(product, "Task")
        task_id = add_task(product)
        (requested,) = written(product, "Task")
        theirs = {"system": "https://hospital.example/orders", "value": "4711"}
        product.write(
            requested | {"identifier": [*requested["identifier"], theirs], "groupIdentifier": {"value": "g"}}
        )

        move_task(product, task_id, "assign", to="me")

        (accepted,) = written(product, "Task")
        assert (accepted["status"], accepted["groupIdentifier"]) == ("accepted", {"value": "g"})
        assert theirs in accepted["identifier"]
        assert len(accepted["identifier"]) == 3

    def test_that_somebody_marked_as_an_error_or_deleted_is_left(self, product: Product) -> None:
        begin_story(product)
        switched_on(product, "Task")
        wrong, gone = add_task(product), add_task(product, description="Another thing.")
        first, second = written(product, "Task")
        product.write(first | {"status": "entered-in-error"})
        product.delete("Task", second["id"])

        for task_id in (wrong, gone):
            move_task(product, task_id, "assign", to="me")

        assert [one["status"] for one in written(product, "Task")] == ["entered-in-error"]
        assert parked(product) == []


class TestASurvey:
    @pytest.fixture(params=["embedded", "elsewhere"])
    def clinic(self, request: pytest.FixtureRequest, tmp_path: Path, issuer: Issuer) -> Generator[Product]:
        with a_product(tmp_path, issuer) as one:
            if request.param == "embedded":
                yield open_chat_desk(one)
                return
            with with_its_record_elsewhere(one):
                yield open_chat_desk(one)

    def test_that_is_answered_is_in_the_record_with_what_was_asked(self, clinic: Product) -> None:
        switched_on(clinic, "Questionnaire", "QuestionnaireResponse")
        link = Chat(clinic).is_handed_over().is_over()
        answers(clinic, link, b"satisfaction=2&more=Nobody+listened")
        answers(clinic, link, b"satisfaction=5")
        clinic.run()

        (asked,) = written(clinic, "Questionnaire")
        (answered,) = written(clinic, "QuestionnaireResponse", subject="Patient/maria")
        given = {one["linkId"]: one["answer"] for one in answered["item"]}
        assert answered["questionnaire"] == f"{asked['url']}|{asked['version']}"
        assert given == {
            "satisfaction": [{"valueInteger": 2}],
            "more": [{"valueString": "Nobody listened"}],
        }
        assert set(given) <= {one["linkId"] for one in asked["item"]}
        assert answered["meta"]["versionId"] == "1"

    def test_is_written_without_what_was_asked_where_that_is_off(self, clinic: Product) -> None:
        switched_on(clinic, "QuestionnaireResponse")
        link = Chat(clinic).is_handed_over().is_over()
        answers(clinic, link, b"satisfaction=4")
        clinic.run()

        assert written(clinic, "Questionnaire") == []
        (answered,) = written(clinic, "QuestionnaireResponse")
        assert answered["source"] == {"reference": "Patient/maria"}


class TestARecord:
    """That does not take what the house writes, or not now."""

    def refusing(self, product: Product, why: Exception) -> None:
        product.app.record = cast("ClinicalRecord", Refusing(product.app.record, why))

    def taking_again(self, product: Product) -> None:
        product.app.record = product.app.embedded_record
        vars(product.app).pop("keep_in_record")
        vars(product.app).pop("write_task_to_record")

    def test_which_refuses_it_has_it_parked_by_path_and_takes_it_when_it_is_sent_again(
        self, product: Product
    ) -> None:
        self.refusing(product, RuleOfTheRecord(("Task.focus", "not-found")))
        begin_story(product)
        switched_on(product, "Task")
        task_id = add_task(product, description="Ring Maria O'Neill.")

        (message,) = parked(product)
        shown = product.ask("GET", f"/api/parked/{message['id']}", token=product.staff("operator"))
        self.taking_again(product)
        move_task(product, task_id, "assign", to="me")
        product.call("replay_parked", {"why": "It is known now"}, parked_id=message["id"])
        product.run()

        assert (message["queue"], message["reason"]) == ("tasks-to-record", "NotTakenByRecord")
        assert "Task.focus" in shown.body.decode()
        assert "O'Neill" not in shown.body.decode()
        (task,) = written(product, "Task")
        assert (task["status"], task["meta"]["versionId"]) == ("accepted", "1")

    def test_which_is_busy_is_told_later(self, product: Product) -> None:
        self.refusing(product, Throttled())
        begin_story(product)
        switched_on(product, "Task")
        add_task(product)
        assert (written(product, "Task"), parked(product)) == ([], [])
        self.taking_again(product)

        product.pass_by(timedelta(minutes=1))

        (task,) = written(product, "Task")
        assert task["status"] == "requested"


class TestAPersonWhoIsErasedHere:
    def test_stays_in_the_record_as_it_was_and_is_told_so(self, product: Product) -> None:
        switched_on(product, "Communication")
        begin_story(product)
        (before,) = written(product, "Communication")
        (message,) = messages_of(product)
        officer = product.staff("privacy_officer")
        asked = {"kind": "erase", "why": "Asked by letter", "patient_id": "maria"}
        request = product.ask("POST", "/api/data-requests", body=asked, token=officer).json["id"]
        for _ in range(4):
            product.pass_by(timedelta(hours=1, minutes=1))

        late = {
            "message_id": message["message_id"],
            "patient_id": "maria",
            "contact": message["contact"],
            "state": "delivered",
            "reason": None,
            "at": message["moved_at"],
            "because": message["because"],
        }
        product.put_on("messages-to-record", late)
        product.run()

        told = product.ask(
            "GET", f"/api/data-requests/{request}", token=product.staff("privacy_officer")
        ).json
        (why,) = [one["why"] for one in told["manifest"]["kept"] if one["what"] == "the FHIR record"]
        assert told["state"] == "completed"
        assert "messages" in why
        assert written(product, "Communication") == [before]
        assert parked(product) == []


class TestTheWordsOfAMessage:
    @pytest.fixture
    def telling(self, tmp_path: Path, issuer: Issuer) -> Generator[Product]:
        with a_product(tmp_path, issuer, write_message_text_to_record=True) as one:
            yield one

    def test_are_written_where_the_house_says_so(self, telling: Product) -> None:
        switched_on(telling, "Communication")
        begin_story(telling)

        (communication,) = written(telling, "Communication")
        (message,) = sent(telling)
        assert communication["payload"] == [{"contentString": message.text.value}]


class TestAHouseThatListensToEverything:
    """Its source of changes tells of all that the house writes, too."""

    @pytest.fixture
    def listening(self, tmp_path: Path, issuer: Issuer) -> Generator[Product]:
        with a_product(tmp_path, issuer) as one:
            (source,) = one.app.settings.fhir_sources
            kinds = ("Communication", "Task", "QuestionnaireResponse", "Questionnaire")
            told: FhirSource = replace(source, types=(*source.types, *kinds))
            one.app.settings = replace(one.app.settings, fhir_sources=(told,))  # pyright: ignore[reportAttributeAccessIssue]  # settled before anything is built
            yield one

    def test_writes_once_and_starts_nothing(self, listening: Product) -> None:
        switched_on(listening, "Communication", "Task")
        begin_story(listening)
        add_task(listening)
        listening.run()

        assert len(sent(listening)) == 1
        assert [one["meta"]["versionId"] for one in written(listening, "Communication")] == ["1"]
        assert [one["meta"]["versionId"] for one in written(listening, "Task")] == ["1"]
        assert parked(listening) == []


class TestTheSwitches:
    def test_are_there_for_what_the_house_can_write_and_for_nothing_else(self, product: Product) -> None:
        token = product.staff(SYNC)
        shown = product.ask("GET", "/api/entity-maps", token=token).json["maps"]
        on = {one["resource_type"] for one in shown if one["write_back"]}
        body: dict[str, Any] = {"is_enabled": False, "messages": [], "write_back": True}

        refused = product.ask("PUT", "/api/entity-maps/Observation", body=body, token=token)

        off = {one["resource_type"] for one in shown if not one["is_enabled"]}
        assert on == {"Appointment", "Consent", "Patient"}
        assert off == {"Communication", "Questionnaire", "QuestionnaireResponse", "Task"}
        assert refused.fields == {"write_back"}
