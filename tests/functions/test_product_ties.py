"""Staff come to one patient's data with a tie or for a reason that is kept; what asks for none says why."""

import inspect
import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.functions.test_product_audited import NOT_ABOUT_A_PATIENT
from tests.functions.test_product_rows import OBSERVATIONS, set_columns
from tests.support.product import Answer, Product, bearer
from tests.support.product_chat import Chat, open_chat_desk
from tests.support.product_routes import Route, routes

OFFICER = "the privacy officer answers for everybody's data"
IN_HAND = "the act lets in nobody but whoever has the talk in hand or is offered it, which is the tie"
OF_MANY = "of many patients, of whom the answer tells no more than a list does; audited as one"
STEWARD = "records are compared to tell whether they are one person's; nobody who does that is tied to any"
NO_TIE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "ask_for_data",
            "list_data_requests",
            "read_data_request",
            "resume_data_request",
            "export_data",
            "list_audit",
            "export_audit",
            "list_broken_glass",
        ),
        OFFICER,
    ),
    **dict.fromkeys(
        (
            "accept_conversation",
            "decline_conversation",
            "say_in_conversation",
            "end_conversation",
            "close_conversation",
        ),
        IN_HAND,
    ),
    **dict.fromkeys(
        (
            "list_conversations",
            "list_members",
            "list_uncertain",
            "list_values",
            "preview_measure",
            "preview_segment",
            "ask_for_values",
            "put_measure",
            "ask_for_export",
            "put_export",
            "save_search",
        ),
        OF_MANY,
    ),
    **dict.fromkeys(
        (
            "list_persons",
            "read_person",
            "list_proposals",
            "preview_matching",
            "put_matching",
            "review_persons",
            "start_matching_run",
        ),
        STEWARD,
    ),
    **dict.fromkeys(
        ("import_consents", "take_in_activities", "take_in_events", "write_bundle", "write_rows"),
        "what another system tells of many; the answer says what became of each, and nothing of anybody",
    ),
    **dict.fromkeys(
        (
            "put_activity_type",
            "put_codeable_concepts",
            "put_compliance_profile",
            "put_entity_map",
            "put_attribute_maps",
            "put_custom_trigger",
            "put_relationship",
            "put_refresh_schedule",
            "put_view",
            "begin_refresh",
            "cancel_refresh",
        ),
        "changes a definition, or how all records are followed",
    ),
    **dict.fromkeys(
        ("replay_parked", "discard_parked", "replay_dead_letter", "discard_dead_letter"),
        "decides what becomes of a message, and shows nothing that is in it",
    ),
    **dict.fromkeys(
        ("list_unplaced", "discard_unplaced"),
        "of people whom nobody has found in the record, by what a source calls them",
    ),
    "remove_suppression": "a contact point by its keyed name",
    "search_patients": "to find out who is at the desk or on the telephone; what is found is masked",
}
"""Why these ask for no tie, although they are audited: none of them opens what is one patient's to staff."""


def of_staff() -> list[Route]:
    return [route for route in routes() if route.door.kind == "roles"]


def tied() -> list[Route]:
    return [route for route in of_staff() if route.door.tie is not None]


class TestEveryDoorOfStaff:
    @pytest.mark.parametrize("route", of_staff(), ids=lambda route: route.name)
    def test_asks_for_a_tie_or_says_why_not(self, route: Route) -> None:
        excused = route.name in NO_TIE or route.name in NOT_ABOUT_A_PATIENT

        assert excused == (route.door.tie is None)

    @pytest.mark.parametrize("route", tied(), ids=lambda route: route.name)
    def test_looks_for_the_patient_where_the_request_has_one(self, route: Route) -> None:
        written = inspect.getsource(inspect.unwrap(route.call))
        is_there = {
            "path": "{patient_id}" in route.path,
            "path, but for a no": "{patient_id}" in route.path,
            "body": route.takes_body,
            "query": route.reads_query,
            "task": "{task_id}" in route.path,
            "conversation": "{conversation_id}" in route.path,
            "act": re.search(r"reason=http\.reason\(req\)", written) is not None,
        }

        assert route.door.tie is not None
        assert is_there[route.door.tie]

    def test_that_names_a_patient_is_never_excused(self) -> None:
        assert [
            route.name for route in of_staff() if "{patient_id}" in route.path and not route.door.tie
        ] == []

    def test_that_is_excused_is_there(self) -> None:
        assert NO_TIE.keys() <= {route.name for route in of_staff()}
        assert NO_TIE.keys().isdisjoint(NOT_ABOUT_A_PATIENT)

    def test_is_passed_by_the_privacy_officer_alone(self) -> None:
        assert {role for route in tied() for role in route.door.looks_after_all} == {"privacy_officer"}


