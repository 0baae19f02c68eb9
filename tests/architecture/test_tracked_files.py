"""What the project's files may not hold: this machine, keys, unexplained exceptions."""

import re
from pathlib import Path

import pytest

from tests.support.tree import ROOT, kept_texts, python_files

MACHINE = re.compile(r"/wor[k]/|/hom[e]/\w+/|/roo[t]/|/Use[r]s/\w+/|/tm[p]/\w")
WRITER = re.compile(
    r"\b(chat[ -]?gp[t]|co-?pilo[t]|clau[d]e|anthropi[c]|openA[I]|LL[M]s?|A[I]-generated)\b", re.IGNORECASE
)
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KE[Y]|AccountKe[y]=[A-Za-z0-9+/]{40}|SharedAccessKe[y]=[A-Za-z0-9+/]{30}"
    r"|\bA[K]IA[A-Z0-9]{16}\b|\bgh[ps]_[A-Za-z0-9]{30}|\bxo[x]b-"
)
EXCEPTION = re.compile(
    r"#\s*(noqa|pyright: ignore|type: ignore)"
    r"(?P<rules>:?\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*|\[[^\]]*\])?(?P<rest>.*)"
)


def holding(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path, text in kept_texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


class TestTrackedFiles:
    def test_know_no_machine(self) -> None:
        assert not holding(MACHINE)

    def test_speak_of_the_project_only(self) -> None:
        assert not holding(WRITER)

    def test_hold_no_secrets(self) -> None:
        assert not holding(SECRETS)

    @pytest.mark.parametrize(
        ("pattern", "text"),
        [
            (MACHINE, "see /hom" + "e/ada/notes"),
            (SECRETS, "-----BEGIN RSA PRIVATE KE" + "Y-----"),
            (WRITER, "as chatgp" + "t said"),
        ],
    )
    def test_are_searched_for_what_counts(self, pattern: re.Pattern[str], text: str) -> None:
        assert pattern.search(text)


class TestExceptionsToTools:
    @pytest.mark.parametrize(
        "path",
        [ROOT / "function_app.py", *python_files("shared", "functions", "local", "bench", "tests")],
        ids=lambda path: str(path.relative_to(ROOT)),
    )
    def test_each_have_a_reason(self, path: Path) -> None:
        bare = [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(path.read_text().splitlines(), start=1)
            if (found := EXCEPTION.search(line)) and not is_explained(found)
        ]

        assert not bare, "a bare ignore is a question left for someone else (house rule 21)"

    @pytest.mark.parametrize(
        ("line", "explained"),
        [
            ("x = 1  # no" + "qa: F841  # kept for the reader", True),
            ("x = 1  # no" + "qa: F841", False),
            ("x = 1  # pyright: ig" + "nore[reportAny]", False),
            ("x = 1  # no" + "qa", False),
            ("x = 1  # no" + "qa: A001  # pyright: ig" + "nore[reportAny]  # JSON", True),
            ("x = 1  # no" + "qa: A001  # pyright: ig" + "nore[reportAny]", False),
        ],
    )
    def test_are_told_from_bare_ones(self, line: str, *, explained: bool) -> None:
        found = EXCEPTION.search(line)

        assert found
        assert is_explained(found) == explained


def is_explained(found: re.Match[str]) -> bool:
    """A rule is named, and the last comment on the line is a sentence."""
    remarks = [remark.strip() for remark in found["rest"].split("#") if remark.strip()]
    return (
        bool(found["rules"]) and bool(remarks) and not remarks[-1].startswith(("noqa", "pyright:", "type:"))
    )
