"""What the patient says and sees (CV-1, CV-2, BH-2, D12)."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from shared.access.model import ChatVisitor
from shared.access.ports import SealPurpose
from shared.adapters.codec import from_json, to_json
from shared.conversations.attachments import AttachmentPosted
from shared.conversations.generate_anonymous_chat_token import GenerateAnonymousChatToken
from shared.conversations.model import ChatNotOpen, ConversationIsOver, NoSuchConversation
from shared.conversations.plain_words import LONGEST_TEXT
from shared.conversations.post_activity import ActivityPosted
from shared.conversations.read_activities import WhichActivities
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, Nonsense
from shared.kernel.sensitive import Sensitive
from tests.rooms.conversations.chat import (
    ADA,
    ADAS,
    NINA,
    SEALS,
    TALK,
    Chat,
    a_chat,
    in_hand,
    waiting,
    with_external_bot,
    with_our_bot,
    wrapping_up,
)
from tests.rooms.triggers.interrupted import Interrupted

BOB = PatientId("bob")


@pytest.fixture
def chat(tmp_path: Path) -> Generator[Chat]:
    with a_chat(tmp_path) as chat:
        yield chat


def token_of(chat: Chat, patient: PatientId, new_id: str) -> tuple[str, bool]:
    given = chat.token(patient_id=patient, conversation_id=new_id, real=chat.now)
    return given.conversationId, given.isNew


class TestAChatToken:
    def test_is_for_the_same_conversation_until_that_is_closed(self, chat: Chat) -> None:
        chat.has_workstream(scenario_id=None)
        first = token_of(chat, ADA, TALK)
        again = token_of(chat, ADA, "another")
        chat.opens()
        opened = token_of(chat, ADA, "another")
        chat.leaves()

        assert (first, again, opened) == ((TALK, True), (TALK, False), (TALK, False))
        assert token_of(chat, ADA, "another") == ("another", True)
        assert token_of(chat, ADA, "a-third") == ("another", False)

    def test_is_for_a_new_one_while_the_former_is_wrapped_up(self, chat: Chat) -> None:
        chat.token(patient_id=ADA, conversation_id=TALK, real=chat.now)
        wrapping_up(chat)

        given = chat.token(patient_id=ADA, conversation_id="talk-2", real=chat.now)
        again = chat.token(patient_id=ADA, conversation_id="talk-3", real=chat.now)
        chat.closes()

        assert (given.conversationId, given.isNew) == ("talk-2", True)
        assert (again.conversationId, again.isNew) == ("talk-2", False)
        assert chat.now_is.state == "closed"

    def test_is_for_ones_own_conversation(self, chat: Chat) -> None:
        token_of(chat, ADA, TALK)

        assert token_of(chat, BOB, "bobs") == ("bobs", True)

    def test_asked_for_twice_at_once_is_for_one(self, chat: Chat) -> None:
        whole = chat.house.documents
        chat.speaks_through(Interrupted(whole, "look", lambda: token_of(Chat(chat.house), ADA, "quicker")))

        with pytest.raises(LostRace):
            token_of(chat, ADA, "slower")

        assert token_of(chat, ADA, "slower") == ("quicker", False)

    def test_says_whose_it_is_and_lasts_half_an_hour(self, chat: Chat) -> None:
        given = chat.token(patient_id=ADA, conversation_id=TALK, real=chat.now)

        told = SEALS.unseal(SealPurpose.CONVERSATION, given.token, now=chat.now)

        assert (told["conversation"], told["patient"], given.expires_in) == (TALK, "ada", 1800)
        assert told["user"].startswith("dl_")

    def test_of_a_stranger_is_tied_to_nobody_and_written_nowhere(self, chat: Chat) -> None:
        given = GenerateAnonymousChatToken(SEALS, chat.features)(conversation_id="anybodys", real=chat.now)

        told = SEALS.unseal(SealPurpose.CONVERSATION, given.token, now=chat.now)
        changes, _ = chat.house.change_feed.read("a test", limit=10)

        assert (told["patient"], list(changes)) == ("", [])


class TestOpening:
    def test_lets_the_bot_speak_first_and_happens_once(self, chat: Chat) -> None:
        with_our_bot(chat)

        again = chat.opens()

        assert not again
        assert chat.texts() == ["Good day.", "Your answer?"]

    def test_where_no_chat_is_defined_is_refused_plainly(self, chat: Chat) -> None:
        with pytest.raises(ChatNotOpen):
            chat.opens()

    def test_with_a_scenario_that_is_not_there_or_not_live_is_refused_plainly(self, chat: Chat) -> None:
        chat.has_workstream()
        with pytest.raises(ChatNotOpen):
            chat.opens()
        chat.has_scenario({"kind": "end", "id": "end"}, state="draft")

        with pytest.raises(ChatNotOpen):
            chat.opens()

    def test_twice_at_once_greets_once(self, chat: Chat) -> None:
        chat.has_workstream()
        chat.has_scenario({"kind": "statement", "id": "hi", "text": "Hi."}, {"kind": "end", "id": "end"})
        whole = chat.house.documents
        # the second look that is a read: the workstream, then the scenario
        chat.speaks_through(Interrupted(whole, "read", lambda: Chat(chat.house).opens(), after=2))

        with pytest.raises(LostRace):
            chat.opens()

        assert chat.opens() is False
        assert chat.texts().count("Hi.") == 1


class TestPosting:
    def test_is_answered_by_our_bot_in_the_same_commit(self, chat: Chat) -> None:
        with_our_bot(chat)

        place = chat.posts("nurse")

        answer = next(one for one in chat.seen("3") if one["from"]["role"] == "bot")
        assert place == f"{TALK}|0000003"
        assert answer["conversation"] == {"id": TALK}

    def test_twice_under_one_name_is_kept_once(self, chat: Chat) -> None:
        with_our_bot(chat)

        first, again = chat.posts("nurse", named="c-1"), chat.posts("nurse", named="c-1")

        assert first == again
        assert chat.texts().count("nurse") == 1
        assert len(chat.told("OfferWork")) == 1

    def test_twice_under_one_name_at_once_is_kept_once(self, chat: Chat) -> None:
        with_external_bot(chat)
        whole = chat.house.documents
        chat.speaks_through(Interrupted(whole, "look", lambda: Chat(chat.house).posts("nurse", named="c-1")))

        with pytest.raises(LostRace):
            chat.posts("nurse", named="c-1")
        chat.posts("nurse", named="c-1")

        assert chat.texts() == ["nurse"]

    def test_again_after_the_end_still_gives_the_same_id(self, chat: Chat) -> None:
        with_external_bot(chat)
        first = chat.posts("nurse", named="c-1")
        chat.leaves()

        assert chat.posts("nurse", named="c-1") == first
        with pytest.raises(ConversationIsOver):
            chat.posts("nurse", named="c-2")

    def test_the_name_comes_back_so_that_a_program_knows_its_own(self, chat: Chat) -> None:
        with_external_bot(chat)
        chat.posts("nurse", named="c-1")

        (own,) = chat.seen()

        assert own["channelData"]["clientActivityID"] == "c-1"
        assert own["from"] == {"id": "dl_ada", "role": "user"}

    @pytest.mark.parametrize(
        "text",
        [
            '=HYPERLINK("http://x","y")',
            "<script>alert('O''Brien')</script>",
            "**bold** [link](javascript:alert(1))",
            "  two\n\tlines  ",
            "Zoë 🩺 \u202e",
        ],
    )
    def test_keeps_formulas_and_markup_as_they_are(self, chat: Chat, text: str) -> None:
        with_external_bot(chat)

        chat.posts(text)

        (own,) = chat.seen()
        assert (own["text"], own["textFormat"]) == (text, "plain")

    def test_leaves_out_control_characters(self, chat: Chat) -> None:
        with_external_bot(chat)

        chat.posts("a\x00b\x1b[31mc\r\nd\x7f\x9be")

        assert chat.texts() == ["ab[31mc\nde"]

    def test_takes_27_kilobytes_and_not_one_character_more(self, chat: Chat) -> None:
        with_external_bot(chat)

        chat.posts("ä" * LONGEST_TEXT)
        with pytest.raises(Nonsense, match="text"):
            chat.posts("ä" * 28 * 1024)

        assert [len(text) for text in chat.texts()] == [27 * 1024]

    @pytest.mark.parametrize("text", ["", "   \n", "\x00\x01"])
    def test_nothing_is_nonsense(self, chat: Chat, text: str) -> None:
        with_external_bot(chat)

        with pytest.raises(Nonsense):
            chat.posts(text)

        assert chat.now_is.next_sequence == 1

    def test_of_typing_is_not_kept(self, chat: Chat) -> None:
        with_external_bot(chat)

        chat.posts("", type="typing")

        assert chat.now_is.next_sequence == 1

    def test_of_an_event_is_kept_and_not_answered(self, chat: Chat) -> None:
        with_our_bot(chat)

        chat.posts("", type="event", name="webchat/join", value=Sensitive({"language": "en"}))

        assert chat.seen()[-1]["name"] == "webchat/join"
        assert chat.now_is.state == "active"

    @pytest.mark.parametrize("kind", ["invoke", "conversationUpdate", "", "Message"])
    def test_of_other_kinds_is_nonsense(self, chat: Chat, kind: str) -> None:
        with_external_bot(chat)

        with pytest.raises(Nonsense, match="type"):
            chat.posts("x", type=kind)

    @pytest.mark.parametrize(
        "value",
        [
            {"n": 10**400},
            {"n": float("nan")},
            {"n": float("-inf")},
            {"deep": {"er": 1}},
            ["a list"],
            {str(n): n for n in range(101)},
            {"long": "x" * (LONGEST_TEXT + 1)},
        ],
    )
    def test_of_a_form_no_form_of_ours_sends_is_nonsense(self, chat: Chat, value: Any) -> None:
        with_external_bot(chat)

        with pytest.raises(Nonsense, match="value"):
            chat.posts("", value=Sensitive(value))

    def test_of_a_form_is_kept(self, chat: Chat) -> None:
        with_external_bot(chat)

        chat.posts("", value=Sensitive({"name": "Ada O'Neill", "age": 81, "agrees": True}))

        assert chat.seen()[0]["value"] == {"name": "Ada O'Neill", "age": 81, "agrees": True}

    def test_reads_what_chat_programs_send_and_passes_over_the_rest(self) -> None:
        sent = b"""{"type": "message", "text": "hi", "from": {"id": "other", "role": "bot"},
            "locale": "en-GB", "textFormat": "plain", "entities": [], "localTimestamp": "2026-03-30T10:00",
            "channelData": {"clientActivityID": "c-1", "clientTimestamp": "x"}, "attachments": null}"""

        posted = from_json(sent, ActivityPosted)

        assert posted.text == Sensitive("hi")
        assert posted.channelData is not None
        assert posted.channelData.clientActivityID == "c-1"


class TestAttachments:
    def posts(self, chat: Chat, **attached: Any) -> None:
        settled: dict[str, Any] = {
            "contentType": "image/png",
            "contentUrl": Sensitive("https://files.example.org/a(1).png?x=1"),
        }
        chat.posts("see", attachments=(AttachmentPosted(**(settled | attached)),))

    def test_are_links_to_files(self, chat: Chat) -> None:
        with_external_bot(chat)

        self.posts(chat, name=Sensitive("my rash.png"))

        assert chat.seen()[0]["attachments"] == [
            {
                "contentType": "image/png",
                "contentUrl": "https://files.example.org/a(1).png?x=1",
                "name": "my rash.png",
            }
        ]

    @pytest.mark.parametrize(
        "attached",
        [
            {"contentUrl": Sensitive("http://files.example.org/a.png")},
            {"contentUrl": Sensitive("javascript:alert(1)")},
            {"contentUrl": Sensitive("data:image/png;base64,AAAA")},
            {"contentUrl": Sensitive("https://user:secret@files.example.org/a.png")},
            {"contentUrl": Sensitive('https://files.example.org/"><script>')},
            {"contentUrl": Sensitive("https://files.example.org/" + "a" * 2048)},
            {"contentUrl": None},
            {"contentType": "text/html"},
            {"contentType": "image/svg+xml"},
            {"contentType": "application/vnd.microsoft.card.adaptive", "content": Sensitive({"type": "x"})},
            {"content": Sensitive("x")},
        ],
    )
    def test_of_any_other_kind_are_nonsense(self, chat: Chat, attached: dict[str, Any]) -> None:
        with_external_bot(chat)

        with pytest.raises(Nonsense, match="attachments"):
            self.posts(chat, **attached)

    def test_are_ten_at_most(self, chat: Chat) -> None:
        with_external_bot(chat)
        one = AttachmentPosted("image/png", Sensitive("https://files.example.org/a.png"))

        chat.posts("ten", attachments=(one,) * 10)
        with pytest.raises(Nonsense, match="attachments"):
            chat.posts("eleven", attachments=(one,) * 11)


class TestReading:
    def test_goes_on_from_the_watermark(self, chat: Chat) -> None:
        with_external_bot(chat)
        for word in ("one", "two", "three"):
            chat.posts(word)
        first = chat.read(WhichActivities(""), conversation_id=TALK, caller=ADAS)
        chat.posts("four")

        rest = chat.read(WhichActivities(first.watermark), conversation_id=TALK, caller=ADAS)

        assert (first.watermark, rest.watermark) == ("3", "4")
        assert [one["text"] for one in rest.activities] == ["four"]

    def test_comes_in_pages_of_a_hundred(self, chat: Chat) -> None:
        with_external_bot(chat)
        for number in range(103):
            chat.posts(str(number))

        first = chat.read(WhichActivities(), conversation_id=TALK, caller=ADAS)
        rest = chat.read(WhichActivities(first.watermark), conversation_id=TALK, caller=ADAS)

        texts = [one["text"] for one in (*first.activities, *rest.activities)]
        assert (len(first.activities), first.watermark) == (100, "100")
        assert texts == [str(number) for number in range(103)]

    def test_does_not_get_stuck_behind_what_is_hidden(self, chat: Chat) -> None:
        with_external_bot(chat)
        for _ in range(100):
            chat.bot_says("a note for representatives")
        chat.posts("hello?")

        first = chat.read(WhichActivities(), conversation_id=TALK, caller=ADAS)
        rest = chat.read(WhichActivities(first.watermark), conversation_id=TALK, caller=ADAS)

        assert first.activities == ()
        assert [one["text"] for one in rest.activities] == ["hello?"]

    @pytest.mark.parametrize(
        "watermark", ["-1", "x", "1.0", "54", "99999999999999999999", "\u0663", " 1", "null", "1|2", "1\n"]
    )
    def test_refuses_watermarks_that_were_never_given(self, chat: Chat, watermark: str) -> None:
        with_external_bot(chat)
        for word in ("one", "two", "three"):
            chat.posts(word)

        with pytest.raises(Nonsense, match="watermark"):
            chat.seen(watermark)

    @pytest.mark.parametrize("watermark", ["4", "53"])
    def test_finds_nothing_new_where_another_replica_knew_more(self, chat: Chat, watermark: str) -> None:
        with_external_bot(chat)
        for word in ("one", "two", "three"):
            chat.posts(word)

        found = chat.read(WhichActivities(watermark), conversation_id=TALK, caller=ADAS)

        assert (found.activities, found.watermark) == ((), watermark)

    @pytest.mark.parametrize("act", ["read", "post"])
    def test_and_posting_with_anothers_token_find_nothing(self, chat: Chat, act: str) -> None:
        with_external_bot(chat)
        bobs = ChatVisitor("talk-2", BOB, "dl_bob")
        asked: Any = WhichActivities() if act == "read" else ActivityPosted(text=Sensitive("hi"))
        more: dict[str, Any] = {} if act == "read" else {"now": chat.now}

        with pytest.raises(NoSuchConversation):
            getattr(chat, act)(asked, conversation_id=TALK, caller=bobs, **more)

    def test_before_it_is_opened_finds_nothing(self, chat: Chat) -> None:
        with pytest.raises(NoSuchConversation):
            chat.seen()

    def test_never_shows_what_is_for_representatives(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA)

        hidden = [one for one in chat.transcript_for(NINA).activities if not one.for_patient]

        assert len(hidden) == 1
        assert len(chat.seen()) == len(chat.transcript_for(NINA).activities) - 1

    def test_says_nothing_with_null(self, chat: Chat) -> None:
        wrapping_up(chat)

        found = chat.read(WhichActivities(), conversation_id=TALK, caller=ADAS)

        assert b"null" not in to_json(found)
        assert found.activities[-1]["type"] == "endOfConversation"


class TestWhatIsKept:
    def test_prints_nothing_that_was_said(self, chat: Chat) -> None:
        in_hand(chat)
        chat.posts("My number is 070-1740605", named="c-1")
        chat.says("Thank you, 070-1740605.")

        assert "1740605" not in repr(chat.now_is)
        assert "1740605" not in repr(chat.transcript_for(NINA))
