"""Maria moves, takes a new telephone, and says so herself (PA-7)."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.fhir.ports import Write
from shared.kernel.refusals import TransientFault
from shared.patients.model import Channel
from shared.patients.pending_details import pending_of
from tests.support.issuer import Issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_story import MAILBOX, MOBILE, a_patient, audited, messages_of, sent
from tests.support.told import Told

PATH = "/api/me/personal-information"
NEW_MAILBOX = "maria.new@example.org"
TOLD = {
    "purpose": "transactional",
    "default_language": "en",
    "variants": [
        {
            "channel": "email",
            "language": "en",
            "subject": "Changed",
            "text": "Was it you? {{ changed_at | day }}",
        },
        {"channel": "sms", "language": "en", "text": "Your details were changed. Was it you?"},
    ],
}
EXTENDED = {"url": "http://hospital.example/confirmed", "valueBoolean": True}
MARIA: dict[str, Any] = {
    **a_patient("maria"),
    "telecom": [
        {"system": "sms", "value": MOBILE, "extension": [EXTENDED]},
        {"system": "email", "value": MAILBOX},
        {"system": "fax", "value": "+46 18 1234567"},
        {"system": "email", "value": "school@example.org", "use": "old"},
    ],
    "address": [{"use": "home", "line": ["Storgatan 1"], "city": "Uppsala", "postalCode": "753 10"}],
    "communication": [
        {"language": {"coding": [{"code": "sv"}], "text": "Svenska"}, "preferred": True},
        {"language": {"coding": [{"code": "en"}]}},
    ],
    "contact": [{"name": {"text": "The district nurse"}, "relationship": [{"text": "Nurse"}]}],
    "extension": [{"url": "http://hospital.example/seat", "valueString": "window"}],
}


def point(system: str, value: str, use: str | None = None) -> dict[str, Any]:
    return {"system": system, "value": value} | ({"use": use} if use else {})


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"contact_points": [point("email", "a@b, c@d")]}, "contact_points.0.value"),
    ({"contact_points": [point("phone", "12")]}, "contact_points.0.value"),
    (
        {"contact_points": [point("email", MAILBOX), point("email", MAILBOX)]},
        "contact_points.1.value",
    ),
    ({"contact_points": [point("pigeon", "x")]}, "contact_points.0.system"),
    ({"addresses": [{"use": "home", "lines": [], "city": None}]}, "addresses.0"),
    ({"languages": []}, "languages"),
    ({"languages": ["English please"]}, "languages.0"),
    ({"emergency_contacts": [{"name": "Åsa", "phone": "no"}]}, "emergency_contacts.0.phone"),
    ({"emergency_contacts": [{"name": "Å\x00sa", "phone": MOBILE}]}, "emergency_contacts.0.name"),
    ({"name": {"given": " ", "family": "X"}}, "name"),
]


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        prepare(one)
        yield one


def prepare(product: Product, *, write_back: bool = True) -> None:
    maker = product.staff("marketing_manager")
    kept = product.ask("PUT", "/api/templates/contact-details-changed", body=TOLD, token=maker)
    assert kept.status == 200, kept.json
    keeper = product.staff("fhir_sync_administrator")
    if not write_back:
        body = {"is_enabled": True, "write_back": False, "messages": ["read"]}
        kept = product.ask("PUT", "/api/entity-maps/Patient", body=body, token=keeper)
        assert kept.status == 200, kept.json
    product.write(MARIA)
    product.pass_by(timedelta(seconds=2))


def seen(product: Product) -> Answer:
    answer = product.ask("GET", PATH, token=product.patient("maria"))
    assert answer.status == 200, answer.json
    return answer


def change(product: Product, *, if_match: str | None = None, **wanted: Any) -> Answer:
    etag = if_match or seen(product).headers["etag"]
    answer = product.ask("PATCH", PATH, body=wanted, token=product.patient("maria"), If_Match=etag)
    product.run()
    return answer


def record(product: Product) -> dict[str, Any]:
    return product.app.record.read("Patient", "maria")


class TestAChange:
    def test_is_spelt_as_numbers_and_mailboxes_are_compared(self, product: Product) -> None:
        points = [point("phone", "07700 900123", "mobile"), point("email", "Maria@EXAMPLE.org")]

        assert change(product, contact_points=points).status == 200

        new = [one["value"] for one in record(product)["telecom"] if "rank" in one]
        assert new == ["+447700900123", "Maria@example.org"]

    def test_of_contact_points_is_written_in_full(self, product: Product) -> None:
        answer = change(product, contact_points=[point("email", NEW_MAILBOX), point("phone", MOBILE)])

        after = record(product)
        assert answer.status == 200, answer.json
        assert (answer.json["changed"], answer.json["requested"]) == (["contact_points"], [])
        assert answer.headers["etag"] == f'"{after["meta"]["versionId"]}"'
        ended = after["telecom"][1]["period"]["end"]
        assert after["telecom"] == [
            {"system": "sms", "value": MOBILE, "extension": [EXTENDED], "rank": 2},
            {"system": "email", "value": MAILBOX, "use": "old", "period": {"end": ended}},
            MARIA["telecom"][2],
            MARIA["telecom"][3],
            {"system": "email", "value": NEW_MAILBOX, "rank": 1},
        ]
        assert after["extension"] == MARIA["extension"]
        shown = [one["value"] for one in seen(product).json["contact_points"] if one["use"] != "old"]
        assert shown == [MOBILE, NEW_MAILBOX]

    def test_of_address_language_and_whom_to_ring(self, product: Product) -> None:
        home = {
            "use": "home",
            "lines": ["12 High Street", "Flat 3"],
            "city": "Leeds",
            "postal_code": "LS1 1AA",
            "country": "GB",
        }
        ring = {"name": "Åsa Lindström", "phone": "020 7946 0018", "relationship": "Sister"}

        answer = change(product, addresses=[home], languages=["en", "pt-BR"], emergency_contacts=[ring])

        after = record(product)
        assert answer.status == 200, answer.json
        assert [one.get("use") for one in after["address"]] == ["old", "home"]
        assert after["address"][1]["line"] == ["12 High Street", "Flat 3"]
        assert [one.get("preferred") for one in after["communication"]] == [True, None]
        assert after["contact"][0] == MARIA["contact"][0]
        assert after["contact"][1]["telecom"] == [{"system": "phone", "value": "+442079460018"}]
        shown = seen(product).json
        assert (shown["languages"], shown["emergency_contacts"][1]["name"]) == (
            ["en", "pt-BR"],
            "Åsa Lindström",
        )

    def test_is_audited_by_its_fields_and_never_its_values(self, product: Product, told: Told) -> None:
        change(product, contact_points=[point("email", NEW_MAILBOX)])

        (entry,) = (
            one for one in audited(product, patient_id="maria") if one["what"] == "change_own_details"
        )
        assert (entry["why"], entry["ground"]) == ("changes contact_points", "own_record")
        assert NEW_MAILBOX not in str(audited(product, patient_id="maria"))
        assert NEW_MAILBOX not in str(told.everything())

    def test_to_what_stands_already_writes_nothing(self, product: Product) -> None:
        change(product, languages=["sv", "en"])
        before = record(product)

        answer = change(product, languages=["sv", "en"])

        assert answer.status == 200
        assert record(product) == before
        assert pending_of(product.app.documents, record(product)["id"]) is None

    @pytest.mark.parametrize(
        ("wanted", "field"),
        IMPOSSIBLE,
    )
    def test_to_what_cannot_be_is_refused_by_its_field(
        self, product: Product, wanted: dict[str, Any], field: str
    ) -> None:
        before = record(product)

        answer = change(product, **wanted)

        assert answer.status == 400
        assert any(one["field"].startswith(field) for one in answer.json["errors"]), answer.json
        assert record(product) == before

    def test_to_nothing_is_refused(self, product: Product) -> None:
        assert change(product).status == 422


class TestSomebodyElseChangesIt:
    def test_before_is_told_as_a_version_that_is_past(self, product: Product) -> None:
        etag = seen(product).headers["etag"]
        product.write(MARIA | {"gender": "other"})

        answer = change(product, if_match=etag, languages=["en"])

        assert (answer.status, answer.json["type"]) == (412, "/problems/details-changed-meanwhile")
        assert record(product)["gender"] == "other"

    def test_in_the_very_moment_loses_nothing(
        self, product: Product, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The desk corrects her sex between our reading and our writing."""
        record_of = type(product.app.record)
        genuine = record_of.transaction

        def meanwhile(record: Any, writes: Any) -> Any:
            genuine(record, [Write("PUT", "Patient", "maria", MARIA | {"gender": "other"})])
            return genuine(record, writes)

        etag = seen(product).headers["etag"]
        monkeypatch.setattr(record_of, "transaction", meanwhile)

        answer = change(product, if_match=etag, contact_points=[point("email", NEW_MAILBOX)])
        monkeypatch.undo()

        assert answer.status == 412
        assert record(product)["gender"] == "other"
        assert sent(product) == []
        outcomes = [
            one["outcome"]
            for one in audited(product, patient_id="maria")
            if one["what"] == "change_own_details"
        ]
        assert sorted(outcomes) == ["done", "refused"]

    def test_is_asked_for_by_the_version_seen(self, product: Product) -> None:
        answer = product.ask("PATCH", PATH, body={"languages": ["en"]}, token=product.patient("maria"))

        assert (answer.status, answer.json["errors"][0]["field"]) == (400, "If-Match")


