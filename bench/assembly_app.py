"""What many would put together for the same work: FastAPI, Celery over Redis, SQLAlchemy over PostgreSQL.

A web hook queues a task for each event; the task fetches the resource from the FHIR server and upserts one
flattened row, unless a newer one stands. It has no sessions, no triggers and no telling of repeats; its
workers keep their connections, and are as many as there are processors.
"""
# pyright: basic, reportMissingImports=false
# It runs in a virtual environment of its own: nothing that it is made of is a dependency of the house.

import os
from typing import Any

import httpx
from celery import Celery
from fastapi import FastAPI, Request
from sqlalchemy import JSON, BigInteger, DateTime, Text, create_engine, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import QueuePool

FHIR = os.environ["ASSEMBLY_FHIR"]
engine = create_engine(os.environ["ASSEMBLY_DATABASE"], poolclass=QueuePool)
record = httpx.Client(timeout=30, trust_env=False)
queue = Celery("assembly", broker=os.environ["ASSEMBLY_BROKER"])
queue.conf.update(task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=64)
web = FastAPI()


class Base(DeclarativeBase):
    pass


class Fact(Base):
    """One resource of one patient, flattened."""

    __tablename__ = "facts"

    resource: Mapped[str] = mapped_column(Text, primary_key=True)
    patient_id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[Any] = mapped_column(DateTime(timezone=True))
    title: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(Text)
    starts_at: Mapped[Any] = mapped_column(DateTime(timezone=True))
    codes: Mapped[list[str]] = mapped_column(JSON)
    detail: Mapped[dict[str, str]] = mapped_column(JSON)


@web.post("/changes", status_code=202)
async def take(request: Request) -> None:
    """Queue a task for each event, over one connection."""
    events = await request.json()
    with queue.producer_pool.acquire(block=True) as producer:
        for event in events:
            told = event["data"]
            keep.apply_async((told["resourceType"], told["resourceFhirId"]), producer=producer)


@web.get("/count")
def count() -> int:
    """Say how many rows there are."""
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(Fact)) or 0


@queue.task(autoretry_for=(httpx.HTTPError,), max_retries=5)
def keep(resource_type: str, resource_id: str) -> None:
    """Keep what the resource says now."""
    answer = record.get(f"{FHIR}/{resource_type}/{resource_id}")
    answer.raise_for_status()
    row = flattened(answer.json())
    written = insert(Fact).values(**row)
    newer = {name: written.excluded[name] for name in row}
    with Session(engine) as session:
        session.execute(
            written.on_conflict_do_update(
                index_elements=["resource", "patient_id"],
                set_=newer,
                where=Fact.version < written.excluded.version,
            )
        )
        session.commit()


def flattened(resource: dict[str, Any]) -> dict[str, Any]:
    """Give the row of an Observation."""
    codings = resource["code"].get("coding", [])
    value = resource.get("valueQuantity", {})
    return {
        "resource": f"{resource['resourceType']}/{resource['id']}",
        "patient_id": resource["subject"]["reference"].partition("/")[2],
        "version": int(resource["meta"]["versionId"]),
        "updated_at": resource["meta"]["lastUpdated"],
        "title": resource["code"].get("text") or next((one.get("display") for one in codings), None),
        "status": resource["status"],
        "starts_at": resource.get("effectiveDateTime"),
        "codes": [f"{one['system']}|{one['code']}" for one in codings],
        "detail": {"value": f"{value.get('value')} {value.get('unit', '')}"},
    }
