"""Bicep's own functions that we know: how many arguments they take, and what they give."""

from tests.support.bicep.shapes import Many, Number, Shape, Text, Thing, Truth, Unknown

_ANY = 99
_LOWER = "a"

KNOWN: dict[str, tuple[int, int, Shape]] = {
    "any": (1, 1, Unknown()),
    "array": (1, 1, Many(Unknown())),
    "base64": (1, 1, Text()),
    "bool": (1, 1, Truth()),
    "cidrSubnet": (3, 3, Text()),
    "concat": (1, _ANY, Unknown()),
    "contains": (2, 2, Truth()),
    "deployment": (0, 0, Unknown()),
    "empty": (1, 1, Truth()),
    "endsWith": (2, 2, Truth()),
    "environment": (0, 0, Unknown()),
    "filter": (2, 2, Unknown()),
    "first": (1, 1, Unknown()),
    "flatten": (1, 1, Many(Unknown())),
    "format": (1, _ANY, Text()),
    "guid": (1, _ANY, Text(36, 36)),
    "indexOf": (2, 2, Number()),
    "int": (1, 1, Number()),
    "intersection": (2, _ANY, Unknown()),
    "items": (1, 1, Unknown()),
    "join": (2, 2, Text()),
    "json": (1, 1, Unknown()),
    "last": (1, 1, Unknown()),
    "length": (1, 1, Number()),
    "loadJsonContent": (1, 3, Unknown()),
    "loadTextContent": (1, 2, Text()),
    "map": (2, 2, Many(Unknown())),
    "max": (1, _ANY, Number()),
    "min": (1, _ANY, Number()),
    "newGuid": (0, 0, Text(36, 36)),
    "padLeft": (2, 3, Text()),
    "range": (2, 2, Many(Number())),
    "reduce": (3, 3, Unknown()),
    "replace": (3, 3, Text()),
    "resourceGroup": (0, 2, Unknown()),
    "resourceId": (2, _ANY, Text()),
    "sort": (2, 2, Unknown()),
    "split": (2, 2, Many(Text())),
    "startsWith": (2, 2, Truth()),
    "string": (1, 1, Text()),
    "subscription": (0, 1, Unknown()),
    "subscriptionResourceId": (2, _ANY, Text()),
    "substring": (2, 3, Text()),
    "take": (2, 2, Unknown()),
    "tenant": (0, 0, Unknown()),
    "toLower": (1, 1, Text()),
    "toObject": (2, 3, Thing("object", more=Unknown())),
    "toUpper": (1, 1, Text()),
    "trim": (1, 1, Text()),
    "union": (2, _ANY, Unknown()),
    "uniqueString": (1, _ANY, Text(13, 13, sample=_LOWER * 13)),
    "uri": (2, 2, Text()),
    "utcNow": (0, 1, Text()),
}

IN_PARAMETER_FILES = {"readEnvironmentVariable": (1, 2, Text())}
NAMESPACES = {"az", "sys"}
BRING_KEYS = {
    "listKeys",
    "listAccountSas",
    "listServiceSas",
    "listSecrets",
    "listConnectionStrings",
    "listAdminKeys",
}
"""These would bring keys into a deployment: there is no such function for us."""
