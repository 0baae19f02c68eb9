"""Every door that shows or changes a patient's data is audited; one that is not says here why not (D17)."""

import ast
import inspect
from collections.abc import Mapping
from functools import cache
from importlib import import_module

import pytest

from tests.support.product import Product
from tests.support.product_routes import Route, routes
from tests.support.tree import ROOT, parsed

BY_TOKEN = ("roles", "signed in", "patient", "patient login")
NOT_BY_PEOPLE_WITH_A_NAME: Mapping[str, str] = {
    "conversation token": "whoever has it is in the conversation, which keeps who said what",
    "signed link": "whoever was asked answers; the answer is kept as theirs",
    "webhook proof": "another system, no person",
    "public": "shows and changes nobody's data",
}
DEFINES = "changes a definition, which is nobody's data, and audits that it did"
IDS_ONLY = "ids of talks, and how long they wait"
NOT_ABOUT_A_PATIENT: Mapping[str, str] = {
    "who_am_i": "what the token itself says",
    "search_slots": "free slots, and nobody in them",
    "generate_chat_token": "opens a talk for whoever asks, and shows nothing",
    **dict.fromkeys(
        ("show_queue", "explain_waiting", "show_own_work", "list_queues", "read_queue"), IDS_ONLY
    ),
    **dict.fromkeys(
        (
            "put_journey",
            "put_queue",
            "put_scenario",
            "put_segment",
            "put_survey",
            "put_template",
            "put_trigger",
            "put_workstream",
            "put_features",
            "install_shipped",
        ),
        DEFINES,
    ),
    **dict.fromkeys(
        (
            "list_attribute_maps",
            "list_codeable_concepts",
            "list_entity_maps",
            "list_journeys",
            "read_entity_map",
            "read_journey",
            "list_scenarios",
            "read_scenario",
            "list_segments",
            "read_segment",
            "list_shipped",
            "list_surveys",
            "read_survey",
            "read_template",
            "list_triggers",
            "read_trigger",
            "list_custom_triggers",
            "read_custom_trigger",
            "list_workstreams",
            "read_workstream",
            "read_features",
            "list_activity_types",
            "read_activity_type",
            "list_compliance_profiles",
            "read_compliance_profile",
            "list_matchings",
            "read_matching",
            "list_measures",
            "read_measure",
            "list_exports",
            "read_export",
            "list_relationships",
            "check_relationship",
            "read_view",
        ),
        "a definition",
    ),
    **dict.fromkeys(("read_kpis", "survey_results", "read_matching_run"), "counts"),
    **dict.fromkeys(
        ("list_sources", "list_refreshes", "read_refresh_schedule"),
        "how far what follows the record has come",
    ),
    **dict.fromkeys(
        ("list_representatives", "set_presence", "set_capacity", "find_practitioners"), "about staff"
    ),
    "list_suppressions": "contact points by their keyed names",
    **dict.fromkeys(
        ("list_parked", "explain_parked", "list_dead_letters", "list_message_queues"),
        "what is wrong with messages, without any value in them",
    ),
}
"""Why these show and change nothing of a patient's."""


def of_people() -> list[Route]:
    return [route for route in routes() if route.door.kind in BY_TOKEN]


def source_of(route: Route) -> str:
    return inspect.getsource(inspect.unwrap(route.call))


def is_audited_at_the_edge(route: Route) -> bool:
    """Say whether the answer itself is remembered: by its path, by whose door it is, or noted by hand."""
    by_itself = route.method == "GET" and (route.door.kind == "patient" or "{patient_id}" in route.path)
    return by_itself or "http.reads" in source_of(route)


def is_audited_in_the_act(route: Route, product: Product) -> bool:
    """Say whether the act changes something, and comes upon the audit in its own room."""
    does = vars(route.call)["does"]
    act: object = getattr(product.app, does) if does else None
    return route.method != "GET" and act is not None and _comes_upon_the_audit(type(act).__module__)


@cache
def _comes_upon_the_audit(module: str) -> bool:
    """Follow what a module imports within its own room until something of room audit's is among it."""
    room = ".".join(module.split(".")[:2])
    seen, to_see = set[str](), [module]
    while to_see:
        at = to_see.pop()
        for imported in _imports(at) - seen:
            if imported in ("shared.audit.announced", "shared.audit.model"):
                return True
            if imported.startswith(f"{room}."):
                to_see.append(imported)
            seen.add(imported)
    return False


def _imports(module: str) -> set[str]:
    path = inspect.getsourcefile(import_module(module))
    assert path is not None
    tree = parsed(ROOT / path)
    return {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


@pytest.fixture(scope="module")
def product(standing: Product) -> Product:
    return standing


class TestEveryDoor:
    def test_is_for_people_or_says_why_nobody_is_named(self) -> None:
        assert {route.door.kind for route in routes()} == {*BY_TOKEN, *NOT_BY_PEOPLE_WITH_A_NAME}

    @pytest.mark.parametrize("route", of_people(), ids=lambda route: route.name)
    def test_is_audited_or_says_why_not(self, product: Product, route: Route) -> None:
        audited = is_audited_at_the_edge(route) or is_audited_in_the_act(route, product)

        if route.name in NOT_ABOUT_A_PATIENT:
            assert not is_audited_at_the_edge(route)
            assert audited or NOT_ABOUT_A_PATIENT[route.name] != DEFINES
        else:
            assert audited, "nobody would know who was there: note the read, or audit in the act's commit"

    def test_that_is_excused_is_there(self) -> None:
        assert NOT_ABOUT_A_PATIENT.keys() <= {route.name for route in of_people()}

    @pytest.mark.parametrize(
        "route",
        [one for one in of_people() if "{patient_id}" in one.path or "/me/" in one.path],
        ids=lambda route: route.name,
    )
    def test_that_names_a_patient_is_hardly_ever_excused(self, route: Route) -> None:
        excused = {"generate_chat_token", "show_own_work", "set_presence"}

        assert route.name not in NOT_ABOUT_A_PATIENT or route.name in excused
