"""What every `MessageProvider` promises, to the embedded outbox and to real servers over real sockets."""

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.own_host import a_free_port
from shared.adapters.errand import Errand, in_time
from shared.adapters.gateway_sms import GatewaySms
from shared.adapters.local_messages import LocalMessages
from shared.adapters.smtp import SmtpEmail
from shared.consent.model import Purpose
from shared.kernel.identity import PatientId
from shared.kernel.refusals import TransientFault
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import BounceCategory, Channel, Rendered
from shared.messaging.ports import (
    Accepted,
    CannotSay,
    MessageProvider,
    NotThere,
    OutcomeUnknown,
    Outgoing,
    Rejected,
)
from tests.support.ordeal import Sink
from tests.support.scripted_server import Step, a_server_that_says, a_server_that_trickles, http_answer

SECRET = Sensitive("between the gateway and us")
CONTACT = "sms~" + "ab" * 20
PLANTED = "+447700900123"


def a_message(name: str = "m1", to: str = PLANTED, **more: Any) -> Outgoing:
    rendered = Rendered("en", "Dear Ada,\n.book soon", "Your blood sugar", "<p>Dear Ada</p>")
    settled: dict[str, Any] = {
        "request_id": f"{CONTACT}~{name}",
        "channel": Channel.SMS,
        "to": Sensitive(to),
        "rendered": Sensitive(rendered),
        "purpose": Purpose.TRANSACTIONAL,
        "patient_id": PatientId("ada"),
        "because": "enrolment~1",
    }
    return Outgoing(**{**settled, **more})


def a_mail(name: str = "m1", to: str = "ada@example.org", **more: Any) -> Outgoing:
    return a_message(name, to, channel=Channel.EMAIL, **more)


@dataclass
class Provided:
    """A provider, a message for it, and what has really reached the other side, by address and text."""

    provider: MessageProvider
    message: Callable[[str], Outgoing]
    arrived: Callable[[], list[tuple[str, str]]]


def _local(folder: Path) -> Generator[Provided]:
    outbox = LocalMessages(folder / "messages.db")
    yield Provided(
        outbox, a_message, lambda: [(m.recipient.value, m.text.value) for m in outbox.list().items]
    )
    outbox.close()


def _gateway(folder: Path) -> Generator[Provided]:
    yield from _over_http(folder, honours_keys=True)


def _forgetful_gateway(folder: Path) -> Generator[Provided]:
    yield from _over_http(folder, "--forgets-keys", honours_keys=False)


def _over_http(folder: Path, *options: str, honours_keys: bool) -> Generator[Provided]:
    with Sink(folder, options).running() as sink, httpx.Client(trust_env=False) as client:
        url = f"http://127.0.0.1:{sink.port}/messages"
        gateway = GatewaySms(url, SECRET, client, honours_keys=honours_keys)
        yield Provided(gateway, a_message, lambda: _accepted(sink))


def _smtp(folder: Path) -> Generator[Provided]:
    with Sink(folder).running() as sink:
        email = SmtpEmail("127.0.0.1", sink.smtp_port, "clinic@example.org")
        yield Provided(email, a_mail, lambda: _accepted(sink))


def _accepted(sink: Sink) -> list[tuple[str, str]]:
    return [(e["to"], e["text"].strip()) for e in sink.entries() if e["outcome"] == "accepted"]


PROVIDERS = {
    "local_messages": _local,
    "gateway": _gateway,
    "forgetful_gateway": _forgetful_gateway,
    "smtp": _smtp,
}


@pytest.fixture(params=PROVIDERS)
def provided(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Provided]:
    yield from PROVIDERS[request.param](tmp_path)


