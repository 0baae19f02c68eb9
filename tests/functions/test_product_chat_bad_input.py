"""What a conversation makes of what no honest program sends: a plain no, and nothing is kept."""

from collections.abc import Generator
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.issuer import Issuer
from tests.support.product import Product, a_product
from tests.support.product_chat import Chat, a_bot_elsewhere, open_chat_desk

BOT_SAYS = {"type": "message", "text": "May I?", "channelData": {"deliveryMode": "bridged"}}
ESCALATE = {"type": "Escalate", "context": {"Topic": "person"}}
TEN_MEGABYTES = 10 * 1024 * 1024


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path_factory.mktemp("chat"), issuer) as one:
        yield open_chat_desk(one)


@pytest.fixture(scope="module")
def chat(product: Product) -> Chat:
    """Give a conversation with the bot, for tests that change nothing in it."""
    return Chat(product)


@pytest.fixture(scope="module")
def in_hand(product: Product) -> Chat:
    """Give one that Sam has in hand, likewise."""
    return Chat(product, "john").is_handed_over()


@pytest.fixture(scope="module")
def handed_over(product: Product) -> Chat:
    """Give one that a bot elsewhere has begun and handed over, and that Sam has in hand."""
    with a_bot_elsewhere(product):
        chat = Chat(product, "bob")
    assert chat.bot(BOT_SAYS).status == 200
    assert chat.texts() == ["May I?"]
    assert chat.bot({"type": "message", "channelData": {"tags": ESCALATE}}).status == 200
    product.run()
    assert chat.sam("accept").status == 200
    return chat


class TestWatermarks:
    @pytest.mark.parametrize(
        "nonsense",
        [
            *(
                "x",
                "-1",
                "1.5",
                "0x1",
                "1e3",
                " 1",
                "+1",
                "1;2",
                "\u0661",
                "\u00b2",
                "NaN",
                "null",
                "[]",
                "\x00",
            ),
            *("9999", "9" * 10, "9" * 18, "9" * 5000, "' OR 1=1 --", "<script>", "=1+1"),
        ],
    )
    def test_that_no_answer_held_are_refused(self, chat: Chat, nonsense: str) -> None:
        answer = chat.reads(quote(nonsense))

        assert (answer.status, answer.fields) == (400, {"watermark"})

    def test_that_say_nothing_are_the_beginning(self, chat: Chat) -> None:
        assert chat.reads("").json == chat.reads().json == chat.reads("0").json

    def test_are_looked_at_when_somebody_comes_back(self, chat: Chat) -> None:
        path = f"/v3/directline/conversations/{chat.id}?watermark=9999"

        assert chat.product.ask("GET", path, token=chat.token).status == 400

    def test_of_another_conversation_show_nothing_of_it(self, chat: Chat, in_hand: Chat) -> None:
        last = in_hand.reads().json["watermark"]

        assert chat.reads(last).status == 400 or chat.reads(last).json["activities"] == []


class TestActivities:
    @pytest.mark.parametrize("field", ["text", "name", "value", "attachments", "stranger"])
    def test_of_ten_megabytes_are_refused_and_nothing_is_kept(self, chat: Chat, field: str) -> None:
        before, shown = chat.product.footprint(), chat.reads().json

        answer = chat.posts({"type": "message", field: "x" * TEN_MEGABYTES})

        assert (answer.status, answer.json["type"]) == (413, "/problems/too-large")
        assert (chat.product.footprint(), chat.reads().json) == (before, shown)

    def test_of_ten_megabytes_are_refused_from_bots_and_staff_too(self, in_hand: Chat) -> None:
        before = in_hand.product.footprint()
        large = {"text": "x" * TEN_MEGABYTES}

        assert (in_hand.bot(large).status, in_hand.sam("messages", large).status) == (413, 413)
        assert in_hand.product.footprint() == before

    @pytest.mark.parametrize(
        "activity",
        [
            {"type": "message"},
            {"type": "message", "text": ""},
            {"type": "message", "text": " \n\t"},
            {"type": "message", "text": "x" * 100_000},
            {"type": "conversationUpdate", "text": "Hello"},
            {"type": "event"},
            {"type": "MESSAGE", "text": "Hello"},
            {"type": "message", "text": "Hello", "channelData": {"clientActivityID": "x" * 5000}},
            {"type": "message", "text": ["Hello"]},
            {
                "type": "message",
                "attachments": [{"contentType": "text/html", "contentUrl": "javascript:alert(1)"}],
            },
        ],
    )
    def test_that_say_nothing_we_know_are_refused(self, chat: Chat, activity: dict[str, Any]) -> None:
        before = chat.product.footprint()

        assert chat.posts(activity).status == 400
        assert chat.product.footprint() == before

    @pytest.mark.parametrize("who", ["bot", "representative", "system", "sam"])
    def test_are_the_patients_whoever_they_say_they_are_from(self, product: Product, who: str) -> None:
        pretending = {"id": who, "role": "bot", "name": "Sam"}
        chat = Chat(product, f"eve-{who}")

        posted = chat.posts({"type": "message", "text": f"I am {who}", "from": pretending}).json["id"]

        shown = next(one for one in chat.reads().json["activities"] if one["id"] == posted)
        assert (shown["from"]["role"], shown["channelData"]["role"]) == ("user", "user")


class TestBots:
    @pytest.mark.parametrize(
        "said",
        [
            BOT_SAYS,
            {"type": "message", "text": "Kept for Sam"},
            {
                "type": "message",
                "channelData": {"tags": {"type": "Escalate", "context": {"EscalateToAgent": 1}}},
            },
            {"type": "message", "channelData": {"tags": {"type": "EndConversation"}}},
            {"type": "endOfConversation"},
        ],
    )
    def test_say_and_command_nothing_after_the_handoff(self, handed_over: Chat, said: dict[str, Any]) -> None:
        before, shown = handed_over.product.footprint(), handed_over.reads().json

        answer = handed_over.bot(said)

        assert (answer.status, answer.json["type"]) == (409, "/problems/bot-no-longer-owns-it")
        assert (handed_over.product.footprint(), handed_over.reads().json) == (before, shown)

    def test_read_nothing_after_the_handoff(self, handed_over: Chat) -> None:
        assert handed_over.product.call("read_as_bot", conversation_id=handed_over.id).status == 409

    def test_say_nothing_where_nobody_talks(self, chat: Chat) -> None:
        before = chat.product.footprint()

        assert chat.bot(BOT_SAYS, "no-such-conversation").status == 404
        assert chat.product.footprint() == before


class TestTheDead:
    def test_are_not_spoken_to(self, product: Product) -> None:
        """Closed is closed: for the patient, the bot and the representative."""
        chat = Chat(product, "ada")
        assert chat.posts({"type": "endOfConversation"}).status == 200
        before = product.footprint()

        assert (chat.says("Still there?").status, chat.bot(BOT_SAYS).status) == (409, 409)
        assert {chat.sam(does).status for does in ("accept", "end", "close")} <= {403, 404, 409}
        assert product.footprint() == before
