"""`make definitions`: what a newcomer's first host needs before anybody can chat."""

import io
from pathlib import Path

import httpx
import pytest

from local import definitions
from local.own_host import a_free_port, own_host


class TestDefinitions:
    def test_open_the_chat_and_may_be_kept_again(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with own_host(tmp_path / "data") as host:
            assert definitions.main(["--url", host.url]) == 0
            first = capsys.readouterr().out
            token = host.token("staff", subject="nina", roles=list(definitions.MAKER["roles"]))
            monkeypatch.setattr("sys.stdin", io.StringIO(f"{token}\n"))
            assert definitions.main(["--url", host.url, "--signed-in"]) == 0
            second = capsys.readouterr().out
            token = host.http.post("/api/chat-token").json()["token"]
            headers = {"Authorization": f"Bearer {token}"}
            host.until(lambda: _opened(host.http, headers) in (200, 201))

        assert "workstreams/live-chat: kept" in first
        assert "entity-maps/Observation: kept" in first
        assert "already" not in first
        assert "workstreams/live-chat: is there already" in second

    def test_need_a_host(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert definitions.main(["--url", f"http://127.0.0.1:{a_free_port()}"]) == 1

        assert "make run" in capsys.readouterr().err


def _opened(http: httpx.Client, headers: dict[str, str]) -> int:
    return http.post("/v3/directline/conversations", headers=headers).status_code
