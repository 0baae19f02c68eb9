"""Registers every blueprint, nothing else: all the doors of the house in one place."""

import azure.functions as func

from functions import (
    access,
    audit,
    consent,
    health,
    journeys,
    messaging,
    openapi,
    operations,
    relay,
    triggers,
)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

for room in (access, audit, consent, health, journeys, messaging, openapi, operations, relay, triggers):
    app.register_functions(room.blueprint)
