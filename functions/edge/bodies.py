"""What does a message hold? Its body, or what it claims from the store (D5)."""

from collections.abc import Mapping
from typing import Any

import azure.functions as func

from shared.wiring import claims
from shared.wiring.composition import application


def properties_of(message: func.ServiceBusMessage) -> Mapping[str, Any]:
    """Give the sender's properties, whichever of the two names the host gives them under."""
    return message.application_properties or message.user_properties or {}


def body_of(message: func.ServiceBusMessage) -> bytes:
    """Give what a handler is to read.

    Raises `NotYetVisible` while what the message claims has not come here, `ClaimIsGone` once it is no more.
    """
    properties = properties_of(message)
    if claims.PLACE not in properties:
        return message.get_body()
    app = application()
    told = {name: str(value) for name, value in properties.items()}
    return claims.redeem(app.documents, told, now=app.clock.now())
