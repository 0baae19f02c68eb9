"""Are these two records the same person?"""

import azure.functions as func

from functions.edge import http, service_bus
from functions.edge.doors import roles
from shared.wiring.composition import application

blueprint = func.Blueprint()

KEEPERS = roles("data_administrator")


@blueprint.function_name("work_on_persons")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%MATCHING_WORK_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="matching-work")
def work_on_persons(message: func.ServiceBusMessage) -> None:
    """Make a run or carry out a review; stopped half-way and told again, it comes to the same."""
    app = application()
    asked = service_bus.read(message, app.work_on_persons)
    app.work_on_persons(asked, now=app.clock.now())


@blueprint.function_name("put_matching")
@blueprint.route(route="api/matchings/{matching_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(KEEPERS, does="put_matching")
def put_matching(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a matching; one that is there needs If-Match. No record is looked at before the next run."""
    app = application()
    draft = http.read(req, app.put_matching)
    kept = app.put_matching(
        draft,
        matching_id=http.path(req, "matching_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("read_matching")
@blueprint.route(route="api/matchings/{matching_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(KEEPERS, does="read_matching")
def read_matching(req: func.HttpRequest) -> func.HttpResponse:
    """Show one matching, and the etag to change it by."""
    found = application().read_matching(matching_id=http.path(req, "matching_id"))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_matchings")
@blueprint.route(route="api/matchings", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(KEEPERS, does="list_matchings")
def list_matchings(req: func.HttpRequest) -> func.HttpResponse:
    """Show matchings in order of their ids, a page at a time."""
    app = application()
    return http.ok(app.list_matchings(http.query(req, app.list_matchings)))


@blueprint.function_name("preview_matching")
@blueprint.route(
    route="api/matchings/{matching_id}/preview", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(KEEPERS, does="preview_matching")
def preview_matching(req: func.HttpRequest) -> func.HttpResponse:
    """Show whom a matching would put together or part, and how many; nothing is kept."""
    app = application()
    draft = http.read(req, app.preview_matching)
    matching_id = http.path(req, "matching_id")
    http.reads_many(req, f"matching/{matching_id}")
    return http.ok(app.preview_matching(draft, matching_id=matching_id))


@blueprint.function_name("start_matching_run")
@blueprint.route(
    route="api/matchings/{matching_id}/runs", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(KEEPERS, does="start_matching_run", status=202)
def start_matching_run(req: func.HttpRequest) -> func.HttpResponse:
    """Have the records compared anew, with `full` all of them: 202 with where the run tells how far it is."""
    app = application()
    matching_id = http.path(req, "matching_id")
    run = app.start_matching_run(
        http.query(req, app.start_matching_run),
        matching_id=matching_id,
        run_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.accepted(run, location=f"/api/matchings/{matching_id}/runs/{run.id}")


@blueprint.function_name("read_matching_run")
@blueprint.route(
    route="api/matchings/{matching_id}/runs/{run_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(KEEPERS, does="read_matching_run")
def read_matching_run(req: func.HttpRequest) -> func.HttpResponse:
    """Show how far a run has come and, once it is done, what each rule found and the sources hold."""
    run = application().read_matching_run(
        matching_id=http.path(req, "matching_id"), run_id=http.path(req, "run_id")
    )
    return http.ok(run)


@blueprint.function_name("list_persons")
@blueprint.route(
    route="api/matchings/{matching_id}/persons", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(KEEPERS, does="list_persons")
def list_persons(req: func.HttpRequest) -> func.HttpResponse:
    """Show whose records are thought to be one person's, and by which rule, a page at a time."""
    app = application()
    query = http.query(req, app.list_persons)
    matching_id = http.path(req, "matching_id")
    http.reads_many(req, f"matching/{matching_id}")
    return http.ok(app.list_persons(query, matching_id=matching_id))


@blueprint.function_name("read_person")
@blueprint.route(
    route="api/matchings/{matching_id}/persons/{person_id}",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(KEEPERS, does="read_person")
def read_person(req: func.HttpRequest) -> func.HttpResponse:
    """Show one person's values, and the records they come from."""
    person_id = http.path(req, "person_id")
    http.reads_many(req, f"person/{person_id}")
    return http.ok(application().read_person(matching_id=http.path(req, "matching_id"), person_id=person_id))


@blueprint.function_name("list_proposals")
@blueprint.route(
    route="api/matchings/{matching_id}/proposals", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(KEEPERS, does="list_proposals")
def list_proposals(req: func.HttpRequest) -> func.HttpResponse:
    """Show which links wait for a reviewer, and why nothing followed them, a page at a time."""
    app = application()
    query = http.query(req, app.list_proposals)
    matching_id = http.path(req, "matching_id")
    http.reads_many(req, f"matching/{matching_id}")
    return http.ok(app.list_proposals(query, matching_id=matching_id))


@blueprint.function_name("review_persons")
@blueprint.route(
    route="api/matchings/{matching_id}/reviews", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(KEEPERS, does="review_persons", status=202)
def review_persons(req: func.HttpRequest) -> func.HttpResponse:
    """Say that two persons are one, or that one is two: 202, done within seconds and kept to ever after."""
    app = application()
    review = app.review_persons(
        http.read(req, app.review_persons),
        matching_id=http.path(req, "matching_id"),
        review_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.accepted(review)
