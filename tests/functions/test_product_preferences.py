"""Links by which readers say what they want: opened, forged, late and clicked by machines (CO-6, CO-7)."""

import base64
import html
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.access.ports import SealPurpose
from shared.fhir.ports import SearchParameters
from shared.messaging.decision import Decision
from shared.messaging.deliver_message import outgoing
from shared.patients.contact_keys import contact_partition
from shared.patients.model import Channel
from tests.support.issuer import Issuer
from tests.support.product import Product, a_product
from tests.support.product_newsletter import (
    LETTER,
    ONE_CLICK,
    PROFILE,
    clicks_once,
    fills_in,
    link_of,
    open_newsroom,
    opens,
    said,
    write_to,
)
from tests.support.product_story import (
    JOHNS_MAILBOX,
    MAILBOX,
    MOBILE,
    a_patient,
    audited,
    messages_of,
    sent,
    states_of,
)


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        yield open_newsroom(one)


@pytest.fixture
def link(product: Product) -> str:
    """Let Maria be written to; give the link that she gets."""
    write_to(product)
    product.run()
    return link_of(product)


def mail_of(product: Product) -> str:
    return product.app.contact_keys.contact(Channel.EMAIL, MAILBOX)


def field(product: Product, topic: str = "screening", purpose: str = "commercial") -> str:
    return f"{mail_of(product)}~{purpose}~{topic}"


def shown(product: Product, link: str) -> dict[str, Any]:
    answer = product.ask("GET", f"/api/preferences/{link}")
    assert answer.status == 200, answer.json
    return answer.json


def stands(product: Product, link: str, topic: str | None = "screening") -> str:
    (own, *_) = shown(product, link)["contact_points"]
    (found,) = [
        one["choice"]
        for one in own["preferences"]
        if one["purpose"] == "commercial" and one["topic"] == topic
    ]
    return found


class TestTheLetter:
    def test_says_whose_it_is_and_how_to_stop_more(self, product: Product, link: str) -> None:
        (letter,) = sent(product)

        assert "Ansgarsgatan 1" in letter.text.value
        assert f"/p/{link}" in letter.text.value

    def test_tells_mail_programs_where_one_click_goes(self, product: Product, link: str) -> None:
        partition = contact_partition(mail_of(product))
        (decided,) = product.app.documents.list(partition, "decision", Decision).items

        way_out = outgoing(decided.body).way_out or ""

        place, _, sealed = way_out.rpartition("/")
        assert place.endswith("/u")
        assert sealed == link
        assert clicks_once(product, sealed).status == 200

    def test_tells_nobody_whose_address_it_went_to(self, link: str) -> None:
        told = base64.urlsafe_b64decode(link.split(".")[1] + "==").decode()

        assert '"c":"email~' in told
        assert not any(word in told for word in (MAILBOX, MOBILE, "Lindqvist"))

    def test_is_not_kept_under_a_profile_that_does_not_know_its_topic(self, product: Product) -> None:
        strange = LETTER | {"topic": "lottery"}

        answer = product.ask(
            "PUT", "/api/templates/lottery", body=strange, token=product.staff("marketing_manager")
        )

        assert (answer.status, answer.fields) == (400, {"topic"})