class TestEveryProvider:
    def test_delivers_the_text_to_the_address(self, provided: Provided) -> None:
        message = provided.message("m1")

        answer = provided.provider.send(message)

        assert isinstance(answer, Accepted)
        assert answer.provider_reference
        assert provided.arrived() == [(message.to.value, "Dear Ada,\n.book soon")]

    def test_sends_once_under_one_key_if_it_honours_keys(self, provided: Provided) -> None:
        first = provided.provider.send(provided.message("m1"))
        second = provided.provider.send(provided.message("m1"))
        provided.provider.send(provided.message("m2"))

        times = 2 if provided.provider.honours_keys else 3
        assert len(provided.arrived()) == times
        assert (first == second) or not provided.provider.honours_keys

    def test_says_what_it_knows_of_a_message(self, provided: Provided) -> None:
        sent = provided.provider.send(provided.message("m1"))

        known = provided.provider.look_up(provided.message("m1").request_id)
        unknown = provided.provider.look_up(provided.message("m2").request_id)

        if provided.provider.honours_keys:
            assert (known, unknown) == (sent, NotThere())
        else:
            assert (known, unknown) == (CannotSay(), CannotSay())


class TestLocalMessages:
    def test_keep_what_was_sent_through_a_restart(self, tmp_path: Path) -> None:
        before = LocalMessages(tmp_path / "messages.db")
        before.send(a_message("m1"))
        before.close()

        after = LocalMessages(tmp_path / "messages.db")
        after.send(a_message("m1"))
        after.send(a_message("m2"))
        page = after.list(limit=1)
        rest = after.list(limit=1, after=page.next)
        after.close()

        assert [message.request_id for message in (*page.items, *rest.items)] == [
            f"{CONTACT}~m2",
            f"{CONTACT}~m1",
        ]
        assert rest.next is None


def posted(*steps: Step, honours_keys: bool = True) -> Accepted | Rejected:
    with a_server_that_says(*steps) as port, httpx.Client(trust_env=False) as client:
        gateway = GatewaySms(f"http://127.0.0.1:{port}/messages", SECRET, client, honours_keys=honours_keys)
        return gateway.send(a_message())


END_OF_JSON = b"}}"
A_MOMENT = timedelta(milliseconds=300)


