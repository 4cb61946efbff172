"""The browser's half of the CORS protocol, without I/O; see :func:`fetch`."""

from .cookies import Cookie as Cookie
from .cookies import CookieJar as CookieJar
from .cookies import RefusedCookie as RefusedCookie
from .engines import CHROMIUM as CHROMIUM
from .engines import FIREFOX as FIREFOX
from .engines import STANDARD as STANDARD
from .engines import WEBKIT as WEBKIT
from .engines import Engine as Engine
from .fetching import UserAgent as UserAgent
from .fetching import fetch as fetch
from .fetching import run as run
from .messages import Exchange as Exchange
from .messages import HTTPRequest as HTTPRequest
from .messages import HTTPResponse as HTTPResponse
from .messages import Request as Request
from .messages import Response as Response
from .messages import checked_origin as checked_origin
from .refusals import CORSError as CORSError
from .refusals import NetworkError as NetworkError
from .refusals import transcript as transcript
from .urls import parse_url as parse_url
