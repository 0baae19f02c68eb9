"""Hear what a FHIR server tells of its changes by a web hook, in whatever shape it does."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from shared.fhir.references import ID
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Create, Documents, Replace, announcing
from shared.kernel.refusals import AlreadyExists, LostRace, Nonsense
from shared.triggers.change_events import ChangeEvent
from shared.triggers.in_fhir import updated_at, version_of
from shared.triggers.model import PollChanges, ResourceChanged
from shared.triggers.notifications import Event, Notification, notification
from shared.triggers.source_documents import (
    heard_of,
    source_partition,
    subscription_document,
    written,
)
from shared.triggers.sources import ChangeSource, ChangeSources, SubscriptionIsUnknown
from shared.triggers.subscriptions import HeardSubscription, Meaning, meaning

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HearHook:
    """Takes an R4 Subscription's rest-hook, with or without a resource, and notifications of topics (FH-9).

    Nothing that is delivered is believed as the record: it says where to look. An empty body, a gap in the
    numbers, or too much at once has the record itself asked. Told twice, it is the same again.
    """

    documents: Documents
    publisher: Publisher
    sources: ChangeSources

    def __call__(
        self, body: Any, *, source: str, now: datetime, named: tuple[str, str] | None = None
    ) -> None:
        """Hear a body, None for an empty one; `named` is the type and id that stand in its address.

        Raises `Nonsense` for what is no resource, or another than is named, `NoSuchSource`, and
        `SubscriptionIsUnknown` for a subscription that the source's settings do not list.
        """
        who = self.sources.named(source)
        if body is None and named is None:
            self._publish(who, "empty", _asking(who, "told_so", now, named=f"{now.isoformat()}"))
        elif not isinstance(body, Mapping):
            raise Nonsense(("body", "not a FHIR resource"))
        elif cast("Mapping[str, Any]", body).get("resourceType") == "Bundle" and named is None:
            self._notified(who, notification(cast("Mapping[str, Any]", body)), now)
        else:
            self._told_of(who, cast("Mapping[str, Any]", body), named, now)

    def _told_of(
        self, who: ChangeSource, resource: Mapping[str, Any], named: tuple[str, str] | None, now: datetime
    ) -> None:
        reference = _reference_of(resource)
        if named is not None and reference != named:
            raise Nonsense(
                ("resourceType" if reference[0] != named[0] else "id", "is not what the address names")
            )
        at = updated_at(dict(resource))
        version = version_of(dict(resource)) or None
        hint = ResourceChanged(who.name, *reference, version if at else None, at or now)
        if self._is_unwanted(hint):
            log.info("triggers.hook.heard", extra={"source": who.name, "shape": "resource", "passed_on": 0})
            return
        self._publish(
            who, "resource", Announcement(hint, _name_of(hint), ("/".join(reference), version or 0))
        )

    def _notified(self, who: ChangeSource, told: Notification, now: datetime) -> None:
        """Commit how far the subscription has come, with all that is to be looked at for it."""
        subscription_id = _subscription(who, told)
        before = heard_of(self.documents, who.name, subscription_id)
        meant = meaning(before.body if before else HeardSubscription(subscription_id, who.name), told, now)
        write = written(before, subscription_document(subscription_id), meant.heard)
        announcements = [
            *self._hints(who, subscription_id, meant, write, now),
            *_asked(who, meant, write, now),
        ]
        try:
            self.documents.commit(source_partition(who.name), changes=[write], announcements=announcements)
        except AlreadyExists:  # its very first notification delivered twice at once
            raise LostRace from None
        extra = {"source": who.name, "subscription": subscription_id, "shape": told.kind}
        log.info("triggers.hook.heard", extra=extra | {"passed_on": len(announcements)})
        if meant.has_gap or told.status == "error":
            log.warning("triggers.subscription.interrupted", extra=extra | {"gap": meant.has_gap})

    def _hints(
        self, who: ChangeSource, subscription_id: str, meant: Meaning, write: Create | Replace, now: datetime
    ) -> Iterator[Announcement]:
        told = set[str]()
        for event in meant.events:
            hint = _hint(who, event, now)
            if hint is None or self._is_unwanted(hint):
                continue
            named = f"{who.name}~{subscription_id}~{write.version}~{event.number}"
            named += f"~{hint.resource_type}/{hint.resource_id}"
            if named not in told:
                told.add(named)
                yield announcing(hint, of=write, named=named)

    def _is_unwanted(self, hint: ResourceChanged) -> bool:
        event = ChangeEvent(
            id="",
            happened=hint.happened,
            resource_type=hint.resource_type,
            resource_id=hint.resource_id,
            version=hint.version,
            at=hint.at,
            source=hint.source,
        )
        return self.sources.ignores(event) is not None

    def _publish(self, who: ChangeSource, shape: str, announcement: Announcement) -> None:
        self.publisher.publish([announcement])
        log.info("triggers.hook.heard", extra={"source": who.name, "shape": shape, "passed_on": 1})


def _reference_of(resource: Mapping[str, Any]) -> tuple[str, str]:
    kind, identity = resource.get("resourceType"), resource.get("id")
    if not isinstance(kind, str) or not kind.isalpha():
        raise Nonsense(("resourceType", "missing or malformed"))
    if not isinstance(identity, str) or not ID.fullmatch(identity):
        raise Nonsense(("id", "missing or malformed"))
    return kind, identity


def _subscription(who: ChangeSource, told: Notification) -> str:
    own = who.own(told.subscription, of_type="Subscription")
    if own is None or own[1] not in who.subscriptions:
        raise SubscriptionIsUnknown
    return own[1]


def _hint(who: ChangeSource, event: Event, now: datetime) -> ResourceChanged | None:
    """Give what an event points to; None where it stands on another server: ids are others there."""
    own = who.own(event.focus) if event.focus is not None else None
    if own is None:
        return None
    version = event.version if event.at else None  # a version is placed by its time
    return ResourceChanged(who.name, *own, version, event.at or now, event.happened)


def _name_of(hint: ResourceChanged) -> str:
    return f"{hint.source}~{hint.resource_type}/{hint.resource_id}~{hint.version}~{hint.at.isoformat()}"


def _asked(
    who: ChangeSource, meant: Meaning, write: Create | Replace, now: datetime
) -> Sequence[Announcement]:
    if not meant.asks_the_record:
        return ()
    because = "gap" if meant.has_gap else "told_so"
    asking = _asking(who, because, now, named=f"{write.id}~{write.version}")
    return [replace(asking, of=(write.id, write.version))]


def _asking(who: ChangeSource, because: Any, now: datetime, *, named: str) -> Announcement:
    """Ask for a look at the record, by itself; one that comes too late costs nothing."""
    content = PollChanges(who.name, because, now)
    return Announcement(content, f"{who.name}~{because}~{named}", (who.name, 0))
