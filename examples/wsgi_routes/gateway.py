"""A WSGI application, and who may use which part of it."""

from wsgicors import CORSMiddleware, Policy


def pages(environ, start_response):
    """Answer each path with its own name."""
    body = environ["PATH_INFO"].encode("latin-1")
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Total", "1")])
    return [body]


everybody = Policy(allow_origins="*")
partners = Policy(
    allow_origins=["https://partner.example", "https://*.reseller.example"],
    allow_methods=["GET", "PUT"],
    allow_credentials=True,
    expose_headers=["X-Total"],
)
nobody = Policy(allow_origins=[])

application = CORSMiddleware(
    pages,
    nobody,
    routes={"/feed": everybody, "/partners": partners, "/health": None},
)