@pytest.fixture(scope="module")
def house(standing: Product) -> Product:
    """Give a house with an open desk, in whose record Maria is, and which shows results as rows."""
    set_columns(standing, "Observation", OBSERVATIONS)
    return open_chat_desk(standing)


@pytest.fixture(scope="module")
def talk(house: Product) -> str:
    """Give Maria's conversation, which Sam has in hand."""
    return Chat(house).is_handed_over().id


@pytest.fixture(scope="module")
def task(house: Product) -> str:
    body = {"description": "Ring Maria", "patient_id": "maria", "team": "ward-7"}
    mia = house.staff("csr_manager", sub="mia")
    return house.ask("POST", "/api/tasks", body=body, token=mia, X_Reason="she rang").json["id"]


def knock(
    house: Product, route: Route, known: Mapping[str, str], *roles: str, reason: str = ""
) -> tuple[int, str | None]:
    """Come as a stranger with every role that the door knows."""
    body = {"patient_id": "maria"} if route.takes_body else None
    asked = {"query": "?patient=maria"}.get(str(route.door.tie), "")
    asked = {"read_bundle": "?patient=maria&types=Condition", "read_rows": "?patient=maria"}.get(
        route.name, asked
    )
    token = bearer(
        house.staff(*(roles or sorted(route.door.roles - route.door.looks_after_all)), sub="stranger")
    )
    why = {"X-Reason": reason} if reason else {}
    path = route.filled(**known) + asked
    answer = house.send(route.method, path, body=body, headers=token | why)
    return answer.status, answer.json.get("type") if answer.status == 403 else None


def ask(house: Product, method: str, path: str, **more: Any) -> Answer:
    """Ask, for a reason only where one is given."""
    return house.ask(method, path, **({"X_Reason": ""} | more))


class TestAStranger:
    @pytest.mark.parametrize("route", tied(), ids=lambda route: route.name)
    def test_comes_in_for_a_reason_alone_which_is_kept(
        self, house: Product, talk: str, task: str, route: Route
    ) -> None:
        known = {"conversation_id": talk, "task_id": task}
        before = house.footprint()

        refused = knock(house, route, known)
        written = house.footprint() != before
        status, _ = knock(house, route, known, reason=f"to try {route.name}")

        assert refused == (403, "/problems/care-relationship-missing")
        assert status != 403
        day = house.ask("GET", "/api/break-glass?limit=100", token=house.staff("privacy_officer")).json
        kept = [one for one in day["readings"] if one["reason"] == f"to try {route.name}"]
        assert [(one["patient_id"], one["read"]) for one in kept] == [("maria", route.name)]
        assert not written


class TestATie:
    """What opens one patient's data without a reason; nothing of it is kept as broken glass."""

    def glass(self, house: Product) -> int:
        day = ask(house, "GET", "/api/break-glass?limit=500", token=house.staff("privacy_officer")).json
        return len(day["readings"])

    def test_is_a_task_that_somebody_gave(self, house: Product) -> None:
        nils = f"{house.issuer.named('staff')}|nils"
        body = {"description": "Ring Maria", "patient_id": "maria", "to": nils}
        boss = house.staff("csr_manager", sub="mia")
        assert ask(house, "POST", "/api/tasks", body=body, token=boss, X_Reason="she rang").status == 201
        before = self.glass(house)

        nurse = house.staff("care_coordinator", sub="nils")
        seen = {
            what: ask(house, "GET", f"/api/patients/maria/{what}", token=nurse).status
            for what in ("messages", "segments", "consents", "appointments", "enrolments", "invitations")
        }

        assert seen == dict.fromkeys(seen, 200)
        assert self.glass(house) == before

    def test_is_the_talk_in_hand_and_its_transcript_is_ones_own(self, house: Product) -> None:
        talk = Chat(house, "john").is_handed_over().id
        sam = house.staff("customer_service_representative", sub="sam")
        before = self.glass(house)

        assert ask(house, "GET", f"/api/conversations/{talk}/transcript", token=sam).status == 200
        assert ask(house, "GET", "/api/patients/john/appointments", token=sam).status == 200
        assert self.glass(house) == before

    def test_is_not_needed_to_read_what_anybody_may_take(self, house: Product) -> None:
        body = {"description": "Ring Maria", "patient_id": "maria"}
        boss = house.staff("csr_manager", sub="mia")
        made = ask(house, "POST", "/api/tasks", body=body, token=boss, X_Reason="she rang").json["id"]
        ole = house.staff("healthcare_user", sub="ole")

        assert ask(house, "GET", f"/api/tasks/{made}", token=ole).status == 200
        assert ask(house, "POST", f"/api/tasks/{made}/assign", body={"to": "me"}, token=ole).status == 200
        assert ask(house, "GET", "/api/patients/maria/enrolments", token=ole).status == 200

    def test_cannot_be_handed_on_by_who_has_none(self, house: Product) -> None:
        """Two who agree could else give each other a tie to anybody."""
        body = {"description": "Look", "patient_id": "maria", "to": f"{house.issuer.named('staff')}|eve"}
        stranger = house.staff("csr_manager", sub="adam")

        assert ask(house, "POST", "/api/tasks", body=body, token=stranger).status == 403


