"""Registers every blueprint, nothing else: all the doors of the house, which `openapi` lists room by room."""

import azure.functions as func

from functions import openapi, relay

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

for room in (*openapi.ROOMS, openapi, relay):
    app.register_functions(room.blueprint)
