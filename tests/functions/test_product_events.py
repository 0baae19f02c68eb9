"""A portal tells of what no record shows, and a patient hears of it: custom triggers (FH-11, JO-4, JO-5)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.product import Answer, Product
from tests.support.product_story import a_patient, audited, enrolments_of, sent, states_of

PORTAL = "/api/custom-triggers/directions-asked-for"
ASKED = "asked-17"
SAYS = (
    "{{ given }}, come to {{ trigger.clinic | default('us') }} on {{ trigger.visit.start | day }} at "
    "{{ trigger.visit.start | clock }} for {{ trigger.visit.serviceType | default('your visit') }}. "
    "{{ trigger.doctor.name | default('Somebody') }} expects you. STOP"
)


def a_trigger(**more: Any) -> dict[str, Any]:
    attributes = [
        {"name": "who", "type": "reference", "of": "Patient", "is_required": True},
        {"name": "visit", "type": "reference", "of": "Appointment", "is_required": True},
        {"name": "doctor", "type": "reference", "of": "Practitioner"},
        {"name": "clinic", "type": "string"},
        {"name": "floor", "type": "number"},
        {"name": "by_car", "type": "boolean"},
    ]
    settled = {"name": "Directions asked for", "attributes": attributes, "audience": "who"}
    return settled | {"state": "ready_to_use"} | more


def a_visit(of: str = "maria", start: str = "2026-11-20T09:30:00Z", **more: Any) -> dict[str, Any]:
    who = {"actor": {"reference": f"Patient/{of}"}, "status": "accepted"}
    settled = {
        "resourceType": "Appointment",
        "id": f"visit-of-{of}",
        "status": "booked",
        "participant": [who],
    }
    return settled | {"start": start, "end": "2026-11-20T10:00:00Z", "minutesDuration": 30} | more


def an_event(key: str = ASKED, **attributes: Any) -> dict[str, Any]:
    said = {"who": "Patient/maria", "visit": "Appointment/visit-of-maria"} | attributes
    return {"id": key, "attributes": said}


def put(product: Product, path: str, body: dict[str, Any], etag: str | None = None) -> Answer:
    maker = product.staff("marketing_manager")
    headers = {"If_Match": etag} if etag else {}
    return product.ask("PUT", f"/api/{path}", body=body, token=maker, **headers)


def tells(product: Product, *events: Any) -> list[dict[str, Any]]:
    """Tell as the portal does, and let all follow that follows; give what it is answered for each."""
    answer = product.ask(
        "POST", f"{PORTAL}/events", body={"events": list(events)}, token=product.staff("data_contributor")
    )
    assert answer.status == 200, answer.json
    product.run()
    return answer.json["events"]


def begun(product: Product, *steps: dict[str, Any], says: str = SAYS) -> None:
    """Let there be the trigger, what is written, and a journey that takes these steps, or only writes."""
    writes = {"kind": "send_message", "id": "write", "channel": "sms", "template_id": "directions"}
    content = {"purpose": "transactional", "default_language": "en"}
    template = content | {"variants": [{"channel": "sms", "language": "en", "text": says}]}
    journey = {
        "name": "Directions",
        "purpose": "To find the way",
        "starts_on": {"kind": "custom_trigger", "trigger_id": "directions-asked-for"},
        "reentry_days": 0,
        "steps": list(steps) or [writes],
        "state": "live",
    }
    for path, body in (
        ("custom-triggers/directions-asked-for", a_trigger()),
        ("templates/directions", template),
        ("journeys/directions", journey),
    ):
        answer = put(product, path, body)
        assert answer.status == 200, answer.json
    product.pass_by(timedelta(seconds=2))


def texts(product: Product) -> list[str]:
    return [message.text.value for message in sent(product)]


@pytest.fixture(autouse=True)
def patients(product: Product) -> None:
    """Let Maria and John be in the record, each with a visit."""
    doctor = {"resourceType": "Practitioner", "id": "ek", "name": [{"given": ["Eva"], "family": "O'Ek"}]}
    mobile = {"telecom": [{"system": "sms", "value": "+46701740606"}]}
    product.write(a_patient("maria"), a_patient("john") | mobile, doctor)
    product.write(a_visit("maria"), a_visit("john"))
    product.run()


class TestAnEvent:
    def test_becomes_a_message_that_says_what_the_record_says(self, product: Product) -> None:
        begun(product)

        (taken,) = tells(product, an_event(doctor="Practitioner/ek", clinic="Eye clinic", floor=3))

        assert taken["outcome"] == "accepted"
        (text,) = texts(product)
        assert "come to Eye clinic on Friday, November 20, 2026 at 9:30 AM for your visit." in text
        assert "Eva O'Ek expects you." in text

    def test_is_taken_in_once_for_its_id_and_starts_once(self, product: Product) -> None:
        begun(product)

        outcomes = [one["outcome"] for one in tells(product, an_event(), an_event())]
        outcomes += [one["outcome"] for one in tells(product, an_event(), an_event(clinic="Elsewhere"))]

        assert outcomes == ["accepted", "repeated", "repeated", "contradicted"]
        assert len(texts(product)) == len(enrolments_of(product)) == 1

    def test_told_again_after_an_erasure_begins_nothing_for_thirty_days(self, product: Product) -> None:
        """The portal sends again whatever it has no answer to, and knows of no erasure."""
        begun(product)
        tells(product, an_event())
        asked = {"kind": "erase", "why": "Asked by letter", "patient_id": "maria"}
        officer = product.staff("privacy_officer")
        erasing = product.ask("POST", "/api/data-requests", body=asked, token=officer)
        assert erasing.status == 202, erasing.json
        product.run()
        for _ in range(4):
            product.pass_by(timedelta(hours=1, minutes=1))
        where = f"/api/data-requests/{erasing.json['id']}"
        stands = product.ask("GET", where, token=product.staff("privacy_officer")).json
        assert stands["state"] == "completed", stands

        (again,) = tells(product, an_event())
        begun_again = enrolments_of(product)
        product.pass_by(timedelta(days=31))
        (much_later,) = tells(product, an_event())

        assert (again["outcome"], begun_again, much_later["outcome"]) == ("repeated", [], "accepted")

    def test_is_answered_by_itself_beside_others(self, product: Product) -> None:
        begun(product)

        taken = tells(product, an_event("a"), {"id": "b", "attributes": {}}, {"id": "\x00"}, an_event("c"))

        assert [one["outcome"] for one in taken] == ["accepted", "refused", "refused", "accepted"]
        assert ["attributes.who", "missing"] in taken[1]["problems"]

    def test_with_what_is_null_is_as_if_it_were_not_given(self, product: Product) -> None:
        begun(product)

        (taken,) = tells(product, an_event(clinic=None, doctor=None, by_car=False))

        assert taken["outcome"] == "accepted"
        assert "come to us on" in texts(product)[0]
        assert "Somebody expects you" in texts(product)[0]

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            ({"visit": "Appointment/visit-of-john"}, "not in the record, or not this patient's alone"),
            ({"visit": "Appointment/never-was"}, "not in the record, or not this patient's alone"),
            ({"visit": "https://elsewhere.example/fhir/Appointment/visit-of-maria"}, "an absolute reference"),
            (
                {"visit": {"identifier": {"system": "urn:a", "value": "1"}}},
                "an object, as a logical reference",
            ),
            ({"visit": "Appointment/visit-of-maria/_history/1"}, "a reference to one version"),
            ({"visit": "Observation/visit-of-maria"}, "a reference to another type"),
            ({"visit": "#visit"}, "not a reference as Type/id"),
            ({"floor": "3"}, "not a number"),
            ({"by_car": 1}, "neither true nor false"),
        ],
    )
    def test_is_refused_by_the_attribute_and_never_quotes_it(
        self, product: Product, given: dict[str, Any], problem: str
    ) -> None:
        begun(product)
        before = product.footprint()

        (taken,) = tells(product, an_event(**given))

        ((field, said),) = taken["problems"]
        assert taken["outcome"] == "refused"
        assert (field, said[: len(problem)]) == (f"attributes.{next(iter(given))}", problem)
        assert "john" not in str(taken)
        assert product.footprint()[0] == before[0]  # pyright: ignore[reportIndexIssue]  # its mark

    def test_is_refused_for_a_visit_that_is_also_somebody_elses(self, product: Product) -> None:
        begun(product)
        both = [{"actor": {"reference": f"Patient/{who}"}, "status": "accepted"} for who in ("maria", "john")]
        product.write(a_visit("maria", participant=both))

        assert [one["outcome"] for one in tells(product, an_event())] == ["refused"]

    def test_is_audited_for_its_patient(self, product: Product) -> None:
        begun(product)
        tells(product, an_event())

        assert "take_in_events" in [entry["what"] for entry in audited(product, patient_id="maria")]

    def test_is_no_patients_to_tell(self, product: Product) -> None:
        begun(product)

        answer = product.ask("POST", f"{PORTAL}/events", body={"events": []}, token=product.patient("maria"))

        assert answer.status == 403

    @pytest.mark.parametrize("how_many", [0, 101])
    def test_comes_with_up_to_a_hundred(self, product: Product, how_many: int) -> None:
        begun(product)

        answer = product.ask(
            "POST",
            f"{PORTAL}/events",
            body={"events": [an_event(str(number)) for number in range(how_many)]},
            token=product.staff("data_contributor"),
        )

        assert (answer.status, answer.fields) == (400, {"events"})


class TestWhatAMessageSays:
    def test_is_read_when_it_is_written_and_not_when_it_was_told(self, product: Product) -> None:
        waits = {"kind": "wait", "id": "a-day", "days": 1}
        writes = {"kind": "send_message", "id": "write", "channel": "sms", "template_id": "directions"}
        begun(product, waits, writes)
        tells(product, an_event())
        product.write(a_visit(start="2026-11-21T13:15:00+01:00", serviceType=[{"text": "an eye check"}]))

        product.pass_by(timedelta(days=1, minutes=5))

        assert "Saturday, November 21, 2026 at 12:15 PM for an eye check" in texts(product)[0]

    def test_is_in_the_patients_own_time(self, product: Product) -> None:
        begun(product)
        zone = {"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": "America/New_York"}
        product.write(a_patient("maria", extension=[zone]))

        tells(product, an_event())

        assert "at 4:30 AM" in texts(product)[0]

    @pytest.mark.parametrize("becomes", ["gone", "johns", "without a start"])
    def test_is_never_anothers_and_never_a_gap(self, product: Product, becomes: str) -> None:
        waits = {"kind": "wait", "id": "a-day", "days": 1}
        writes = {"kind": "send_message", "id": "write", "channel": "sms", "template_id": "directions"}
        begun(product, waits, writes)
        tells(product, an_event())
        if becomes == "gone":
            product.delete("Appointment", "visit-of-maria")
        else:
            whose = "john" if becomes == "johns" else "maria"
            visit = a_visit(whose, id="visit-of-maria")
            product.write(visit if becomes == "johns" else {k: v for k, v in visit.items() if k != "start"})

        product.pass_by(timedelta(days=1, minutes=5))

        assert states_of(product) == [("sms", "refused", "template_incomplete")]
        assert texts(product) == []

    def test_takes_a_default_for_what_is_gone(self, product: Product) -> None:
        waits = {"kind": "wait", "id": "a-day", "days": 1}
        writes = {"kind": "send_message", "id": "write", "channel": "sms", "template_id": "directions"}
        says = "{{ trigger.visit.start | default('soon') }}, {{ trigger.visit.slot[0].display | d('here') }}"
        begun(product, waits, writes, says=says)
        tells(product, an_event())
        product.delete("Appointment", "visit-of-maria")

        product.pass_by(timedelta(days=1, minutes=5))

        assert texts(product) == ["soon, here"]


class TestAStep:
    @pytest.mark.parametrize(
        ("path", "one_of", "is_taken"),
        [
            ("visit.status", ["booked"], True),
            ("visit.status", ["cancelled"], False),
            ("by_car", ["true"], True),
            ("floor", ["3"], True),
            ("clinic", ["Eye clinic"], False),
            ("visit.participant.actor.reference", ["Patient/maria"], True),
        ],
    )
    def test_is_taken_only_if_something_holds(
        self, product: Product, path: str, one_of: list[str], *, is_taken: bool
    ) -> None:
        asks = {"kind": "only_if", "id": "ask", "path": path, "one_of": one_of}
        writes = {"kind": "send_message", "id": "write", "channel": "sms", "template_id": "directions"}
        begun(product, asks, writes)

        tells(product, an_event(by_car=True, floor=3))

        assert len(texts(product)) == is_taken
        (run,) = enrolments_of(product)
        assert next(one["what"] for one in run["trail"]) == ("holds" if is_taken else "does_not_hold")

    def test_asks_the_record_after_a_wait_and_not_before(self, product: Product) -> None:
        waits = {"kind": "wait", "id": "a-day", "days": 1}
        asks = {"kind": "only_if", "id": "ask", "path": "visit.status", "one_of": ["booked"]}
        writes = {"kind": "send_message", "id": "write", "channel": "sms", "template_id": "directions"}
        begun(product, waits, asks, writes)
        product.write(a_visit(status="proposed"))
        tells(product, an_event())
        product.write(a_visit(status="booked"))

        product.pass_by(timedelta(days=1, minutes=5))

        assert len(texts(product)) == 1

    @pytest.mark.parametrize("becomes", ["cancelled", "gone", "johns"])
    def test_is_left_out_after_a_wait(self, product: Product, becomes: str) -> None:
        waits = {"kind": "wait", "id": "a-day", "days": 1}
        asks = {"kind": "only_if", "id": "ask", "path": "visit.status", "one_of": ["booked"]}
        writes = {"kind": "send_message", "id": "write", "channel": "sms", "template_id": "directions"}
        begun(product, waits, asks, writes)
        tells(product, an_event())
        if becomes == "gone":
            product.delete("Appointment", "visit-of-maria")
        elif becomes == "johns":
            product.write(a_visit("john", id="visit-of-maria"))
        else:
            product.write(a_visit(status="cancelled"))

        product.pass_by(timedelta(days=1, minutes=5))

        assert texts(product) == []
        assert [one["what"] for one in enrolments_of(product)[0]["trail"]] == [
            "waited",
            "does_not_hold",
            "left_out",
        ]


class TestACustomTrigger:
    def test_in_use_keeps_what_others_rely_on(self, product: Product) -> None:
        seen = put(product, "custom-triggers/directions-asked-for", a_trigger())
        attributes = a_trigger()["attributes"]

        for breaking in (
            a_trigger(attributes=attributes[:-1]),
            a_trigger(attributes=[*attributes, {"name": "gate", "type": "string", "is_required": True}]),
            a_trigger(attributes=[*attributes[:-1], {"name": "by_car", "type": "string"}]),
            a_trigger(state="draft"),
        ):
            answer = put(product, "custom-triggers/directions-asked-for", breaking, seen.headers["etag"])
            assert answer.status == 409
        more = a_trigger(attributes=[*attributes, {"name": "gate", "type": "string"}], name="Directions")
        answer = put(product, "custom-triggers/directions-asked-for", more, seen.headers["etag"])
        assert (answer.status, answer.json["trigger"]["version"]) == (200, 2)

    def test_names_all_that_is_wrong_with_it(self, product: Product) -> None:
        attributes = [
            {"name": "Visit", "type": "reference", "of": "Slot"},
            {"name": "note", "type": "string", "of": "Patient"},
            {"name": "note", "type": "number"},
        ]

        answer = put(product, "custom-triggers/Directions", a_trigger(attributes=attributes, audience="note"))

        assert answer.status == 400
        assert answer.fields == {
            "trigger_id",
            "audience",
            "attributes.0.name",
            "attributes.0.of",
            "attributes.1.name",
            "attributes.1.of",
            "attributes.2.name",
        }

    @pytest.mark.parametrize("state", ["draft", "stopped"])
    def test_takes_no_events_unless_it_is_ready(self, product: Product, state: str) -> None:
        put(product, "custom-triggers/directions-asked-for", a_trigger(state=state))
        body = {"events": [an_event()]}

        answer = product.ask("POST", f"{PORTAL}/events", body=body, token=product.staff("data_contributor"))

        assert answer.status == 422

    def test_is_shown_and_listed(self, product: Product) -> None:
        put(product, "custom-triggers/directions-asked-for", a_trigger())
        reader = product.staff("marketing_professional")

        one = product.ask("GET", PORTAL, token=reader).json["trigger"]
        listed = product.ask("GET", "/api/custom-triggers?state=ready_to_use", token=reader).json["triggers"]

        assert listed == [one]

    def test_must_be_there_for_a_journey_to_be_live(self, product: Product) -> None:
        journey = {
            "name": "Directions",
            "purpose": "To find the way",
            "starts_on": {"kind": "custom_trigger", "trigger_id": "directions-asked-for"},
            "reentry_days": 0,
            "steps": [
                {"kind": "only_if", "id": "ask", "path": "visit.strat", "one_of": ["x"]},
                {"kind": "wait", "id": "wait", "days": 1},
            ],
            "state": "live",
        }

        assert put(product, "journeys/directions", journey).fields == {"starts_on.trigger_id"}
        put(product, "custom-triggers/directions-asked-for", a_trigger())
        assert put(product, "journeys/directions", journey).fields == {"steps.0.path"}
