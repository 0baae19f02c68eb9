from dataclasses import replace
from pathlib import Path

import pytest

from shared.consent.model import Purpose
from shared.kernel.refusals import AlreadyExists, Refusal, Stale
from shared.messaging.model import Channel
from shared.messaging.put_template import PutTemplate
from shared.messaging.read_template import ReadTemplate
from shared.messaging.template import (
    NoDefaultLanguage,
    NoSubject,
    NoSuchTemplate,
    NoWayOut,
    RepeatedVariant,
    SavedTemplate,
    TemplateContent,
    UnreadableTemplate,
    Variant,
    checked,
)
from tests.rooms.messaging.builders import NOON, NURSE, a_content
from tests.support.house import House, a_house

SMS = Variant(Channel.SMS, "en", "Come and see us. STOP to stop")
EMAIL = Variant(Channel.EMAIL, "en", "See {{ unsubscribe_url }}", subject="News")

BOMBS = (
    "{{ 'x' * 10**9 }}",
    "{{ given * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ given.ljust(1000000000) }}",
    "{{ given | center(1000000000) }}",
    "{{ given | replace('a', 'aa') }}",
    "{% set a = given ~ given %}{{ a ~ a }}",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{% for n in range(1000000000) %}x{% endfor %}",
    "{% for n in range(9) %}{% if n %}{% for m in range(9) %}x{% endfor %}{% endif %}{% endfor %}",
    "{% for n in given recursive %}x{% endfor %}",
    "{% include 'other' %}",
    "(" * 10_001,
    "{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}",
)


def put(house: House, content: TemplateContent, if_match: str | None = None) -> SavedTemplate:
    act = PutTemplate(house.documents)
    return act(content, template_id="news", caller=NURSE, now=NOON, if_match=if_match)


class TestTemplates:
    def test_are_saved_as_ever_newer_versions(self, tmp_path: Path) -> None:
        with a_house(tmp_path) as house:
            first = put(house, a_content())
            second = put(house, a_content(topic="diabetes"), if_match=first.etag)

            assert (first.template.version, second.template.version) == (1, 2)
            assert ReadTemplate(house.documents)(template_id="news") == second

    def test_are_not_saved_over_what_their_editor_has_not_seen(self, tmp_path: Path) -> None:
        with a_house(tmp_path) as house:
            first = put(house, a_content())
            put(house, a_content(topic="diabetes"), if_match=first.etag)

            with pytest.raises(Stale):
                put(house, a_content(), if_match=first.etag)
            with pytest.raises(AlreadyExists):
                put(house, a_content())

    def test_are_not_found_before_they_are_saved(self, tmp_path: Path) -> None:
        with a_house(tmp_path) as house, pytest.raises(NoSuchTemplate):
            ReadTemplate(house.documents)(template_id="news")

    def test_are_audited_when_they_are_saved(self, tmp_path: Path) -> None:
        with a_house(tmp_path) as house:
            put(house, a_content())

            changes, _ = house.change_feed.read("test", limit=10)

            (audit,) = [change["body"] for change in changes if change["kind"] == "announcement"]
            assert (audit["type"], audit["content"]["what"]) == ("RecordAudit", "put_template")
            assert audit["content"]["who"] == NURSE.who

    @pytest.mark.parametrize(
        ("variants", "refusal"),
        [
            ((), NoDefaultLanguage),
            ((replace(SMS, language="sv"),), NoDefaultLanguage),
            ((SMS, replace(EMAIL, language="sv")), NoDefaultLanguage),
            ((SMS, replace(SMS, language="EN")), RepeatedVariant),
            ((replace(EMAIL, subject=None),), NoSubject),
            ((replace(SMS, text="Come and see us"),), NoWayOut),
            ((replace(SMS, text="Don't stop"),), NoWayOut),
            ((replace(EMAIL, text="Come and see us"),), NoWayOut),
            ((replace(EMAIL, html="<p>Come and see us</p>"),), NoWayOut),
        ],
    )
    def test_are_refused_when_they_could_not_be_sent_lawfully(
        self, variants: tuple[Variant, ...], refusal: type[Refusal]
    ) -> None:
        with pytest.raises(refusal):
            checked(TemplateContent(Purpose.COMMERCIAL, "en", variants))

    def test_need_no_way_out_when_they_say_what_must_be_said(self) -> None:
        needed = TemplateContent(Purpose.TRANSACTIONAL, "en", (replace(SMS, text="Your visit is at 9"),))

        assert checked(needed) is needed

    @pytest.mark.parametrize("text", BOMBS)
    def test_are_refused_when_they_could_grow_huge_or_run_for_ever(self, tmp_path: Path, text: str) -> None:
        bomb = TemplateContent(Purpose.TRANSACTIONAL, "en", (replace(SMS, text=text),))

        with a_house(tmp_path) as house, pytest.raises(UnreadableTemplate):
            put(house, bomb)

    @pytest.mark.parametrize(
        "text",
        [
            "{% if given %}Dear {{ given | title }}{% else %}Hello{% endif %}",
            "{% for n in range(3) %}{{ loop.index }}{{ '.' if loop.last else ',' }}{% endfor %}",
            "{{ given | default('you') }} {{ given[:1] }}{# a note #}",
        ],
    )
    def test_may_choose_count_and_shorten(self, tmp_path: Path, text: str) -> None:
        modest = TemplateContent(Purpose.TRANSACTIONAL, "en", (replace(SMS, text=text),))

        with a_house(tmp_path) as house:
            assert put(house, modest).template.content == modest

    def test_are_refused_when_nobody_could_read_them(self, tmp_path: Path) -> None:
        broken = TemplateContent(Purpose.TRANSACTIONAL, "en", (replace(SMS, text="Dear {{ given"),))

        with a_house(tmp_path) as house, pytest.raises(UnreadableTemplate):
            put(house, broken)
