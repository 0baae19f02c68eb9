"""Bundles as an integration engine sends them, and what it is answered."""

from typing import Any

import pytest

from tests.support.product import Answer, Product

SYNC, DATA = "fhir_sync_administrator", "data_administrator"
REASON = {"X_Reason": "Sync%20check"}
VISIT = "2f1c7a50-0c0e-4f0e-9a39-6c3f0d3f2b11"
KNEE = "8d0b8a9e-6a5e-4b1c-8f3a-4b0b7a0e5c22"
BOTH = pytest.mark.parametrize("product", ["embedded", "elsewhere"], indirect=True)
"""With the record in the product itself, and with one that a FHIR server keeps."""


def bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def put(resource: dict[str, Any], **request: Any) -> dict[str, Any]:
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": url} | request}


def post(uuid: str, resource: dict[str, Any]) -> dict[str, Any]:
    request = {"method": "POST", "url": resource["resourceType"]}
    return {"fullUrl": f"urn:uuid:{uuid}", "resource": resource, "request": request}


def gone(type_: str, id_: str) -> dict[str, Any]:
    return {"request": {"method": "DELETE", "url": f"{type_}/{id_}"}}


def a_knee(**more: Any) -> dict[str, Any]:
    subject = {"reference": "Patient/maria"}
    return {
        "resourceType": "Condition",
        "id": "knee",
        "subject": subject,
        "code": {"text": "Gonarthrosis"},
    } | more


def a_visit() -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/maria"},
        "diagnosis": [{"condition": {"reference": f"urn:uuid:{KNEE}"}}],
    }


def sent(product: Product, body: object, *, role: str = SYNC, **headers: str) -> Answer:
    return product.ask("POST", "/api/fhir/bundles", body=body, token=product.staff(role), **headers)


def outcomes(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [one["outcome"] for one in answer.json["results"]]


def mapped(product: Product, resource_type: str, *messages: str, **more: Any) -> Answer:
    wanted = {"is_enabled": bool(messages), "messages": list(messages)} | more
    path = f"/api/entity-maps/{resource_type}"
    return product.ask("PUT", path, body=wanted, token=product.staff(SYNC))
