"""A yes that counts only once whoever reads the address has confirmed it (CO-8)."""

import re
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.local_messages import LocalMessage
from shared.consent.model import ConfirmationRequested
from shared.kernel.announcements import Announcement
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.model import Channel
from tests.support.issuer import Issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_newsletter import (
    PLEASE_CONFIRM,
    PROFILE,
    YES,
    link_of,
    open_newsroom,
    said,
    write_to,
)
from tests.support.product_newsletter import opens as opens_preferences
from tests.support.product_story import (
    JOHNS_MAILBOX,
    JOHNS_MOBILE,
    MAILBOX,
    MOBILE,
    a_patient,
    audited,
    messages_of,
    parked,
    report,
    sent,
)


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        open_newsroom(one)
        template = PLEASE_CONFIRM
        maker = one.staff("marketing_manager")
        assert one.ask("PUT", "/api/templates/please-confirm", body=template, token=maker).status == 200
        wants(one, "every_submit")
        yield one


def wants(product: Product, when: str, template: str | None = "please-confirm", **more: Any) -> None:
    path, maker = "/api/compliance-profiles/womens-health", product.staff("marketing_manager")
    etag = product.ask("GET", path, token=maker).json["etag"]
    body = PROFILE | {"double_opt_in": when, "confirmed_by": template} | more
    kept = product.ask("PUT", path, body=body, token=maker, If_Match=etag)
    assert kept.status == 200, kept.json


def says_yes(product: Product, **more: Any) -> Answer:
    answer = product.ask("POST", "/api/me/opt-ins", body=YES | more, token=product.patient("maria"))
    product.run()
    return answer


def moved() -> dict[str, Any]:
    """Give Maria with another mailbox; the one she had is kept as old."""
    old, new = {"value": MAILBOX, "use": "old"}, {"value": "maria.new@example.org"}
    mobile = {"system": "sms", "value": MOBILE}
    return a_patient(telecom=[mobile, *({"system": "email"} | one for one in (old, new))])


def link(product: Product) -> str:
    found = re.search(r"/c/([\w.-]+)", sent(product)[-1].text.value)
    assert found
    return found[1]


def opens(product: Product, sealed: str) -> Answer:
    return product.ask("GET", f"/c/{sealed}")


def told_by(page: Answer) -> list[str]:
    """Give what a page says has come of it, and of what."""
    return re.findall(r"<(?:p role=.status.|li)>([^<]+)<", page.body.decode())


def confirms(product: Product, sealed: str) -> Answer:
    answer = product.ask("POST", f"/c/{sealed}")
    product.run()
    return answer


def words(product: Product) -> list[tuple[str, str | None, str]]:
    return [(one["consent"]["choice"], one["consent"]["topic"], one["how"]) for one in said(product)]


def a_no_in_the_record(product: Product) -> dict[str, Any]:
    """Build a Consent of the clinic's own that forbids all advertising."""
    return {
        "resourceType": "Consent",
        "id": "no-advertising",
        "status": "active",
        "scope": {"coding": [{"code": "patient-privacy"}]},
        "category": [{"coding": [{"code": "59284-0"}]}],
        "patient": {"reference": "Patient/maria"},
        "dateTime": product.clock.now().isoformat(),
        "policyRule": {"coding": [{"code": "OPTOUT"}]},
        "provision": {"type": "deny", "purpose": [{"code": "HMARKT"}]},
    }


CONFIRMED = [("opted_in", "screening", "confirmed"), ("opted_in", None, "confirmed")]


