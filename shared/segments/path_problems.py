"""What may be wrong with the ways that a segment goes to other resources: pure (UN-12)."""

from collections.abc import Iterator, Sequence

from shared.kernel.problems import Problem
from shared.segments.facts import OTHERS
from shared.segments.nesting import everywhere
from shared.segments.relationships import FARTHEST, From, NoWay, Relationship, steps_meant
from shared.segments.rule_problems import codes_problems, options_problems
from shared.segments.rules import FieldIs, HasRecords, LeadsTo, NameIs, PatientLeadsTo, Rule


def of_paths(rule: Rule, added: Sequence[Relationship]) -> Iterator[Problem]:
    """Give what is wrong with each way in the rule; `added` are the relationships of the house's own."""
    for path, part in everywhere(rule, "rule"):
        match part:
            case HasRecords():
                for number, test in enumerate(part.tests):
                    yield from _of_test(test, part.resource, f"{path}.tests.{number}", added)
            case PatientLeadsTo(leads=leads):
                yield from _of_test(leads, "Patient", f"{path}.leads", added)
            case _:
                continue


def _of_test(test: object, start: From, path: str, added: Sequence[Relationship]) -> Iterator[Problem]:
    match test:
        case NameIs():
            yield path, "only what is nobody's record has a name here"
        case LeadsTo():
            yield from _of_way(test, start, path, added)
        case _:
            return


def _of_way(test: LeadsTo, start: From, path: str, added: Sequence[Relationship]) -> Iterator[Problem]:
    if not test.by:
        yield f"{path}.by", "missing"
        return
    if len(test.by) > FARTHEST:
        yield f"{path}.by", f"more than {FARTHEST} steps"
        return
    at, steps = start, 0
    for number, hop in enumerate(test.by):
        meant = steps_meant(at, hop, added)
        if isinstance(meant, NoWay):
            yield f"{path}.by.{number}", meant.reason
            return
        at, steps = hop.to, steps + len(meant)
    if steps > FARTHEST:
        yield f"{path}.by", f"more than {FARTHEST} steps"
        return
    yield from codes_problems(test.codes, f"{path}.codes")
    for number, inner in enumerate(test.tests):
        yield from _of_end(inner, at, f"{path}.tests.{number}")


def _of_end(test: object, at: From, path: str) -> Iterator[Problem]:
    if isinstance(test, NameIs):
        yield from options_problems(test.one_of, f"{path}.one_of")
        if at not in OTHERS:
            yield path, f"{at} has no name here"
    elif at in OTHERS and not (isinstance(test, FieldIs) and test.field == "status"):
        yield path, f"only status and name can be asked of {at}"
