"""What a user writes, type-checked against the installed package as a user would: strictly."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Optional

from flask import Blueprint, Flask
from flask.views import MethodView
from typing_extensions import assert_type

from wsgicors import ConfigError, CORSMiddleware, OriginCache, Policy, Problem, cors
from wsgicors.flask import CORS, cross_origin, decision, same_origin
from wsgicors.headers import Decision
from wsgicors.invalidation import PostgresInvalidation, RedisInvalidation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


# A policy takes each of its fields in every form that the documentation names.
house = Policy(allow_headers="Content-Type, X-Token", allow_credentials=True, max_age=600)
shop = Policy(allow_origins={"https://shop.example"}, max_age=timedelta(hours=1))
partners = Policy(
    allow_origins=["https://*.partner.example", re.compile(r"https://p[0-9]\.example")]
)
everybody = Policy(allow_origins="*", allow_methods="*", expose_headers=("ETag", "Link"))
assert_type(house.merge(shop), Policy)
assert_type(house.max_age, Optional[int])
Policy(allow_orgins="*")  # type: ignore[call-arg]
Policy(max_age=1.5)  # type: ignore[arg-type]


def is_customer(origin: str, environ: WSGIEnvironment) -> bool:
    return origin.endswith(".example") and "REMOTE_ADDR" in environ


customers = Policy(allow_origins=is_customer)
remembered = Policy(allow_origins=OriginCache({"https://shop.example"}.__contains__, seconds=5))


def is_tenants(origin: str, tenant: str) -> bool:
    return origin == f"https://{tenant}"


everywhere = OriginCache(
    is_tenants,
    seconds=5,
    key=lambda environ: str(environ["HTTP_HOST"]),
    stale_seconds=60,
    invalidation=RedisInvalidation("redis://localhost"),
)
everywhere.invalidate("https://shop.example", key="shop.example")
OriginCache(is_tenants, seconds=5, invalidation=PostgresInvalidation("postgresql://"))
OriginCache(is_tenants, seconds=5, invalidation="redis://localhost")  # type: ignore[arg-type]


# A decorated WSGI application is one still, and what was made of it can be swapped.
@cors(allow_origins="*")
def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    return []


assert_type(application, CORSMiddleware)


def by_method(environ: WSGIEnvironment, method: str) -> Policy | None:
    return shop if method == "PUT" else None


wrapped: WSGIApplication = CORSMiddleware(application, shop, routes={"/a": partners, "/b": None})
resolved = CORSMiddleware(application, shop, resolve=by_method)
resolved.policy = everybody

try:
    Policy(max_age=-1)
except ConfigError as error:
    assert_type(error.problems, tuple[Problem, ...])
    message: str = error.problems[0].message


# A decorated view keeps its type.
app = Flask(__name__)
CORS(app, allow_origins="*", max_age=5, endpoints={"static": {"allow_origins": "*"}, "a": shop})
CORS(app, endpoints={"admin.*": {"allow_origins": []}, "s3.*": None})
CORS(app, allow_orgins="*")  # type: ignore[call-arg]
later = CORS(allow_origins=["https://shop.example"])
later.init_app(app)
pages = cross_origin(allow_origins="*")(Blueprint("pages", __name__))
assert_type(pages, Blueprint)
assert_type(same_origin(pages), Blueprint)
assert_type(decision(), Optional[Decision])


@app.get("/items/<int:number>")
@cross_origin(allow_origins=["https://shop.example"], allow_credentials=True)
def get_item(number: int) -> str:
    return str(number)


@app.delete("/items/<int:number>")
@same_origin
def delete_item(number: int) -> str:
    return str(number)


assert_type(get_item(1), str)
get_item("1")  # type: ignore[arg-type]
delete_item("1")  # type: ignore[arg-type]


@cross_origin(allow_origins="*")
class ItemView(MethodView):
    @same_origin()
    def delete(self, number: int) -> str:
        return str(number)


assert_type(ItemView().delete(1), str)
ItemView().delete("1")  # type: ignore[arg-type]
