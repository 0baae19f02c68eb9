"""A component's quantity lies on one side of a threshold."""

from shared.fhir.criteria import ComponentIs
from shared.fhir.ports import Resource
from shared.triggers.conditions.value import Compile, Predicate, quantity_that_lies
from shared.triggers.in_fhir import is_about_any


def compiled(condition: ComponentIs, _compile: Compile) -> Predicate:
    """Ask it of every component with one of the codes, in whatever order: diastolic may come first."""
    codes = frozenset((code.system, code.code) for code in condition.codes)
    lies = quantity_that_lies(condition.comparison, condition.threshold, condition.unit)

    def holds(resource: Resource) -> bool:
        return any(
            lies(component.get("valueQuantity"))
            for component in resource.get("component", ())
            if is_about_any(component, codes, "code")
        )

    return holds