class TestAYes:
    def test_is_written_down_only_when_it_is_confirmed(self, product: Product) -> None:
        taken = says_yes(product)
        before = words(product)

        page = confirms(product, link(product))

        assert (taken.status, taken.json["outcome"]) == (202, "to_be_confirmed")
        assert before == []
        assert page.status == 200
        assert "It is confirmed" in page.body.decode()
        assert words(product) == CONFIRMED
        assert {"ask_to_opt_in", "confirm_consent"} <= {
            entry["what"] for entry in audited(product, patient_id="maria")
        }

    def test_is_asked_about_at_the_very_address_that_it_is_for(self, product: Product) -> None:
        second = "maria.work@example.org"
        telecom = [
            {"system": "email", "value": MAILBOX, "rank": 1},
            {"system": "email", "value": second, "rank": 2},
        ]
        product.write(a_patient("maria", telecom=telecom))

        says_yes(product, address=second)

        (message,) = sent(product)
        assert message.recipient.value == second

    def test_for_somebody_elses_address_is_refused(self, product: Product) -> None:
        answer = says_yes(product, address=JOHNS_MAILBOX)

        assert answer.status == 422
        assert sent(product) == []

    def test_for_an_address_that_is_theirs_no_more_is_refused(self, product: Product) -> None:
        """Whoever has that mailbox now is a stranger."""
        product.write(moved())

        answer = says_yes(product)

        assert answer.status == 422
        assert sent(product) == []

    def test_sent_twice_under_one_key_asks_once(self, product: Product) -> None:
        for _ in range(2):
            answer = product.ask(
                "POST", "/api/me/opt-ins", body=YES, token=product.patient("maria"), Idempotency_Key="form-1"
            )
            assert answer.status == 202
            product.run()

        assert len(sent(product)) == 1

    def test_asks_no_address_without_end(self, product: Product) -> None:
        """Patients write in addresses of their own, and may write in anybody's."""
        statuses = [says_yes(product).status for _ in range(12)]

        assert statuses == [202] * 10 + [429] * 2
        assert len(sent(product)) == 10

    def test_is_recorded_at_once_where_the_profile_wants_no_confirmation(self, product: Product) -> None:
        wants(product, "never", None)

        assert says_yes(product).json["outcome"] == "recorded"
        assert [word[2] for word in words(product)] == ["portal", "portal"]
        assert sent(product) == []

    def test_is_confirmed_once_for_a_new_contact_point(self, product: Product) -> None:
        wants(product, "new_contacts")
        assert says_yes(product).json["outcome"] == "to_be_confirmed"
        confirms(product, link(product))

        again = says_yes(product, matters=[{"purpose": "commercial", "topic": "courses"}])

        assert again.json["outcome"] == "recorded"
        assert words(product)[-1] == ("opted_in", "courses", "portal")

    def test_is_parked_where_nothing_can_be_sent_that_asks(self, product: Product) -> None:
        wants(product, "every_submit", "screening")

        says_yes(product)

        assert [one["reason"] for one in parked(product)] == ["CannotAskForConfirmation"]
        assert words(product) == []

    @pytest.mark.parametrize(
        ("more", "status"),
        [
            ({"profile_id": "none"}, 404),
            ({"matters": []}, 400),
            ({"matters": [{"purpose": "tracking"}]}, 400),
            ({"matters": [{"purpose": "commercial", "topic": "lottery"}]}, 400),
            ({"matters": [{"purpose": "commercial"}] * 2}, 400),
            ({"channel": "pigeon"}, 400),
        ],
    )
    def test_to_what_nobody_offers_is_refused(
        self, product: Product, more: dict[str, Any], status: int
    ) -> None:
        assert says_yes(product, **more).status == status
        assert sent(product) == []

    def test_under_a_profile_that_is_retired_is_refused(self, product: Product) -> None:
        wants(product, "every_submit", state="inactive")

        assert says_yes(product).status == 422