class TestTheFormerContactPoints:
    def test_are_told_and_the_new_one_is_not(self, product: Product) -> None:
        """Whoever has her login would write themselves in and her out."""
        change(product, contact_points=[point("email", NEW_MAILBOX)])

        assert sorted(one.recipient.value for one in sent(product)) == [MOBILE, MAILBOX]
        assert all("Was it you?" in one.text.value for one in sent(product))
        assert {m["because"].partition(":")[0] for m in messages_of(product)} == {"details"}

    def test_are_told_by_night_though_the_login_has_just_said_no(self, product: Product) -> None:
        """Whoever has stolen it would first say that nobody is to write."""
        product.pass_by(timedelta(hours=11))
        for channel in ("sms", "email"):
            no = {"channel": channel, "purpose": "transactional", "choice": "opted_out"}
            said = product.ask("POST", "/api/me/consents", body=no, token=product.patient("maria"))
            assert said.status == 201

        change(product, contact_points=[point("email", NEW_MAILBOX)])

        assert sorted(one.recipient.value for one in sent(product)) == [MOBILE, MAILBOX]

    def test_are_told_though_somebody_has_made_advertising_of_the_notice(self, product: Product) -> None:
        """Outreach is off, and nobody has said yes to it."""
        maker, path = product.staff("marketing_manager"), "/api/templates/contact-details-changed"
        etag = product.ask("GET", path, token=maker).headers["etag"]
        way_out = "{% if false %}{{ unsubscribe_url }}{% endif %}"
        variants = [
            {"channel": "sms", "language": "en", "text": "Changed? STOP to stop"},
            {"channel": "email", "language": "en", "subject": "Changed", "text": f"Was it you?{way_out}"},
        ]
        body = TOLD | {"purpose": "commercial", "variants": variants}
        kept = product.ask("PUT", path, body=body, token=maker, If_Match=etag)
        assert kept.status == 200, kept.json
        off = dict.fromkeys(("chat", "booking", "surveys", "journeys", "segments"), True)
        off |= {"outreach": False, "why": "A wrong list"}
        switched = product.ask("PUT", "/api/features", body=off, token=product.staff("operator"))
        assert switched.status == 200, switched.json

        change(product, contact_points=[point("email", NEW_MAILBOX)])

        assert sorted(one.recipient.value for one in sent(product)) == [MOBILE, MAILBOX]

    def test_are_told_nothing_where_staff_wrote_down_that_nobody_may_write_there(
        self, product: Product
    ) -> None:
        """Who she has left reads that mailbox; what she then says herself takes that word from nobody."""
        no = {"channel": "email", "purpose": "transactional", "choice": "opted_out"}
        for path, token in (
            ("/api/patients/maria/consents", product.staff("care_coordinator")),
            ("/api/me/consents", product.patient("maria")),
        ):
            product.pass_by(timedelta(minutes=1))
            assert product.ask("POST", path, body=no, token=token).status == 201

        change(product, contact_points=[point("email", NEW_MAILBOX)])

        assert [one.recipient.value for one in sent(product)] == [MOBILE]
        (refused,) = [m for m in messages_of(product) if m["channel"] == "email"]
        assert (refused["state"], refused["reason"]) == ("refused", "opted_out")

    def test_are_not_told_of_a_new_language(self, product: Product) -> None:
        change(product, languages=["en"])

        assert sent(product) == []

    def test_are_told_once_though_the_answer_is_lost(
        self, product: Product, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The record has it, and we are cut off before we hear so: its own change says it."""
        genuine = type(product.app.record).transaction

        def cut_off(record: Any, writes: Any) -> Any:
            genuine(record, writes)
            raise TransientFault

        etag = seen(product).headers["etag"]
        monkeypatch.setattr(type(product.app.record), "transaction", cut_off)
        body = {"contact_points": [point("email", NEW_MAILBOX)]}
        answer = product.ask("PATCH", PATH, body=body, token=product.patient("maria"), If_Match=etag)
        monkeypatch.undo()
        before = len(sent(product))

        product.run()

        assert (answer.status, before) == (503, 0)
        assert sorted(one.recipient.value for one in sent(product)) == [MOBILE, MAILBOX]
        assert pending_of(product.app.documents, record(product)["id"]) is None

    @pytest.mark.parametrize(
        "other",
        [
            {"contact_points": [{"system": "email", "value": "thief@example.org"}]},
            {"name": {"given": "Maria", "family": "Berg"}},
        ],
        ids=["of-the-same", "asked-of-staff"],
    )
    def test_are_told_though_another_change_comes_at_the_same_moment(
        self, product: Product, monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]
    ) -> None:
        """Two browsers of whoever has taken over her login: neither hides the other."""
        record_of = type(product.app.record)
        genuine, etag = record_of.transaction, seen(product).headers["etag"]
        by_her_login = product.patient("maria")
        stored: list[Any] = []

        def meanwhile(record: Any, writes: Any) -> Any:
            """Let the other come when this one has been kept; this one is written first."""

            def after_it(of: Any, later: Any) -> Any:
                stored.append(genuine(record, writes))
                return genuine(of, later)

            monkeypatch.setattr(record_of, "transaction", after_it)
            product.ask("PATCH", PATH, body=other, token=by_her_login, If_Match=etag)
            return stored[0] if stored else genuine(record, writes)

        monkeypatch.setattr(record_of, "transaction", meanwhile)
        body = {"contact_points": [point("email", NEW_MAILBOX)]}
        answer = product.ask("PATCH", PATH, body=body, token=by_her_login, If_Match=etag)
        monkeypatch.undo()
        product.run()

        assert answer.status == 200
        assert [one["value"] for one in record(product)["telecom"] if one.get("rank") == 1] == [NEW_MAILBOX]
        assert sorted(one.recipient.value for one in sent(product)) == [MOBILE, MAILBOX]
        assert pending_of(product.app.documents, record(product)["id"]) is None

    def test_are_not_told_without_end(self, product: Product) -> None:
        """Anybody's address can be written in and out again; nobody is to be flooded so."""
        statuses = [
            change(product, contact_points=[point("email", f"somebody.{number % 2}@example.org")]).status
            for number in range(12)
        ]
        told = len(sent(product))
        other = change(product, languages=["en"]).status
        product.pass_by(timedelta(hours=1))

        assert statuses == [200] * 10 + [429] * 2
        assert (told, other) == (11, 200)
        assert change(product, contact_points=[point("email", MAILBOX)]).status == 200

    def test_are_told_nothing_where_nothing_came_of_it(
        self, product: Product, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def down(*_: Any) -> Any:
            raise TransientFault

        etag = seen(product).headers["etag"]
        monkeypatch.setattr(type(product.app.record), "transaction", down)
        body = {"contact_points": [point("email", NEW_MAILBOX)]}
        answer = product.ask("PATCH", PATH, body=body, token=product.patient("maria"), If_Match=etag)
        monkeypatch.undo()
        product.write(MARIA | {"gender": "other"})
        product.run()

        assert answer.status == 503
        assert sent(product) == []
        assert change(product, contact_points=[point("email", NEW_MAILBOX)]).status == 200

    def test_keep_their_words_and_lend_none_to_the_new_one(self, product: Product) -> None:
        """Her yes to advertising by text was for the old telephone."""
        yes = {"channel": "sms", "purpose": "commercial", "choice": "opted_in"}
        token = product.patient("maria")
        assert product.ask("POST", "/api/me/consents", body=yes, token=token).status == 201
        new = "+447700900123"

        change(product, contact_points=[point("phone", new, "mobile"), point("email", MAILBOX)])

        shown = product.ask("GET", "/api/me/consents", token=product.patient("maria")).json
        ours = product.app.contact_keys
        by_contact = {one["contact"]: one["consents"] for one in shown["contact_points"]}
        assert by_contact.get(ours.contact(Channel.SMS, new), []) == []


class TestWhatOnlyStaffChange:
    @pytest.mark.parametrize(
        ("wanted", "field", "words"),
        [
            ({"name": {"given": "Maria", "family": "O'Brien"}}, "name", "O'Brien"),
            ({"birth_date": "1980-02-29"}, "birth_date", "1980-02-29"),
            ({"gender": "male"}, "gender", "male"),
        ],
    )
    def test_is_asked_for_by_a_task(
        self, product: Product, wanted: dict[str, Any], field: str, words: str
    ) -> None:
        before = record(product)

        answer = change(product, **wanted)

        assert (answer.status, answer.json["requested"], answer.json["changed"]) == (200, [field], [])
        assert record(product) == before
        path = f"/api/tasks/{answer.json['task_id']}"
        task = product.ask("GET", path, token=product.staff("care_coordinator"))
        assert task.status == 200, task.json
        assert words in str(task.json)

    def test_is_everything_where_the_house_writes_no_patients(self, tmp_path: Path, issuer: Issuer) -> None:
        with a_product(tmp_path / "careful", issuer) as product:
            prepare(product, write_back=False)
            before = record(product)

            answer = change(product, contact_points=[point("email", NEW_MAILBOX)])

            assert (answer.json["changed"], answer.json["requested"]) == ([], ["contact_points"])
            assert record(product) == before
            assert sent(product) == []

    def test_is_what_the_house_says(self, tmp_path: Path, issuer: Issuer) -> None:
        with a_product(tmp_path / "some", issuer, patients_may_change=("languages", "name")) as product:
            prepare(product)
            name = {"given": "Marie", "family": "Curie"}

            answer = change(
                product, languages=["en"], contact_points=[point("email", NEW_MAILBOX)], name=name
            )

            assert answer.json["changed"] == ["languages"]
            assert answer.json["requested"] == ["contact_points", "name"], "names never are"
            assert record(product)["telecom"] == MARIA["telecom"]


class TestWhoMayNot:
    def test_is_who_acts_for_somebody(self, product: Product) -> None:
        headers = {"On_Behalf_Of": "maria", "If_Match": "1"}
        product.write(a_patient("john", mail="john@example.org"))

        answer = product.ask(
            "PATCH", PATH, body={"languages": ["en"]}, token=product.patient("john"), **headers
        )

        assert (answer.status, answer.json["type"]) == (403, "/problems/not-on-behalf")

    def test_is_whose_record_is_out_of_use(self, product: Product) -> None:
        product.write(MARIA | {"active": False})

        assert change(product, languages=["en"]).status == 422
