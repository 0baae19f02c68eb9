"""What an API fuzzer cannot know from a description: how a web hook's caller proves itself (SECURITY.md).

Loaded by schemathesis (`hooks`), in its process: nothing of the project is imported here. `Idempotency-Key`
is left out of what it tries: under a key that has been used nothing else would be looked at.
"""

import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import schemathesis as untyped
from requests import PreparedRequest
from requests.auth import AuthBase

schemathesis: Any = untyped
SECRETS: dict[str, str] = json.loads(Path("proofs.json").read_text())
"""By operation, in the folder the fuzzer runs in."""


class Proof(AuthBase):
    """Signs whatever is about to be sent."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        at = str(int(time.time()))  # noqa: TID251  # the proof is of machine time
        body: Any = request.body or b""
        signed = at.encode() + b"." + (body.encode() if isinstance(body, str) else body)
        digest = hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        request.headers["X-Webhook-Timestamp"] = at
        request.headers["X-Webhook-Signature"] = f"sha256={digest}"
        return request


@schemathesis.hook
def before_load_schema(_: Any, described: dict[str, Any]) -> None:
    for path in described["paths"].values():
        for operation in path.values():
            named = operation["parameters"]
            operation["parameters"] = [one for one in named if one["name"] != "Idempotency-Key"]


for operation, secret in SECRETS.items():
    schemathesis.auth.set_from_requests(Proof(secret)).apply_to(operation_id=operation)
