"""Choose who to be: the page and the token endpoint of the local issuer (D13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.oidc import TOKENS_LAST, LocalIssuer
from local.pages.forms import form_of, json_of
from local.pages.rendering import Rendering, back_to
from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.kernel.refusals import Nonsense

_COOKIE = "local_sign_in"
_MOST_FOUND = 30


@dataclass(frozen=True, slots=True)
class FoundPatient:
    """A patient as the page shows them, to be told from others of the same name."""

    id: str
    name: str
    born: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """`/local/sign-in` for people, `/local/oidc/…` for programs and for those who verify."""

    rendering: Rendering
    issuer: LocalIssuer
    record: ClinicalRecord
    roles: Sequence[str]

    def routes(self) -> list[Route]:
        return [
            Route("/local/sign-in", self.show),
            Route("/local/sign-in", self.sign_in, methods=["POST"]),
            Route("/local/sign-out", self.sign_out, methods=["POST"]),
            Route("/local/oidc/token", self.token, methods=["POST"]),
            Route("/local/oidc/jwks", self.jwks),
            Route("/local/oidc/{whose}/.well-known/openid-configuration", self.configuration),
        ]

    async def show(self, request: Request) -> Response:
        searched = request.query_params.get("name")
        patients = await run_in_threadpool(self._patients, searched) if searched else ()
        who, _, bearer = request.cookies.get(_COOKIE, "").partition("|")
        return self.rendering.page(
            request,
            "sign_in.html",
            roles=self.roles,
            searched=searched or "",
            patients=patients,
            who=who.replace("_", " "),
            bearer=bearer,
        )

    async def sign_in(self, request: Request) -> Response:
        form = await form_of(request, self.rendering.form_token)
        asked: dict[str, Any] = {**form, "roles": form.getlist("roles")}
        asked["teams"] = [team.strip() for team in str(form.get("teams", "")).split(",") if team.strip()]
        who, token = self._token_for(asked)
        answer = back_to("/local/sign-in", "signed-in")
        answer.set_cookie(_COOKIE, f"{who}|{token}", path="/local", httponly=True, samesite="strict")
        return answer

    async def sign_out(self, request: Request) -> Response:
        await form_of(request, self.rendering.form_token)
        answer = back_to("/local/sign-in", "signed-out")
        answer.delete_cookie(_COOKIE, path="/local")
        return answer

    async def token(self, request: Request) -> Response:
        """Give a token: who is `staff` (subject, roles, teams), `patient` (patient_id) or `login` (login)."""
        _, token = self._token_for(await json_of(request))
        lasts = int(TOKENS_LAST.total_seconds())
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": lasts})

    async def jwks(self, _: Request) -> Response:
        return JSONResponse(self.issuer.key_set())

    async def configuration(self, request: Request) -> Response:
        whose = request.path_params["whose"]
        if whose not in {"staff", "patients"}:
            return Response(status_code=404)
        return JSONResponse(self.issuer.configuration(whose))

    def _token_for(self, asked: dict[str, Any]) -> tuple[str, str]:
        if asked.get("who") == "patient":
            patient_id = _text(asked, "patient_id")
            return f"patient-{patient_id}", self.issuer.patient_token(patient_id)
        if asked.get("who") == "staff":
            subject = _text(asked, "subject")
            token = self.issuer.staff_token(subject, _texts(asked, "roles"), _texts(asked, "teams"))
            return subject, token
        if asked.get("who") == "login":
            login = _text(asked, "login")
            return f"login-{login}", self.issuer.login_token(login)
        raise Nonsense(("who", "is neither staff, nor patient, nor login"))

    def _patients(self, name: str) -> Sequence[FoundPatient]:
        wanted = SearchParameters((("name:contains", name), ("_count", str(_MOST_FOUND))))
        return [_found(patient) for patient in self.record.search("Patient", wanted).matches]


def _found(patient: Resource) -> FoundPatient:
    names: list[dict[str, Any]] = patient.get("name", [])
    first = names[0] if names else {}
    spelt = first.get("text") or " ".join([*first.get("given", []), first.get("family", "")]).strip()
    born = patient.get("birthDate")
    return FoundPatient(
        patient["id"], spelt or "Without a name", f"born {born}" if born else "birth date unknown"
    )


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 100 or not value.isprintable() or "|" in value:
        raise Nonsense((name, "is not a text of 1 to 100 characters"))
    return value


def _texts(asked: dict[str, Any], name: str) -> list[str]:
    values: Any = asked.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):  # pyright: ignore[reportUnknownVariableType]  # JSON
        raise Nonsense((name, "is not a list of texts"))
    return values  # pyright: ignore[reportUnknownVariableType]  # JSON
