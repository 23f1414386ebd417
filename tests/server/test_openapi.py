"""The document says what the routes do."""

from __future__ import annotations

import re

import jsonschema
import pytest
from starlette.routing import Route

from helpers.servers import Caller
from sspd.server.guard import PUBLIC
from sspd.server.job_options import MEASURE_NAMES
from sspd.server.openapi import document
from sspd.server.problems import CODES
from sspd.server.service import Service

API = document(token=False)
#: Places that people look at, and no program.
PAGES = {"/", "/docs", "/openapi.json", "/static/{name}", "/page/", "/page/{name}"}


def _operations() -> dict[tuple[str, str], dict]:  # type: ignore[type-arg]
    found = {}
    for path, item in API["paths"].items():
        for method in item.keys() - {"parameters"}:
            found[method.upper(), path] = item[method]
    return found


def test_every_route_is_in_the_document(call: Caller) -> None:
    from sspd.server.app import routes

    reply = {
        (method, route.path)
        for route in routes()
        if isinstance(route, Route) and route.path not in PAGES
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert reply == _operations().keys()
    assert call("GET", "/openapi.json").json == API


def test_its_schemas_are_schemas_and_all_references_lead_somewhere() -> None:
    assert API["openapi"] == "3.1.0"
    for schema in API["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for name in re.findall(r"'#/components/schemas/(\w+)'", str(API)):
        assert name in API["components"]["schemas"]
    ids = [one["operationId"] for one in _operations().values()]
    assert len(ids) == len(set(ids))


def test_every_option_and_every_code_is_told() -> None:
    post = API["paths"]["/v1/measurements"]["post"]
    query = {one["name"] for one in post["parameters"] if one["in"] == "query"}
    assert query == set(MEASURE_NAMES)
    text = " ".join(
        answer["description"]
        for operation in _operations().values()
        for answer in operation["responses"].values()
    )
    assert {code for code in CODES if f"`{code}`" not in text} <= {"wrong_method"}


def test_with_tokens_only_what_is_public_needs_none() -> None:
    api = document(token=True)
    free = {
        path for path, item in api["paths"].items() if item.get("get", {}).get("security") == []
    }
    assert free == set(PUBLIC) & api["paths"].keys()


@pytest.mark.parametrize("name", ["Promise", "Measurement", "Problem", "Result"])
def test_the_page_shows_every_operation_and_schema(
    name: str, call: Caller, service: Service
) -> None:
    page = call("GET", "/docs").body.decode()
    assert f"<h3>{name}</h3>" in page
    for path in API["paths"]:
        assert f"<code>{path}</code>" in page
    assert str(service.settings.folder) not in page
