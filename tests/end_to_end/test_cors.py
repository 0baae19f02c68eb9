"""Pages of other origins may call where the settings name them, and learn so beforehand (Fetch: CORS)."""

from collections.abc import Generator

import httpx
import pytest

from local.own_host import OwnHost, own_host

PORTAL = "https://portal.example"
ELSEWHERE = "https://elsewhere.example"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Generator[OwnHost]:
    with own_host(tmp_path_factory.mktemp("cors"), options=("--set", f"CORS_ORIGINS={PORTAL}")) as one:
        yield one


def asked(host: OwnHost, path: str, origin: str, method: str = "PUT") -> httpx.Response:
    """Ask as a browser does before it lets a page send."""
    return host.http.options(path, headers={"Origin": origin, "Access-Control-Request-Method": method})


class TestPreflight:
    @pytest.mark.parametrize(
        "path", ["/api/journeys/hba1c", "/api/patients/ada/messages/m1/why", "/api/parked", "/api/nowhere"]
    )
    def test_tells_a_named_origin_what_it_may_send(self, host: OwnHost, path: str) -> None:
        answer = asked(host, path, PORTAL)

        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == PORTAL
        assert "PUT" in answer.headers["access-control-allow-methods"]
        assert "If-Match" in answer.headers["access-control-allow-headers"]

    def test_tells_another_origin_nothing(self, host: OwnHost) -> None:
        answer = asked(host, "/api/journeys/hba1c", ELSEWHERE)

        assert [name for name in answer.headers if name.startswith("access-control")] == []

    def test_leaves_event_grids_question_to_its_own_function(self, host: OwnHost) -> None:
        answer = host.http.options(
            "/api/fhir-changes", headers={"WebHook-Request-Origin": "eventgrid.azure.net"}
        )

        assert answer.status_code == 200
        assert answer.headers["webhook-allowed-origin"] == "eventgrid.azure.net"

    @pytest.mark.parametrize(("path", "status"), [("/api/nowhere", 404), ("/api/health/live", 405)])
    def test_makes_no_address_of_any_path(self, host: OwnHost, path: str, status: int) -> None:
        assert host.http.delete(path).status_code == status