class TestGatewaySms:
    def test_knows_that_nobody_took_it_where_nobody_listens(self) -> None:
        nobody = f"http://127.0.0.1:{a_free_port()}/messages"

        with httpx.Client(trust_env=False) as client, pytest.raises(TransientFault):
            GatewaySms(nobody, SECRET, client).send(a_message())

    def test_does_not_know_when_the_answer_is_lost(self) -> None:
        with pytest.raises(OutcomeUnknown):
            posted((END_OF_JSON, b""))

    def test_does_not_know_after_an_answer_that_says_nothing(self) -> None:
        with pytest.raises(OutcomeUnknown):
            posted((END_OF_JSON, http_answer("200 OK", b"<html>welcome</html>")))

    def test_does_not_know_after_the_gateways_own_fault(self) -> None:
        with pytest.raises(OutcomeUnknown):
            posted((END_OF_JSON, http_answer("500 Oh")))

    def test_comes_back_later_when_told_to(self) -> None:
        with pytest.raises(TransientFault) as told:
            posted((END_OF_JSON, http_answer("429 Slowly", b"", b"retry-after: 7")))

        assert told.value.retry_after == timedelta(seconds=7)

    def test_takes_a_refusal_for_one(self) -> None:
        refused = b'{"Status": "NotSent", "Details": {"Reason": "invalid-mailbox"}}'

        assert posted((END_OF_JSON, http_answer("200 OK", refused))) == Rejected(
            BounceCategory.INVALID_MAILBOX, permanent=True
        )

    def test_does_not_take_just_any_404_for_never_sent(self) -> None:
        with (
            a_server_that_says((b"\r\n\r\n", http_answer("404 Not Found", b"{}"))) as port,
            httpx.Client(trust_env=False) as client,
        ):
            gateway = GatewaySms(f"http://127.0.0.1:{port}/messages", SECRET, client)

            assert gateway.look_up(f"{CONTACT}~m1") == CannotSay()

    @pytest.mark.parametrize("seconds", [b"901", b"86400", b"9" * 30, b"9" * 5000])
    def test_stays_away_no_longer_than_a_quarter_of_an_hour(self, seconds: bytes) -> None:
        with pytest.raises(TransientFault) as told:
            posted((END_OF_JSON, http_answer("503 Later", b"", b"retry-after: " + seconds)))

        assert told.value.retry_after == timedelta(minutes=15)

    @pytest.mark.parametrize("nonsense", [b"soon", b"-5", b"1e9", b"Wed, 21 Oct 2026 07:28:00 GMT"])
    def test_does_not_heed_a_wait_it_cannot_read(self, nonsense: bytes) -> None:
        with pytest.raises(TransientFault) as told:
            posted((END_OF_JSON, http_answer("429 Slowly", b"", b"retry-after: " + nonsense)))

        assert told.value.retry_after is None

    @pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 408, 413, 415, 418, 422])
    def test_does_not_hold_against_the_address_what_is_refused_to_us(self, status: int) -> None:
        with pytest.raises(TransientFault) as told:
            posted((END_OF_JSON, http_answer(f"{status} No", b'{"error": "no credit left"}')))

        assert told.value.retry_after == timedelta(minutes=15)

    def test_takes_a_refusal_with_a_reason_for_the_messages_own(self) -> None:
        refused = b'{"Status": "NotSent", "Details": {"Reason": "invalid-mailbox"}}'

        assert posted((END_OF_JSON, http_answer("422 No", refused))) == Rejected(
            BounceCategory.INVALID_MAILBOX, permanent=True
        )

    def test_does_not_know_when_it_is_told_that_the_message_is_there_already(self) -> None:
        with pytest.raises(OutcomeUnknown):
            posted((END_OF_JSON, http_answer("409 Conflict")))

    def test_does_not_know_after_an_answer_that_cannot_be_unpacked(self) -> None:
        with pytest.raises(OutcomeUnknown):
            posted((END_OF_JSON, http_answer("200 OK", b"not gzip", b"content-encoding: gzip")))

    @pytest.mark.parametrize(
        ("at_once", "in_drops"),
        [
            (b"", b'HTTP/1.1 200 OK\r\nx-drop: drip\r\n\r\n{"Status": "Sent"}'),
            (b"HTTP/1.1 200 OK\r\n\r\n", b" " * 40 + b'{"Status": "Sent"}'),
        ],
        ids=["headers", "body"],
    )
    def test_does_not_wait_for_an_answer_that_comes_in_drops(self, at_once: bytes, in_drops: bytes) -> None:
        with (
            a_server_that_trickles((END_OF_JSON, at_once), drops=in_drops) as port,
            httpx.Client(trust_env=False) as client,
            pytest.raises(OutcomeUnknown),
        ):
            GatewaySms(f"http://127.0.0.1:{port}/messages", SECRET, client, timeout=A_MOMENT).send(
                a_message()
            )

    def test_tells_nobody_the_number_when_it_fails(self) -> None:
        with pytest.raises(OutcomeUnknown) as lost:
            posted((END_OF_JSON, b""))

        assert PLANTED not in repr(lost.value)
        assert lost.value.__cause__ is None


class TestErrand:
    def test_is_given_up_in_time_before_it_is_begun(self) -> None:
        never = threading.Event()

        with pytest.raises(TransientFault):
            in_time(lambda _: never.wait(), A_MOMENT)
        never.set()

    def test_is_given_up_in_time_with_an_unknown_outcome_once_begun(self) -> None:
        never = threading.Event()

        def begun(errand: Errand) -> None:
            errand.begin()
            never.wait()

        with pytest.raises(OutcomeUnknown):
            in_time(begun, A_MOMENT)
        never.set()

    def test_never_begins_after_it_was_given_up(self) -> None:
        errand = Errand(timedelta(minutes=1))

        failure = errand.give_up()

        assert isinstance(failure, TransientFault)
        with pytest.raises(TransientFault):
            errand.begin()

    def test_gives_back_what_came_of_it(self) -> None:
        def fails(_: Errand) -> None:
            raise TimeoutError

        assert in_time(lambda errand: errand.left() > 0, timedelta(minutes=1))
        with pytest.raises(TimeoutError):
            in_time(fails, timedelta(minutes=1))