class TestTheLink:
    def test_shows_what_it_is_about_and_changes_nothing_by_being_opened(self, product: Product) -> None:
        says_yes(product)
        before = product.footprint()

        pages = [opens(product, link(product)) for _ in range(3)]

        assert {page.status for page in pages} == {200}
        assert "Screening" in pages[0].body.decode()
        assert product.footprint() == before
        assert words(product) == []

    def test_confirmed_again_changes_nothing(self, product: Product) -> None:
        says_yes(product)
        confirms(product, link(product))
        before = product.footprint()

        assert confirms(product, link(product)).status == 200
        assert product.footprint() == before

    def test_never_takes_back_a_no_that_was_said_since(self, product: Product) -> None:
        says_yes(product)
        sealed = link(product)
        confirms(product, sealed)
        product.clock.pass_by(timedelta(hours=1))
        no = {"channel": "email", "purpose": "commercial", "topic": "screening", "choice": "opted_out"}
        product.ask("POST", "/api/me/consents", body=no, token=product.patient("maria"))

        page = confirms(product, sealed)

        assert words(product) == [*CONFIRMED, ("opted_out", "screening", "portal")]
        assert told_by(page) == ["Thank you. It is confirmed.", "Invitations"]

    def test_never_takes_back_a_no_that_the_record_has_heard_since(self, product: Product) -> None:
        """The clinic writes down in its own system what Maria says on the telephone."""
        says_yes(product)
        product.clock.pass_by(timedelta(hours=1))
        product.write(a_no_in_the_record(product))
        product.clock.pass_by(timedelta(hours=1))

        confirms(product, link(product))

        assert words(product) == [("opted_in", "screening", "confirmed")]
        write_to(product, named="after")
        product.run()
        assert len(sent(product)) == 1, "only what asked her to confirm"

    def test_never_takes_back_what_another_has_forbidden_at_the_address_since(self, product: Product) -> None:
        product.write(a_patient("john", phone=JOHNS_MOBILE))
        says_yes(product)
        product.clock.pass_by(timedelta(hours=1))
        no = {"channel": "email", "purpose": "commercial", "choice": "opted_out"}
        heard = product.ask("POST", "/api/me/consents", body=no, token=product.patient("john"))

        page = confirms(product, link(product))

        assert heard.status == 201
        assert words(product) == [("opted_in", "screening", "confirmed")]
        assert told_by(page) == ["Thank you. It is confirmed.", "Screening"]

    def test_says_of_a_yes_that_is_kept_out_what_it_says_of_a_link_that_has_expired(
        self, product: Product
    ) -> None:
        """Whoever holds the link, and perhaps not Maria, does not learn that somebody has said no."""
        says_yes(product)
        sealed = link(product)
        product.clock.pass_by(timedelta(hours=1))
        for topic in ("screening", None):
            no = {"channel": "email", "purpose": "commercial", "topic": topic, "choice": "opted_out"}
            product.ask("POST", "/api/me/consents", body=no, token=product.patient("maria"))
        overtaken = confirms(product, sealed)
        product.clock.pass_by(timedelta(days=28))
        expired = confirms(product, sealed)

        assert (overtaken.status, overtaken.body) == (expired.status, expired.body)
        assert "no longer valid" in overtaken.body.decode()

    def test_expires_after_28_days(self, product: Product) -> None:
        says_yes(product)
        sealed = link(product)
        product.clock.pass_by(timedelta(days=28, seconds=1))

        late = [opens(product, sealed), confirms(product, sealed)]

        assert [page.status for page in late] == [410, 410]
        assert all("no longer valid" in page.body.decode() for page in late)
        assert words(product) == []

    def test_is_not_one_for_preferences_nor_the_other_way_round(self, product: Product) -> None:
        says_yes(product)
        confirming = link(product)
        write_to(product)
        product.run()

        crossed = [
            opens_preferences(product, confirming),
            opens(product, link_of(product)),
            confirms(product, link_of(product)),
        ]

        assert [page.status for page in crossed] == [403, 403, 403]
        assert words(product) == []


WEEK = timedelta(days=7)