class TestSomebodyWithoutATie:
    def test_takes_a_no_from_whoever_brings_it_and_no_yes(self, house: Product) -> None:
        desk = house.staff("customer_service_representative", sub="dora")
        said = {"channel": "sms", "purpose": "commercial"}
        path = "/api/patients/maria/consents"

        yes = ask(house, "POST", path, body=said | {"choice": "opted_in"}, token=desk)
        no = ask(house, "POST", path, body=said | {"choice": "opted_out"}, token=desk)

        assert (yes.status, no.status) == (403, 201)

    def test_learns_not_whether_there_is_such_a_patient(self, house: Product) -> None:
        desk = house.staff("care_coordinator", sub="dora")

        told = [
            ask(house, "GET", f"/api/patients/{one}/messages", token=desk).json["type"]
            for one in ("maria", "nobody-at-all")
        ]

        assert told == ["/problems/care-relationship-missing"] * 2

    @pytest.mark.parametrize("spelt", ["x,maria", "maria,x", "maria ", "Patient|maria", "maria~1"])
    def test_comes_in_by_no_other_spelling(self, house: Product, spelt: str) -> None:
        """To a FHIR search a comma means one or the other."""
        desk = house.staff("care_coordinator", sub="dora")
        paths = [
            route.path.replace("{patient_id}", spelt)
            for route in tied()
            if route.method == "GET" and route.door.tie == "path" and route.path.count("{") == 1
        ]

        assert len(paths) > 5
        assert {ask(house, "GET", path, token=desk).status for path in paths} == {404}

    def test_is_audited_when_they_write_and_when_they_are_refused(self, product: Product) -> None:
        open_chat_desk(product)
        asked = {"language": "sv"}
        token = product.staff("care_coordinator", sub="dora")

        refused = ask(product, "PUT", "/api/patients/maria/override", body=asked, token=token)
        done = ask(
            product, "PUT", "/api/patients/maria/override", body=asked, token=token, X_Reason="she rang"
        )
        product.run()

        assert (refused.status, done.status) == (403, 200)
        entries = ask(
            product, "GET", "/api/audit?patient_id=maria", token=product.staff("privacy_officer")
        ).json["entries"]
        acts = {(one["what"], one["outcome"], one["ground"]) for one in entries}
        assert {("put_override", "refused", None), ("put_override", "done", "break_glass")} <= acts

    def test_may_be_the_privacy_officer(self, house: Product) -> None:
        officer = house.staff("privacy_officer")

        assert ask(house, "GET", "/api/patients/maria/consent-history", token=officer).status == 200
        assert ask(house, "GET", "/api/patients/maria/invitations", token=officer).status == 200

    @pytest.mark.parametrize(
        ("token_of", "status"), [("app", 200), ("user", 403), (["app"], 403), (None, 403)]
    )
    def test_may_be_a_system_of_the_house(self, house: Product, token_of: object, status: int) -> None:
        """Only the issuer can say that; whoever it says nothing of is a person."""
        token = house.staff("data_contributor", sub="source", **({"idtyp": token_of} if token_of else {}))
        body = {"preferred_name": "Mia"}

        assert ask(house, "PUT", "/api/patients/maria/override", body=body, token=token).status == status

    def test_is_no_patient_who_says_to_be_a_system(self, house: Product) -> None:
        token = house.patient("john", idtyp="app")

        assert ask(house, "PUT", "/api/patients/maria/override", body={}, token=token).status == 403