SMTP_STEPS: tuple[Step, ...] = (
    (b"\r\n", b"250 clinic\r\n"),
    (b"\r\n", b"250 ok\r\n"),
    (b"\r\n", b"250 ok\r\n"),
    (b"\r\n", b"354 go on\r\n"),
)
HELLO = b"220 ready\r\n"


def mailed(*steps: Step) -> Accepted | Rejected:
    with a_server_that_says(*steps, greeting=HELLO) as port:
        return SmtpEmail("127.0.0.1", port, "clinic@example.org").send(a_mail())


class TestSmtpEmail:
    def test_is_a_message_with_text_and_html_and_a_lasting_id(self, tmp_path: Path) -> None:
        with Sink(tmp_path).running() as sink:
            email = SmtpEmail("127.0.0.1", sink.smtp_port, "Clinic <clinic@example.org>")
            email.send(a_mail())
            email.send(a_mail())

            first, second = sink.entries()

        assert first["idempotency_id"] == second["idempotency_id"]
        assert first["idempotency_id"].endswith("@example.org>")
        assert (first["has_html"], first["subject"]) == (True, "Your blood sugar")
        assert first["list_unsubscribe"] is None

    def test_shows_the_way_out_of_commercial_mail(self, tmp_path: Path) -> None:
        mail = a_mail(purpose=Purpose.COMMERCIAL, way_out="https://clinic.example/stop/1")

        with Sink(tmp_path).running() as sink:
            SmtpEmail("127.0.0.1", sink.smtp_port, "clinic@example.org").send(mail)
            (arrived,) = sink.entries()

        assert arrived["list_unsubscribe"] == "<https://clinic.example/stop/1>"

    def test_takes_a_refused_mailbox_for_good_and_a_busy_one_for_later(self, tmp_path: Path) -> None:
        nobody, later = a_mail(to="nobody@example.org"), a_mail(to="later@example.org")

        with Sink(tmp_path).running() as sink:
            email = SmtpEmail("127.0.0.1", sink.smtp_port, "clinic@example.org")

            assert email.send(nobody) == Rejected(BounceCategory.INVALID_MAILBOX, permanent=True)
            with pytest.raises(TransientFault):
                email.send(later)

    def test_knows_that_nobody_took_it_when_cut_off_before_the_text(self) -> None:
        with pytest.raises(TransientFault):
            mailed(*SMTP_STEPS[:3])

    def test_does_not_know_when_cut_off_after_the_text(self) -> None:
        with pytest.raises(OutcomeUnknown):
            mailed(*SMTP_STEPS, (b"\r\n.\r\n", b""))

    @pytest.mark.parametrize(
        ("answer", "category"),
        [
            (b"550 5.1.1 ada@example.org unknown\r\n", BounceCategory.INVALID_MAILBOX),
            (b"550 no\r\n", BounceCategory.INVALID_MAILBOX),
            (b"556 5.1.10 no mail here\r\n", BounceCategory.INVALID_DOMAIN),
            (b"552 5.2.2 full\r\n", BounceCategory.FULL_MAILBOX),
            (b"554 5.7.1 spam\r\n", BounceCategory.POLICY),
            (b"554 no\r\n", BounceCategory.OTHER),
        ],
    )
    def test_reads_why_it_was_refused(self, answer: bytes, category: BounceCategory) -> None:
        assert mailed(*SMTP_STEPS[:2], (b"\r\n", answer)) == Rejected(category, permanent=True)

    @pytest.mark.parametrize(
        "steps",
        [
            ((b"\r\n", b"550 5.7.1 go away\r\n"), (b"\r\n", b"550 5.7.1 go away\r\n")),
            (SMTP_STEPS[0], (b"\r\n", b"550 5.7.1 sender blocked\r\n")),
            (SMTP_STEPS[0], (b"\r\n", b"530 5.7.0 sign in first\r\n")),
            (*SMTP_STEPS[:2], (b"\r\n", b"530 5.7.0 sign in first\r\n")),
            (*SMTP_STEPS[:2], (b"\r\n", b"503 5.5.1 out of order\r\n")),
            (*SMTP_STEPS[:3], (b"\r\n", b"554 5.5.1 nobody to send to\r\n")),
            (*SMTP_STEPS, (b"\r\n.\r\n", b"554 5.7.1 looks like spam\r\n")),
            (*SMTP_STEPS, (b"\r\n.\r\n", b"552 5.3.4 too big\r\n")),
        ],
        ids=["ehlo", "mail", "mail-auth", "rcpt-auth", "rcpt-order", "data", "text-spam", "text-size"],
    )
    def test_does_not_hold_against_the_address_what_is_refused_to_us(self, steps: tuple[Step, ...]) -> None:
        with pytest.raises(TransientFault) as told:
            mailed(*steps)

        assert told.value.retry_after == timedelta(minutes=15)

    def test_does_not_know_after_an_answer_that_is_none(self) -> None:
        with pytest.raises(OutcomeUnknown):
            mailed(*SMTP_STEPS, (b"\r\n.\r\n", b"well, well\r\n"))

    def test_takes_a_refusal_of_the_text_for_the_mailboxes_when_it_says_so(self) -> None:
        full = (b"\r\n.\r\n", b"552 5.2.2 mailbox full\r\n")

        assert mailed(*SMTP_STEPS, full) == Rejected(BounceCategory.FULL_MAILBOX, permanent=True)

    def test_does_not_wait_for_a_greeting_that_comes_in_drops(self) -> None:
        with (
            a_server_that_trickles(drops=b"220-ready\r\n" * 8 + HELLO) as port,
            pytest.raises(TransientFault, match="too late"),
        ):
            SmtpEmail("127.0.0.1", port, "clinic@example.org", timeout=A_MOMENT).send(a_mail())

    def test_does_not_know_when_the_last_answer_comes_in_drops(self) -> None:
        steps = (*SMTP_STEPS, (b"\r\n.\r\n", b""))

        with (
            a_server_that_trickles(*steps, drops=b"250-ok\r\n" * 5 + b"250 ok\r\n", greeting=HELLO) as port,
            pytest.raises(OutcomeUnknown),
        ):
            SmtpEmail("127.0.0.1", port, "clinic@example.org", timeout=A_MOMENT).send(a_mail())

    @pytest.mark.parametrize(
        "address",
        [
            "ådå@example.org",
            "ada@[clinic.org",
            "ada@[192.0.2.1]",
            "ada@example.org,bob@example.org",
            "ada(@example.org",
            "ada@example..org",
            "ada@-.example.org",
            "ada\r\nbcc: bob@example.org",
            "a" * 65 + "@example.org",
        ],
    )
    def test_refuses_an_address_it_cannot_spell(self, address: str) -> None:
        never_called = SmtpEmail("127.0.0.1", 9, "clinic@example.org")

        answer = never_called.send(replace(a_mail(), to=Sensitive(address)))

        assert answer == Rejected(BounceCategory.INVALID_MAILBOX, permanent=True)

    @pytest.mark.parametrize(
        "address", ["ada.o'neill+news@mail-1.example.org", "a..da.@example.org", '"a@da"@example.org']
    )
    def test_writes_to_every_address_that_is_in_use(self, tmp_path: Path, address: str) -> None:
        with Sink(tmp_path).running() as sink:
            SmtpEmail("127.0.0.1", sink.smtp_port, "clinic@example.org").send(a_mail(to=address))
            (arrived,) = sink.entries()

        assert arrived["to"] == address
