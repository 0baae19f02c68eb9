"""Registers every blueprint, nothing else: all the doors of the house in one place."""

import azure.functions as func

from functions import (
    access,
    appointments,
    audit,
    consent,
    conversations,
    direct_line,
    guidance,
    health,
    insights,
    journeys,
    messaging,
    openapi,
    operations,
    relay,
    routing,
    scenarios,
    segments,
    surveys,
    tasks,
    triggers,
)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

for room in (
    access,
    appointments,
    audit,
    consent,
    conversations,
    direct_line,
    guidance,
    health,
    insights,
    journeys,
    messaging,
    openapi,
    operations,
    relay,
    routing,
    scenarios,
    segments,
    surveys,
    tasks,
    triggers,
):
    app.register_functions(room.blueprint)