class TestThePage:
    def test_may_be_opened_any_number_of_times(self, product: Product, link: str) -> None:
        before = product.footprint()

        pages = [opens(product, link), product.ask("GET", f"/u/{link}"), opens(product, link)]

        assert [page.status for page in pages] == [200, 200, 200]
        assert all("<form" in page.body.decode() for page in pages)
        assert product.footprint() == before

    def test_shows_what_is_active_and_masks_every_address(self, product: Product, link: str) -> None:
        page = html.unescape(opens(product, link).body.decode())

        assert "Mammography & more" in page
        assert "Courses" in page
        assert "Magazine" not in page
        assert "Ansgarsgatan 1" in page
        assert "m•••@e•••.org" in page
        assert "•••605" in page
        assert not any(whole in page for whole in (MAILBOX, MOBILE))

    def test_keeps_a_choice_as_the_patients_word(self, product: Product, link: str) -> None:
        form = f"{field(product)}=no&{field(product, 'courses')}=".encode()

        page = fills_in(product, link, form)
        product.run()

        assert page.status == 200
        assert "We have noted" in page.body.decode()
        (word,) = said(product)
        assert (word["how"], word["consent"]["source"], word["consent"]["topic"]) == (
            "preference_centre",
            "patient",
            "screening",
        )
        assert word["who"] == f"link|{mail_of(product)}"
        assert [entry["what"] for entry in audited(product, patient_id="maria")][:1] == ["save_preferences"]

    def test_said_again_changes_nothing(self, product: Product, link: str) -> None:
        form = f"{field(product)}=no".encode()
        fills_in(product, link, form)
        product.run()
        before = product.footprint()

        again = fills_in(product, link, form)

        assert again.status == 200
        assert product.footprint() == before

    def test_takes_a_yes_back_and_gives_it_again(self, product: Product, link: str) -> None:
        for choice, stood in (("yes", "opted_in"), ("no", "opted_out"), ("yes", "opted_in")):
            fills_in(product, link, f"{field(product)}={choice}".encode())
            assert stands(product, link) == stood

        assert [one["consent"]["choice"] for one in said(product)] == ["opted_in", "opted_out", "opted_in"]

    def test_hears_a_no_for_all_contact_points_but_a_yes_only_for_its_own(
        self, product: Product, link: str
    ) -> None:
        phone = f"{product.app.contact_keys.contact(Channel.SMS, MOBILE)}~commercial~"
        no, yes = f"{phone}=no".encode(), f"{phone}=yes".encode()

        assert fills_in(product, link, no).status == 200
        assert fills_in(product, link, yes).status == 403
        assert [one["consent"]["choice"] for one in said(product)] == ["opted_out"]

    @pytest.mark.parametrize(
        ("form", "status"),
        [(b"sms~0~commercial~=no", 400), (b"\xff\xfe", 400), (b"x=no&x=yes", 400), (b"x" * 300_000, 413)],
    )
    def test_keeps_nothing_of_what_it_does_not_show(
        self, product: Product, link: str, form: bytes, status: int
    ) -> None:
        before = product.footprint()

        assert fills_in(product, link, form).status == status
        assert product.footprint() == before

    def test_keeps_neither_of_two_answers_to_one_question(self, product: Product, link: str) -> None:
        both = f"{field(product)}=no&{field(product)}=yes".encode()

        assert fills_in(product, link, both).status == 400
        assert said(product) == []

    def test_is_open_to_whoever_is_gone_from_the_record(self, product: Product, link: str) -> None:
        product.delete("Patient", "maria")

        page = fills_in(product, link, f"{field(product)}=no".encode())

        assert page.status == 200
        assert "the address this message came to" in page.body.decode()
        assert stands(product, link) == "opted_out"

    def test_speaks_the_readers_language(self, product: Product, link: str) -> None:
        swedish = [{"language": {"coding": [{"code": "sv-SE"}]}, "preferred": True}]
        product.write(a_patient("maria", communication=swedish))

        assert "Vad får vi skriva till dig om?" in opens(product, link).body.decode()


class TestALink:
    def test_expires_after_six_months_and_says_so(self, product: Product, link: str) -> None:
        product.clock.pass_by(timedelta(days=182))
        assert opens(product, link).status == 200
        product.clock.pass_by(timedelta(days=2))
        before = product.footprint()

        late = [opens(product, link), fills_in(product, link, f"{field(product)}=no".encode())]
        told = product.ask("POST", f"/api/preferences/{link}", body={"preferences": []})

        assert [page.status for page in late] == [410, 410]
        assert all("has expired" in page.body.decode() for page in late)
        assert all("<form" not in page.body.decode() for page in late)
        assert shown(product, link)["stands"] == "expired"
        assert (told.status, told.json["title"]) == (
            403,
            "The link has expired; a newer message has a newer one, or ring us.",
        )
        assert product.footprint() == before

    def test_that_is_forged_opens_nothing(self, product: Product, link: str) -> None:
        head, claims, proof = link.split(".")
        forged = [f"{head}.{claims}.{proof[::-1]}", f"{head}.{claims}.", f"{head}.{claims[:-4]}AAAA.{proof}"]
        before = product.footprint()

        pages = [
            page
            for bad in forged
            for page in (opens(product, bad), fills_in(product, bad, b""), clicks_once(product, bad))
        ]

        assert {page.status for page in pages} == {403}
        assert product.footprint() == before

    def test_that_is_guessed_at_again_and_again_makes_whoever_guesses_wait(
        self, product: Product, link: str
    ) -> None:
        guesses = [opens(product, f"{link}{number}").status for number in range(31)]
        product.clock.pass_by(timedelta(seconds=59))
        last = opens(product, f"{link}x")

        assert (guesses, last.status) == ([403] * 30 + [429], 429)
        assert opens(product, link).status == 200
        product.clock.pass_by(timedelta(seconds=1))
        assert opens(product, f"{link}x").status == 403

    def test_for_a_survey_opens_no_preferences(self, product: Product, link: str) -> None:
        until = product.clock.now() + timedelta(days=1)
        survey = product.app.seals.seal(SealPurpose.SURVEY, {"s": "csat", "i": "1"}, expires_at=until)
        hollow = product.app.seals.seal(SealPurpose.PREFERENCES, {"c": "fax~1"}, expires_at=until)

        assert link
        assert [opens(product, one).status for one in (survey, hollow)] == [403, 403]


