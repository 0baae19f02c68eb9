"""Rules about the person, asked of a row of people."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from shared.segments.nesting import Surroundings
from shared.segments.rules import (
    AgeBetween,
    BirthdayWithin,
    CityIs,
    Everyone,
    GenderIs,
    IsActive,
    IsAlive,
    LanguageIs,
    OneOfThese,
    ProfileIs,
)
from shared.segments.sql.words import (
    any_of,
    both,
    column,
    days,
    every,
    is_one_of,
    moment,
    no,
    number,
    surely,
    text,
)

PEOPLE = "person"
"""What the row is called."""


def condition(rule: ProfileIs, around: Surroundings) -> exp.Expr:
    """Give the rule as a condition."""
    return CONDITIONS[type(rule)](rule, around)


def _of(name: str) -> exp.Expr:
    return column(name, PEOPLE)


def _everyone(_rule: Everyone, _around: Surroundings) -> exp.Expr:
    return exp.true()


def _is_alive(_rule: IsAlive, _around: Surroundings) -> exp.Expr:
    has_died = surely(exp.LTE(this=_of("died_at"), expression=moment()))
    return both(no(surely(_of("is_deceased"))), no(has_died))


def _is_active(_rule: IsActive, _around: Surroundings) -> exp.Expr:
    return surely(_of("is_active"))


def _gender(rule: GenderIs, _around: Surroundings) -> exp.Expr:
    return is_one_of(_of("gender"), [text(one) for one in rule.one_of])


def _one_of_these(rule: OneOfThese, _around: Surroundings) -> exp.Expr:
    return is_one_of(_of("patient_id"), [text(one) for one in rule.patients])


def _city(rule: CityIs, _around: Surroundings) -> exp.Expr:
    return is_one_of(_of("city"), [text(one) for one in rule.one_of])


def _language(rule: LanguageIs, _around: Surroundings) -> exp.Expr:
    spoken = is_one_of(_of("language"), [text(tag) for tag in rule.one_of])
    varieties = (
        surely(exp.StartsWith(this=_of("language"), expression=text(f"{tag}-"))) for tag in rule.one_of
    )
    return any_of([spoken, *varieties])


def age_in_years(around: Surroundings) -> exp.Expr:
    """Give the full years that a person of the row has lived; unknown where the birth date is."""
    born, today = _of("birth_date"), _today(around)
    years = exp.Paren(this=exp.Sub(this=_part("YEAR", today), expression=_part("YEAR", born)))
    is_before_birthday = exp.LT(this=_month_day(today), expression=_month_day(born))
    not_yet = exp.Case(ifs=[exp.If(this=is_before_birthday, true=number(1))], default=number(0))
    return exp.Paren(this=exp.Sub(this=years, expression=not_yet))


def _age(rule: AgeBetween, around: Surroundings) -> exp.Expr:
    born, age = _of("birth_date"), age_in_years(around)
    bounds: list[exp.Expr] = [exp.Not(this=exp.Is(this=born, expression=exp.null()))]
    if rule.min_years is not None:
        bounds.append(exp.GTE(this=age.copy(), expression=number(rule.min_years)))
    if rule.max_years is not None:
        bounds.append(exp.LTE(this=age, expression=number(rule.max_years)))
    return surely(every(bounds))


def _birthday(rule: BirthdayWithin, around: Surroundings) -> exp.Expr:
    wanted = [_month_day(_day_ahead(around, ahead)) for ahead in range(rule.days + 1)]
    return is_one_of(_of("birth_month_day"), wanted)


def _today(around: Surroundings) -> exp.Expr:
    return exp.cast(in_zone(moment(), around.zone_name), exp.DataType.Type.DATE)


def _day_ahead(around: Surroundings, ahead: int) -> exp.Expr:
    later = exp.Add(this=_today(around), expression=days(ahead))
    return exp.cast(exp.Paren(this=later), exp.DataType.Type.DATE)


def in_zone(instant: exp.Expr, zone_name: str | None) -> exp.Expr:
    """Give an instant as clocks show it in a zone; None is UTC."""
    if zone_name is None:
        return instant
    in_utc = exp.Paren(this=exp.AtTimeZone(this=instant, zone=text("UTC")))
    return exp.Paren(this=exp.AtTimeZone(this=in_utc, zone=text(zone_name)))


def _month_day(day: exp.Expr) -> exp.Expr:
    hundreds = exp.Mul(this=_part("MONTH", day), expression=number(100))
    return exp.Paren(this=exp.Add(this=hundreds, expression=_part("DAY", day)))


def _part(name: str, day: exp.Expr) -> exp.Expr:
    return exp.Extract(this=exp.var(name), expression=day.copy())


CONDITIONS: dict[type[ProfileIs], Callable[[Any, Surroundings], exp.Expr]] = {
    Everyone: _everyone,
    IsAlive: _is_alive,
    IsActive: _is_active,
    GenderIs: _gender,
    AgeBetween: _age,
    BirthdayWithin: _birthday,
    CityIs: _city,
    LanguageIs: _language,
    OneOfThese: _one_of_these,
}
