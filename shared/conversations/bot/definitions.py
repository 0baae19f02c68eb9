"""What a scenario must be to be kept (BH-3): pure. Whatever passes never raises and always comes to rest."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from shared.conversations.bot.engine import MOST_STEPS, STEPS
from shared.conversations.bot.model import Scenario, ScenarioDraft
from shared.conversations.bot.script import Step
from shared.conversations.bot.steps import demands
from shared.conversations.bot.steps.outcome import Way
from shared.kernel.problems import NO_DEFINITION_ID, Problem, is_definition_id
from shared.kernel.refusals import Nonsense

MOST_ESCAPE_WORDS = 50


def drafted(scenario_id: str, draft: ScenarioDraft, before: Scenario | None) -> Scenario:
    """Make the definition of a draft. Raises `Nonsense` naming all that is wrong with it.

    Only what changes what is said makes a new version: a name or a state does not.
    """
    wrong = problems(scenario_id, draft)
    if wrong:
        raise Nonsense(*wrong)
    made = Scenario(
        id=scenario_id,
        version=1 if before is None else before.version,
        name=draft.name,
        steps=draft.steps,
        state=draft.state,
        escape_words=draft.escape_words,
        escape_context=draft.escape_context,
        escape_text=draft.escape_text,
        escape_summary=draft.escape_summary,
    )
    return (
        made if before is None or _says_the_same(made, before) else replace(made, version=before.version + 1)
    )


def problems(scenario_id: str, draft: ScenarioDraft) -> Sequence[Problem]:
    """Name everything that is wrong, by the path of its field; where a way leads comes last."""
    wrong = [*_problems_of_whole(scenario_id, draft), *_problems_of_steps(draft.steps)]
    return wrong or [*_problems_of_ways(draft.steps)]


def _says_the_same(made: Scenario, before: Scenario) -> bool:
    return replace(made, name=before.name, state=before.state) == before


def _problems_of_whole(scenario_id: str, draft: ScenarioDraft) -> Iterator[Problem]:
    if not is_definition_id(scenario_id):
        yield "scenario_id", NO_DEFINITION_ID
    if not draft.name.strip():
        yield "name", "missing"
    if not 0 < len(draft.steps) <= MOST_STEPS:
        yield "steps", "not from 1 to 50"
    yield from demands.titles("escape_words", draft.escape_words, least=0, most=MOST_ESCAPE_WORDS)
    yield from demands.texts(escape_text=draft.escape_text, escape_summary=draft.escape_summary)
    yield from demands.context("escape_context", draft.escape_context)


def _problems_of_steps(steps: Sequence[Step]) -> Iterator[Problem]:
    times = Counter(step.id for step in steps)
    for number, step in enumerate(steps):
        if not is_definition_id(step.id):
            yield f"steps.{number}.id", NO_DEFINITION_ID
        elif times[step.id] > 1:
            yield f"steps.{number}.id", "not the only one"
        wrong = STEPS[step.kind].problems(step)
        yield from ((f"steps.{number}.{field}", problem) for field, problem in wrong)


def _problems_of_ways(steps: Sequence[Step]) -> Iterator[Problem]:
    ids = {step.id for step in steps}
    at_once: dict[str, set[str]] = {step.id: set() for step in steps}
    for number, step in enumerate(steps):
        for way in STEPS[step.kind].ways(step):
            to = _end_of(way, steps, number)
            if to is None:
                yield f"steps.{number}.{way.field}", "nothing follows"
            elif to not in ids:
                yield f"steps.{number}.{way.field}", "no such step"
            elif way.is_at_once:
                at_once[step.id].add(to)
    for number, step in enumerate(steps):
        if _comes_back(step.id, at_once):
            yield f"steps.{number}", "comes round to itself without waiting for the patient"


def _end_of(way: Way, steps: Sequence[Step], number: int) -> str | None:
    if way.to is not None:
        return way.to
    return steps[number + 1].id if number + 1 < len(steps) else None


def _comes_back(start: str, at_once: dict[str, set[str]]) -> bool:
    seen: set[str] = set()
    ahead = set(at_once[start])
    while ahead - seen:
        seen |= ahead
        ahead = {further for step in ahead for further in at_once[step]}
    return start in seen
