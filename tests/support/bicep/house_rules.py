"""What this house asks beyond what Azure asks: identity alone, logs of everything, roles by name, words."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from tests.support.bicep.checking import held
from tests.support.bicep.project import Project
from tests.support.bicep.reading import resource_kind
from tests.support.bicep.syntax import everything_in, line_of, literal_text, named, text_of
from tests.support.bicep.templates import Declaration, Template, is_nullable

ROLE_IDS = {
    "Azure Service Bus Data Receiver": "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
    "Azure Service Bus Data Sender": "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
    "Communication and Email Service Owner": "09976791-48a7-449e-bb21-39d1a415f350",
    "FHIR Data Contributor": "5a1fc7df-4bf1-4951-a576-89034ee01acd",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
}
"""Azure's own roles, written here a second time: one slip of the hand is then seen."""

KEPT_SAFE: dict[str, dict[str, str]] = {
    "Microsoft.Communication/communicationServices": {"disableLocalAuth": "true"},
    "Microsoft.DocumentDB/databaseAccounts": {
        "disableLocalAuth": "true",
        "disableKeyBasedMetadataWriteAccess": "true",
        "minimalTlsVersion": "'Tls12'",
    },
    "Microsoft.Insights/components": {"DisableLocalAuth": "true"},
    "Microsoft.KeyVault/vaults": {"enableRbacAuthorization": "true", "enablePurgeProtection": "true"},
    "Microsoft.ServiceBus/namespaces": {"disableLocalAuth": "true", "minimumTlsVersion": "'1.2'"},
    "Microsoft.Storage/storageAccounts": {
        "allowBlobPublicAccess": "false",
        "allowSharedKeyAccess": "false",
        "minimumTlsVersion": "'TLS1_2'",
        "supportsHttpsTrafficOnly": "true",
    },
    "Microsoft.Storage/storageAccounts/blobServices/containers": {"publicAccess": "'None'"},
    "Microsoft.Web/sites": {"httpsOnly": "true"},
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": {"allow": "false"},
}
"""What a resource must say of itself, word for word."""

LOGGED = {
    "Microsoft.Communication/communicationServices",
    "Microsoft.DocumentDB/databaseAccounts",
    "Microsoft.EventGrid/systemTopics",
    "Microsoft.HealthcareApis/workspaces/fhirservices",
    "Microsoft.KeyVault/vaults",
    "Microsoft.Network/virtualNetworks",
    "Microsoft.OperationalInsights/workspaces",
    "Microsoft.ServiceBus/namespaces",
    "Microsoft.Storage/storageAccounts",
    "Microsoft.Storage/storageAccounts/blobServices",
    "Microsoft.Web/sites",
}
"""Whose logs or metrics go to Log Analytics. The others are parts of these, have none, or (Application
Insights) write into the workspace themselves."""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEYS = re.compile(
    r"AccountKey=|SharedAccessKey=|SharedAccessSignature|DefaultEndpointsProtocol=|[?&]sig=", re.IGNORECASE
)
_SECRETIVE = re.compile(r"secret|password|key$", re.IGNORECASE)


def check_house_rules(project: Project, template: Template) -> None:
    for node, says in _broken(template):
        project.findings.say(template.path, node if isinstance(node, int) else line_of(node), says)


def _broken(template: Template) -> Iterator[tuple[Node | int, str]]:
    yield from _undescribed(template)
    yield from _keys(template)
    yield from _numbers(template)
    yield from _secrets(template)
    for one in template.of_kind("resource"):
        if not any(text_of(child) == "existing" for child in one.node.children):
            yield from _unsafe(one)
            yield from _unlogged(template, one)
            yield from _unscoped(one)


def _undescribed(template: Template) -> Iterator[tuple[Node | int, str]]:
    for wanted in {"name", "description"} - template.metadata:
        yield 1, f"metadata {wanted} is missing"
    for one in [*template.of_kind("param", "type"), *template.outputs.values()]:
        said = _description(one)
        if one.kind == "param":
            need = "Required. " if not _is_optional(one) else "Optional. "
            if not said.startswith(need):
                yield one.node, f"the description of {one.name} must begin with {need.strip()!r}"
        elif not said and "export" in one.decorators:
            yield one.node, f"{one.name} has no description"
        elif not said and one.kind == "output":
            yield one.node, f"output {one.name} has no description"


def _is_optional(one: Declaration) -> bool:
    kind = next(part for part in named(one.node) if part.type == "type")
    return one.value is not None or is_nullable(kind)


def _description(one: Declaration) -> str:
    if "description" not in one.decorators:
        return ""
    given = named(one.decorators["description"])
    return (literal_text(given[0]) or "") if given else ""


def _keys(template: Template) -> Iterator[tuple[Node | int, str]]:
    for node in everything_in(template.root):
        if node.type == "string_content" and _KEYS.search(text_of(node)):
            yield node, "a connection string with a key: everything is reached by identity"


def _numbers(template: Template) -> Iterator[tuple[Node | int, str]]:
    table = template.declared.get("roleIds")
    for node in everything_in(template.root):
        in_table = table is not None and table.node.start_byte <= node.start_byte < table.node.end_byte
        if node.type == "string_content" and _GUID.fullmatch(text_of(node)) and not in_table:
            yield node, "a role has its number in types.bicep only"
    if table is not None and table.value is not None:
        for name, number in _pairs(table.value):
            if ROLE_IDS.get(name) != literal_text(number):
                yield number, f"{text_of(number)} is not the number of {name!r}"


def _pairs(node: Node) -> Iterator[tuple[str, Node]]:
    for one in named(node):
        if one.type == "object_property" and len(named(one)) == 2:
            yield literal_text(named(one)[0]) or text_of(named(one)[0]), named(one)[1]


def _secrets(template: Template) -> Iterator[tuple[Node | int, str]]:
    secure = {one.name for one in template.of_kind("param") if "secure" in one.decorators}
    for one in template.of_kind("param"):
        if _SECRETIVE.search(one.name) and "secure" not in one.decorators:
            yield one.node, f"{one.name} sounds like a secret and is not @secure()"
    for one in template.outputs.values():
        for node in everything_in(one.node):
            if node.type == "identifier" and text_of(node) in secure:
                yield node, f"output {one.name} shows the secret {text_of(node)}"


def _unsafe(one: Declaration) -> Iterator[tuple[Node | int, str]]:
    for name, value in KEPT_SAFE.get(resource_kind(one), {}).items():
        if held(one, "properties", name) != value:
            yield one.node, f"{one.name}.{name} must be {value}"


def _unlogged(template: Template, one: Declaration) -> Iterator[tuple[Node | int, str]]:
    if resource_kind(one) not in LOGGED:
        return
    scopes = [
        held(other, "scope")
        for other in template.of_kind("resource")
        if resource_kind(other) == "Microsoft.Insights/diagnosticSettings"
        and held(other, "properties", "workspaceId") is not None
    ]
    if one.name not in scopes:
        yield one.node, f"{one.name} sends no logs: it lacks diagnostic settings"


def _unscoped(one: Declaration) -> Iterator[tuple[Node | int, str]]:
    kind = resource_kind(one)
    extends = kind in {"Microsoft.Authorization/roleAssignments", "Microsoft.Insights/diagnosticSettings"}
    if extends and held(one, "scope") is None:
        yield one.node, f"{one.name} lacks scope: it would be for the whole resource group"
    if kind == "Microsoft.Authorization/roleAssignments" and "roleIds[" not in (
        held(one, "properties", "roleDefinitionId") or ""
    ):
        yield one.node, f"{one.name} must name its role (roleIds)"
