"""Errors of the server as its callers see them: a status, a code, one sentence (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

#: Type of the body of every error.
PROBLEM_JSON = "application/problem+json"
#: Code to status: all that the server answers beside success. The document at
#: ``/openapi.json`` lists them; a new one needs no other place.
CODES = {
    "bad_request": 400,
    "no_token": 401,
    "foreign_origin": 403,
    "not_found": 404,
    "wrong_method": 405,
    "upload_too_slow": 408,
    "not_ready": 409,
    "failed": 409,
    "too_large": 413,
    "wrong_type": 415,
    "unknown_host": 421,
    "invalid": 422,
    "key_reused": 422,
    "too_many": 429,
    "internal": 500,
    "stopping": 503,
    "busy": 503,
    "storage": 507,
}


class Problem(Exception):  # noqa: N818 (what is wrong may be the caller's doing)
    """Answer instead of a result.

    Parameters
    ----------
    code : str
        One of `CODES`, a contract.
    detail : str
        What was wrong and what would work, one sentence, without names of files.
    retry_s : int or None
        After how many seconds it may work.
    headers : mapping of str to str, optional
        More headers of the answer.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        retry_s: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.retry_s = code, detail, retry_s
        self.status = CODES[code]
        self._headers = headers or {}

    def body(self) -> bytes:
        """Return the body of the answer, JSON.

        Returns
        -------
        bytes
        """
        body = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        return json.dumps(body).encode()

    def headers(self) -> Mapping[str, str]:
        """Return headers that belong to the status.

        Returns
        -------
        mapping of str to str
        """
        found = {**self._headers}
        if self.status == HTTPStatus.UNAUTHORIZED:
            found["WWW-Authenticate"] = 'Bearer realm="sspd"'
        if self.retry_s is not None:
            found["Retry-After"] = str(self.retry_s)
        return found

    def response(self) -> Response:
        """Return the answer.

        Returns
        -------
        starlette.responses.Response
        """
        return Response(self.body(), self.status, self.headers(), PROBLEM_JSON)