class TestOneClick:
    def test_takes_back_the_topic_of_the_message(self, product: Product, link: str) -> None:
        page = clicks_once(product, link)
        product.run()

        assert page.status == 200
        assert "no more of these" in page.body.decode()
        assert (stands(product, link), stands(product, link, None)) == ("opted_out", "not_set")
        (word,) = said(product)
        assert word["how"] == "one_click"

    def test_takes_back_the_purpose_where_the_profile_wants_that(self, product: Product, link: str) -> None:
        path, maker = "/api/compliance-profiles/womens-health", product.staff("marketing_manager")
        etag = product.ask("GET", path, token=maker).json["etag"]
        body = PROFILE | {"unsubscribe": "purpose"}
        assert product.ask("PUT", path, body=body, token=maker, If_Match=etag).status == 200

        clicks_once(product, link)

        assert stands(product, link, None) == "opted_out"

    def test_is_heard_however_a_mail_program_spells_it(self, product: Product, link: str) -> None:
        body = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'

        assert clicks_once(product, link, body, "multipart/form-data; boundary=x").status == 200
        assert stands(product, link) == "opted_out"

    def test_is_heard_also_when_the_link_has_expired(self, product: Product, link: str) -> None:
        product.clock.pass_by(timedelta(days=300))

        assert clicks_once(product, link).status == 200
        (word,) = said(product)
        assert word["consent"]["choice"] == "opted_out"

    def test_posted_again_is_heard_once(self, product: Product, link: str) -> None:
        clicks_once(product, link)
        product.run()
        before = product.footprint()

        assert clicks_once(product, link, ONE_CLICK).status == 200
        assert product.footprint() == before

    @pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=Two-Clicks", b"{}"])
    def test_is_nothing_else_than_what_is_wanted(self, product: Product, link: str, body: bytes) -> None:
        assert clicks_once(product, link, body).status == 400
        assert said(product) == []

    def test_stops_a_message_that_is_waiting_already(self, product: Product, link: str) -> None:
        product.pass_by(timedelta(hours=25))
        write_to(product, named="n2")
        product.run(but="deliveries")
        assert [message["state"] for message in messages_of(product)] == ["accepted", "requested"]

        clicks_once(product, link)
        product.run()

        assert len(sent(product)) == 1
        assert states_of(product)[-1] == ("email", "refused", "opted_out_of_topic")

    def test_stops_nobody_else(self, product: Product, link: str) -> None:
        clicks_once(product, link)

        write_to(product, "john", named="n3")
        product.run()

        assert sent(product)[-1].recipient.value == JOHNS_MAILBOX


class TestTheRecord:
    def test_is_told_of_a_no_and_goes_on_as_it_was(self, product: Product, link: str) -> None:
        """What we have written comes back as a change event, and nothing follows from it."""
        clicks_once(product, link)
        product.run()
        before = product.footprint()

        product.run()
        (written,) = product.app.record.search("Consent", SearchParameters((("patient", "maria"),))).matches

        assert written["provision"]["type"] == "deny"
        assert product.footprint() == before
        assert len(said(product)) == 1

    @pytest.mark.parametrize(("is_on", "state"), [(False, "accepted"), (True, "refused")])
    def test_is_heard_about_a_former_systems_flags_only_where_that_is_switched_on(
        self, tmp_path: Path, issuer: Issuer, state: str, *, is_on: bool
    ) -> None:
        with a_product(tmp_path / "other", issuer, honour_legacy_flags=is_on) as other:
            open_newsroom(other)
            flag = {"url": "urn:patient-engagement:legacy-flag:do-not-bulk-email", "valueBoolean": True}
            other.write(a_patient("maria", extension=[flag]))
            write_to(other)
            other.run()

            assert [message["state"] for message in messages_of(other)] == [state]
