"""What may pass between this house and the record, of which kinds, and which way?"""

import azure.functions as func

from functions.edge import http
from functions.edge.doors import roles
from shared.wiring.composition import application

blueprint = func.Blueprint()

ADMINISTRATORS = roles("fhir_sync_administrator")
SENDERS = roles("fhir_sync_administrator", "data_administrator")
CLINICAL = roles("healthcare_user", "care_coordinator").tied("act")
LARGEST_BUNDLE = 2 * 1024 * 1024


@blueprint.function_name("list_entity_maps")
@blueprint.route(route="api/entity-maps", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(ADMINISTRATORS, does="list_entity_maps")
def list_entity_maps(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the binding's name
    """Show of each type of resource what may pass, and which way."""
    return http.ok(application().list_entity_maps())


@blueprint.function_name("read_entity_map")
@blueprint.route(
    route="api/entity-maps/{resource_type}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(ADMINISTRATORS, does="read_entity_map")
def read_entity_map(req: func.HttpRequest) -> func.HttpResponse:
    """Show one type's map, its codeable concepts too."""
    kept = application().read_entity_map(resource_type=http.path(req, "resource_type"))
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("put_entity_map")
@blueprint.route(
    route="api/entity-maps/{resource_type}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(ADMINISTRATORS, does="put_entity_map")
def put_entity_map(req: func.HttpRequest) -> func.HttpResponse:
    """Say of one type what may pass; over a map that was set, with If-Match."""
    app = application()
    kept = app.put_entity_map(
        http.read(req, app.put_entity_map),
        resource_type=http.path(req, "resource_type"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("list_codeable_concepts")
@blueprint.route(
    route="api/entity-maps/{resource_type}/concepts", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(ADMINISTRATORS, does="list_codeable_concepts")
def list_codeable_concepts(req: func.HttpRequest) -> func.HttpResponse:
    """Show by which codes things of a type are known, and what the house calls them."""
    shown = application().list_codeable_concepts(resource_type=http.path(req, "resource_type"))
    return http.ok(shown, etag=shown.etag)


@blueprint.function_name("put_codeable_concepts")
@blueprint.route(
    route="api/entity-maps/{resource_type}/concepts", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(ADMINISTRATORS, does="put_codeable_concepts")
def put_codeable_concepts(req: func.HttpRequest) -> func.HttpResponse:
    """Set the table of codeable concepts of one type; over a map that was set, with If-Match."""
    app = application()
    kept = app.put_codeable_concepts(
        http.read(req, app.put_codeable_concepts),
        resource_type=http.path(req, "resource_type"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("list_attribute_maps")
@blueprint.route(
    route="api/entity-maps/{resource_type}/attributes",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(ADMINISTRATORS, does="list_attribute_maps")
def list_attribute_maps(req: func.HttpRequest) -> func.HttpResponse:
    """Show in which columns a type of resource is given out and taken in as rows."""
    shown = application().list_attribute_maps(resource_type=http.path(req, "resource_type"))
    return http.ok(shown, etag=shown.etag)


@blueprint.function_name("put_attribute_maps")
@blueprint.route(
    route="api/entity-maps/{resource_type}/attributes",
    methods=["PUT"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(ADMINISTRATORS, does="put_attribute_maps")
def put_attribute_maps(req: func.HttpRequest) -> func.HttpResponse:
    """Set the columns of one type, each with its place in it; over a map that was set, with If-Match.

    A path is written in FHIRPath: elements, `[n]` and `where(element='text')`.
    """
    app = application()
    kept = app.put_attribute_maps(
        http.read(req, app.put_attribute_maps),
        resource_type=http.path(req, "resource_type"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("write_rows")
@blueprint.route(route="api/fhir/rows/{resource_type}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(SENDERS, does="write_rows", largest=LARGEST_BUNDLE)
def write_rows(req: func.HttpRequest) -> func.HttpResponse:
    """Take rows into the record, in the columns of their type's map; the same again changes nothing."""
    app = application()
    done = app.write_rows(
        http.read(req, app.write_rows),
        resource_type=http.path(req, "resource_type"),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(done)


@blueprint.function_name("read_rows")
@blueprint.route(route="api/fhir/rows/{resource_type}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(CLINICAL, does="read_rows")
def read_rows(req: func.HttpRequest) -> func.HttpResponse:
    """Give what the record has of one patient as rows, in the columns of the type's map, a page at a time."""
    app = application()
    found = app.read_rows(
        http.query(req, app.read_rows),
        resource_type=http.path(req, "resource_type"),
        caller=http.caller(req),
        reason=http.reason(req),
        now=app.clock.now(),
    )
    http.reads(req, found.patient_id, ground=found.ground, why=found.why)
    return http.ok(found)


@blueprint.function_name("write_bundle")
@blueprint.route(route="api/fhir/bundles", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(
    SENDERS, does="write_bundle", largest=LARGEST_BUNDLE, accepts=(http.FHIR_JSON, "application/json")
)
def write_bundle(req: func.HttpRequest) -> func.HttpResponse:
    """Take a FHIR Bundle into the record, as far as entity maps let it; the same again changes nothing."""
    app = application()
    done = app.write_bundle(body=http.fhir(req), caller=http.caller(req), now=app.clock.now())
    return http.ok(done)


@blueprint.function_name("read_bundle")
@blueprint.route(route="api/fhir/bundles", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(CLINICAL, does="read_bundle")
def read_bundle(req: func.HttpRequest) -> func.HttpResponse:
    """Give what the record has of one patient as a FHIR Bundle, a page at a time."""
    app = application()
    found = app.read_bundle(
        http.query(req, app.read_bundle),
        caller=http.caller(req),
        reason=http.reason(req),
        now=app.clock.now(),
    )
    http.reads(req, found.patient_id, ground=found.ground, why=found.why)
    return http.ok(found)
