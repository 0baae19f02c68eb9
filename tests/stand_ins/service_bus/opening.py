"""Which end an attaching link gets, or why it gets none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.stand_ins.service_bus.authorisation import CBS, path_in
from tests.stand_ins.service_bus.broker import MANAGEMENT
from tests.stand_ins.service_bus.engine import AmqpLink
from tests.stand_ins.service_bus.intake import Intake
from tests.stand_ins.service_bus.links import Answers, LinkEnd, Requests
from tests.stand_ins.service_bus.management import Management
from tests.stand_ins.service_bus.outlets import SESSION_FILTER, Outlet, SessionOutlet, filters_of

if TYPE_CHECKING:
    from tests.stand_ins.service_bus.connection import ClientConnection

_CBS_SPELLS = ("status-code", "status-description")
_MANAGEMENT_SPELLS = ("statusCode", "statusDescription")


def link_end_for(link: AmqpLink, connection: ClientConnection) -> LinkEnd:
    """Choose the end for a link. Raises `Refused`."""
    link.source.copy(link.remote_source)
    link.target.copy(link.remote_target)
    link.snd_settle_mode, link.rcv_settle_mode = link.remote_snd_settle_mode, link.remote_rcv_settle_mode
    address = path_in((link.remote_source if link.is_sender else link.remote_target).address)
    if address == CBS or address.lower().endswith(MANAGEMENT):
        return _node(link, connection, address)
    connection.authorisation.demand(address)
    queue = connection.broker.find(address)
    if not link.is_sender:
        return Intake(link, connection, address, queue)
    if SESSION_FILTER in filters_of(link):
        return SessionOutlet(link, connection, address, queue)
    queue.refuse_sessionless()
    return Outlet(link, connection, address, queue)


def _node(link: AmqpLink, connection: ClientConnection, address: str) -> LinkEnd:
    if link.is_sender:
        return Answers(link, connection, address)
    if address == CBS:
        authorisation = connection.authorisation
        return Requests(link, connection, address, lambda one: (authorisation.put(one), None), _CBS_SPELLS)
    path = address[: -len(MANAGEMENT)]
    management = Management(connection.broker, path, connection.authorisation)
    return Requests(link, connection, address, management.act, _MANAGEMENT_SPELLS)