class TestAReminder:
    """Maria is asked again after three days, and after ten, while she has said nothing."""

    @pytest.fixture(autouse=True)
    def _reminded(self, product: Product) -> None:
        wants(product, "every_submit", reminded_after=[3, 10])

    def test_comes_on_its_days_with_the_first_link_and_no_more(self, product: Product) -> None:
        says_yes(product)
        first = link(product)

        product.pass_by(timedelta(days=2, hours=23))
        early = len(sent(product))
        for _ in range(30):
            product.pass_by(timedelta(days=1))

        assert early == 1
        assert [link_in(one) for one in sent(product)] == [first] * 3
        assert words(product) == []

    def test_does_not_come_once_it_is_confirmed(self, product: Product) -> None:
        says_yes(product)
        product.pass_by(timedelta(days=4))
        confirms(product, link(product))

        product.pass_by(WEEK * 3)

        assert len(sent(product)) == 2
        assert words(product) == CONFIRMED

    @pytest.mark.parametrize(
        "no",
        [
            {"purpose": "commercial", "topic": "screening"},
            {"purpose": "commercial"},
            {"purpose": "transactional"},
        ],
    )
    def test_does_not_come_after_a_no(self, product: Product, no: dict[str, Any]) -> None:
        says_yes(product)
        product.clock.pass_by(timedelta(hours=1))
        said = {"channel": "email", "choice": "opted_out"} | no
        product.ask("POST", "/api/me/consents", body=said, token=product.patient("maria"))

        product.pass_by(WEEK * 2)

        assert len(sent(product)) == 1

    def test_does_not_come_to_an_address_that_is_theirs_no_more(self, product: Product) -> None:
        says_yes(product)
        product.write(moved())

        product.pass_by(WEEK * 3)

        assert len(sent(product)) == 1

    def test_does_not_come_after_a_no_in_the_record(self, product: Product) -> None:
        says_yes(product)
        product.clock.pass_by(timedelta(hours=1))
        product.write(a_no_in_the_record(product))

        product.pass_by(WEEK * 2)

        assert len(sent(product)) == 1

    def test_does_not_come_where_the_first_came_back(self, product: Product) -> None:
        says_yes(product)
        report(product, sent(product)[0].request_id, "NotDelivered", "full-mailbox")
        product.run()

        product.pass_by(WEEK * 2)

        assert len(sent(product)) == 1

    def test_of_an_older_yes_gives_way_to_a_newer_one(self, product: Product) -> None:
        says_yes(product)
        product.pass_by(timedelta(days=1))
        says_yes(product)
        newer = link(product)

        product.pass_by(WEEK * 3)

        assert [link_in(one) for one in sent(product)[1:]] == [newer] * 3

    def test_does_not_come_once_the_profile_is_retired(self, product: Product) -> None:
        says_yes(product)
        wants(product, "every_submit", reminded_after=[3, 10], state="inactive")

        product.pass_by(WEEK * 2)

        assert len(sent(product)) == 1

    def test_told_twice_is_sent_once(self, product: Product) -> None:
        says_yes(product)
        (first,) = sent(product)
        told = ConfirmationRequested(
            request_id=messages_of(product)[0]["because"].removeprefix("opt-in:"),
            patient_id=PatientId("maria"),
            contact=messages_of(product)[0]["contact"],
            channel=Channel.EMAIL,
            address=first.recipient,
            template_id="please-confirm",
            confirm_url=Sensitive(f"https://x/c/{link(product)}"),
            until=product.clock.now() + timedelta(days=28),
            reminder=1,
        )
        product.pass_by(timedelta(days=4))

        for number in range(3):
            product.app.publisher.publish([Announcement(told, f"again~{number}", ("again", number))])
            product.run()

        assert len(sent(product)) == 2

    def test_waits_for_the_end_of_a_quiet_night(self, tmp_path: Path, issuer: Issuer) -> None:
        with a_product(tmp_path / "night", issuer, at=datetime(2026, 11, 2, 22, 30, tzinfo=UTC)) as product:
            open_newsroom(product)
            maker = product.staff("marketing_manager")
            text = {"channel": "sms", "language": "en", "text": "Confirm: {{ confirm_url }}"}
            body = PLEASE_CONFIRM | {"variants": [text]}
            product.ask("PUT", "/api/templates/please-confirm", body=body, token=maker)
            wants(product, "every_submit", reminded_after=[1])
            says_yes(product, channel="sms", address=MOBILE)
            product.pass_by(timedelta(hours=12))
            morning = len(sent(product))

            product.pass_by(timedelta(hours=13))
            night = len(sent(product))
            product.pass_by(timedelta(hours=10))

            assert (morning, night, len(sent(product))) == (1, 1, 2)

    @pytest.mark.parametrize("days", [[0], [28], [3, 3], [10, 3], [1, 2, 3, 4]])
    def test_is_not_kept_where_it_cannot_be(self, product: Product, days: list[int]) -> None:
        path, maker = "/api/compliance-profiles/womens-health", product.staff("marketing_manager")
        etag = product.ask("GET", path, token=maker).json["etag"]
        body = PROFILE | {"double_opt_in": "every_submit", "confirmed_by": "please-confirm"}

        kept = product.ask("PUT", path, body=body | {"reminded_after": days}, token=maker, If_Match=etag)

        assert (kept.status, kept.json["errors"][0]["field"]) == (400, "reminded_after")


def link_in(message: LocalMessage) -> str:
    found = re.search(r"/c/([\w.-]+)", message.text.value)
    assert found
    return found[1]
