"""Resource types that no library at hand describes, in our own words: only the properties that we use.

Nothing but our own reading of Azure's reference stands behind these, so a mistake here would not be noticed.
"""

from tests.support.bicep.shapes import Field, Many, Shape, Text, Thing, Truth

_TAGS = Field(Thing("tags", more=Text()))


def _object(name: str, required: tuple[str, ...] = (), **shapes: Shape) -> Thing:
    return Thing(name, {field: Field(shape, field in required) for field, shape in shapes.items()})


_LOG = _object("log", ("enabled",), category=Text(), categoryGroup=Text(), enabled=Truth())
_METRIC = _object("metric", ("enabled",), category=Text(), enabled=Truth())

OWN: dict[str, tuple[str, Thing]] = {
    # azure-mgmt-monitor 7 has left diagnostic settings out.
    "Microsoft.Insights/diagnosticSettings": (
        "2021-05-01-preview",
        _object(
            "diagnosticSettings",
            ("properties",),
            properties=_object(
                "diagnosticSettings",
                ("workspaceId",),
                workspaceId=Text(),
                logAnalyticsDestinationType=Text(),
                logs=Many(_LOG),
                metrics=Many(_METRIC),
            ),
        ),
    ),
    # azure-mgmt-resource would be one more library for two properties.
    "Microsoft.Resources/resourceGroups": (
        "2024-11-01",
        Thing("resourceGroup", {"location": Field(Text(), required=True), "tags": _TAGS}),
    ),
}
