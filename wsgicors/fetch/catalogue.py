"""What keeps a page from a response: what happened, why, what to change, and what consoles say.

The one place for these words. ``CORSError``, ``check``, the demo and the page "Troubleshooting" of
the documentation are made from it. It decides nothing. Names in braces stand for what differs.

A *reason* is the check of a browser that failed. A *cause* is what is behind it, where the answer
betrays it. A *note* is no refusal: the request went well, and something else did not.

The words of the consoles were read in Chromium 156, Firefox 140 and WebKitGTK 2.50, and
``tests/test_consoles.py`` reads them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .sentences import N_, part

#: The page that has an anchor for each code: one of the documentation, and one of the demo.
PAGE = "troubleshooting.html"

# What stands in the braces where no request has failed, but the sentence is explained.
_EXAMPLE = {
    "attribute": "SameSite",
    "found": part(N_("no Access-Control-Allow-Credentials")),
    "headers": part(N_("the request header {names}"), names="x-token"),
    "limit": 20,
    "location": "https://example.com/login",
    "method": "patch",
    "name": "id",
    "origin": "https://app.example.com",
    "quoted": '"x-token"',
    "reason": part(N_("SameSite=Lax and the page is of another site")),
    "redirect": "error",
    "sent": "Access-Control-Allow-Headers: Content-Type",
    "status": 302,
    "subject": part(N_("The response")),
    "upper": "PATCH",
    "url": "http://192.168.1.20/items",
    "value": "https://www.example.com",
}
# The same, where one code needs something else.
_EXAMPLES: dict[str, dict[str, Any]] = {
    "allow-headers-malformed": {"listed": "Content-Type X-Token"},
    "allow-methods-malformed": {"listed": "GET PUT"},
    "allow-origin-multiple": {"value": "https://app.example.com, *"},
    "expose-headers-malformed": {"listed": "ETag X-Total-Count"},
    "unsafe-port": {"url": "http://localhost:6000/items", "port": 6000},
    "method-not-allowed": {"sent": "Access-Control-Allow-Methods: GET"},
    "not-http": {"url": "file:///items.json"},
    "preflight-status": {"status": 401},
    "redirect-malformed": {"location": "data:,"},
    "redirect-with-credentials": {"location": "https://name:password@example.com/"},
    "response-header-in-request": {
        "headers": part(N_("the request header {names}"), names="access-control-allow-origin"),
        "quoted": '"access-control-allow-origin"',
    },
    "status-not-final": {"status": 103},
}


def example(code: str) -> Mapping[str, Any]:
    """What stands in the braces of an entry where no request has failed, but the entry is explained."""
    return {**_EXAMPLE, **_EXAMPLES.get(code, {})}


class Entry(NamedTuple):
    """One thing that can go wrong."""

    #: A few words, for a heading.
    title: str
    #: What happened.
    what: str
    #: What to change, and where.
    change: str
    #: What mostly causes it, for those who read on.
    background: str = ""
    #: What the console of each browser says; ``...`` stands for what differs.
    chromium: tuple[str, ...] = ()
    firefox: tuple[str, ...] = ()
    webkit: tuple[str, ...] = ()

    @property
    def consoles(self) -> dict[str, tuple[str, ...]]:
        """What the consoles say, by the browser's name; without those that say nothing."""
        said = {"Chromium": self.chromium, "Firefox": self.firefox, "Safari": self.webkit}
        return {browser: lines for browser, lines in said.items() if lines}


_PREFLIGHT_FAILED = "Response to preflight request doesn't pass access control check: "
_BLOCKED = "blocked by CORS policy: "
_NO_SUCCESS = "(Reason: CORS preflight response did not succeed). Status code: ..."
_DID_NOT_SUCCEED = "(Reason: CORS request did not succeed). Status code: (null)."
_DOES_NOT_MATCH = "(Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘...’)."
_NOT_SUCCESSFUL = "Preflight response is not successful. Status code: ..."
_MISSING = "No 'Access-Control-Allow-Origin' header is present on the requested resource."
_NOT_ALLOWED = "Origin ... is not allowed by Access-Control-Allow-Origin. Status code: ..."

REASONS = {
    "allow-origin-missing": Entry(
        N_("No permission for any origin"),
        N_("{subject} has no Access-Control-Allow-Origin. Its status is {status}."),
        N_(
            'Add "{origin}" to allow_origins. If it is there already, the CORS layer did not'
            " send this answer: find out which server, proxy or error page sent it."
        ),
        background=N_(
            "Either the policy does not allow the page's origin, or the answer does not come"
            " from the layer that writes the headers. Look at the status: an error or a"
            " redirect often comes from a proxy or a login page in front of the application."
            " Write the origin in allow_origins exactly as the console writes it."
        ),
        chromium=(
            _BLOCKED + _MISSING,
            _BLOCKED + _PREFLIGHT_FAILED + _MISSING,
            "Access to fetch at '...' (redirected from '...') from origin '...' has been blocked by CORS policy:",
            "net::ERR_FAILED",
        ),
        firefox=("(Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: ...",),
        webkit=(
            _NOT_ALLOWED,
            f"Cross-origin redirection to ... denied by Cross-Origin Resource Sharing policy: {_NOT_ALLOWED}",
        ),
    ),
    "allow-origin-mismatch": Entry(
        N_("Permission for another origin"),
        N_("{subject} is for {value}, but the page's origin is {origin}."),
        N_('Add "{origin}" to allow_origins.'),
        background=N_(
            "The server names the same origin in every answer. A browser compares the two"
            " letter by letter: scheme, host and port, in lower case, with no slash at the end."
        ),
        chromium=(
            "The 'Access-Control-Allow-Origin' header has a value '...' that is not equal to the supplied origin.",
            "The 'Access-Control-Allow-Origin' header contains the invalid value '...'.",
        ),
        firefox=(_DOES_NOT_MATCH,),
        webkit=(_NOT_ALLOWED,),
    ),
    "allow-origin-multiple": Entry(
        N_("Permission written twice"),
        N_("{subject} has more than one value in Access-Control-Allow-Origin: {value}."),
        N_(
            "Let only one layer write the Access-Control headers. It must name the one origin"
            " that asked."
        ),
        background=N_(
            "Often the application and a proxy in front of it both add the header. Remove one"
            " of the two. A list of origins does not work either: send only the origin that"
            " asked."
        ),
        chromium=(
            "The 'Access-Control-Allow-Origin' header contains multiple values '...', but only one is allowed.",
        ),
        firefox=(
            "(Reason: Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed).",
            _DOES_NOT_MATCH,
        ),
        webkit=("Access-Control-Allow-Origin cannot contain more than one origin.",),
    ),
    "allow-origin-wildcard": Entry(
        N_("Everybody is allowed, but not with cookies"),
        N_(
            "{subject} has Access-Control-Allow-Origin: *, but browsers do not accept this"
            " with credentials."
        ),
        N_(
            'Write "{origin}" in allow_origins in place of "*", and set'
            " allow_credentials=True. If the script needs no cookies, fetch with"
            ' credentials="same-origin".'
        ),
        background=N_(
            'A script that fetches with credentials="include" needs an answer that names its'
            " origin."
        ),
        chromium=(
            (
                "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*'"
                " when the request's credentials mode is 'include'."
            ),
        ),
        firefox=(
            "(Reason: Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’).",
        ),
        webkit=(
            "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.",
        ),
    ),
    "allow-credentials-missing": Entry(
        N_("The origin is allowed, but not with cookies"),
        N_(
            "{subject} has {found}, but a request with credentials needs"
            " Access-Control-Allow-Credentials: true."
        ),
        N_(
            "Set allow_credentials=True. If the script needs no cookies, fetch with"
            ' credentials="same-origin".'
        ),
        background=N_("To use cookies, an origin needs this second permission."),
        chromium=(
            (
                "The value of the 'Access-Control-Allow-Credentials' header in the response is '...' which must be"
                " 'true' when the request's credentials mode is 'include'."
            ),
        ),
        firefox=("(Reason: expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’).",),
        webkit=('Credentials flag is true, but Access-Control-Allow-Credentials is not "true".',),
    ),
    "preflight-status": Entry(
        N_("The preflight got an error"),
        N_(
            "The preflight was answered with the status {status}. A browser goes on only after"
            " a status from 200 to 299."
        ),
        N_("Answer preflights with 204."),
        background=N_(
            "Something wants a login, or does not know OPTIONS. A preflight never carries"
            " cookies, so answer it before the login. If wsgicors answers 403, the origin is"
            " not allowed."
        ),
        chromium=(_PREFLIGHT_FAILED + "It does not have HTTP ok status.",),
        firefox=(_NO_SUCCESS,),
        webkit=(_NOT_SUCCESSFUL,),
    ),
    "preflight-redirect": Entry(
        N_("The preflight was redirected"),
        N_(
            "The preflight was redirected ({status}) to {location}. No browser follows such a"
            " redirect."
        ),
        N_("Fetch the final URL, or answer preflights before the redirect."),
        background=N_(
            "Something in front of the application redirects: from http to https, to the URL"
            " with a slash at its end, or to a login page."
        ),
        chromium=(_PREFLIGHT_FAILED + "Redirect is not allowed for a preflight request.",),
        firefox=("(Reason: CORS request external redirect not allowed).", _NO_SUCCESS),
        webkit=(_NOT_SUCCESSFUL,),
    ),
    "allow-methods-malformed": Entry(
        N_("A list of methods that browsers cannot read"),
        N_("{subject} has Access-Control-Allow-Methods: {listed}. Browsers cannot read this list."),
        N_(
            "Write the names with commas between them. In wsgicors, write a list:"
            ' allow_methods=["GET", "PUT"].'
        ),
        chromium=(
            "Cannot parse Access-Control-Allow-Methods response header field in preflight response.",
        ),
        firefox=("(Reason: invalid token ‘...’ in CORS header ‘Access-Control-Allow-Methods’).",),
        webkit=("Header Access-Control-Allow-Methods has an invalid value: ...",),
    ),
    "allow-headers-malformed": Entry(
        N_("A list of headers that browsers cannot read"),
        N_("{subject} has Access-Control-Allow-Headers: {listed}. Browsers cannot read this list."),
        N_(
            "Write the names with commas between them. In wsgicors, write a list:"
            ' allow_headers=["content-type", "x-token"].'
        ),
        chromium=(
            "Cannot parse Access-Control-Allow-Headers response header field in preflight response.",
        ),
        firefox=("(Reason: invalid token ‘...’ in CORS header ‘Access-Control-Allow-Headers’).",),
        webkit=("Header Access-Control-Allow-Headers has an invalid value: ...",),
    ),
    "method-not-allowed": Entry(
        N_("The method is not allowed"),
        N_("The answer to the preflight does not allow the method {method} ({sent})."),
        N_('Add "{method}" to allow_methods.'),
        background=N_(
            "GET, HEAD and POST need no permission. Every other method does. Upper and lower"
            " case are different here: a script that writes patch sends patch, not PATCH."
        ),
        chromium=(
            "Method ... is not allowed by Access-Control-Allow-Methods in preflight response.",
        ),
        firefox=("(Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’).",),
        webkit=("Method ... is not allowed by Access-Control-Allow-Methods.",),
    ),
    "headers-not-allowed": Entry(
        N_("A request header is not allowed"),
        N_("The answer to the preflight does not allow {headers} ({sent})."),
        N_("Add {quoted} to allow_headers."),
        background=N_(
            "A script that sends JSON needs Content-Type here. With credentials, * does not"
            " mean all headers: write the names."
        ),
        chromium=(
            "Request header field ... is not allowed by Access-Control-Allow-Headers in preflight response.",
        ),
        firefox=(
            (
                "(Reason: header ‘...’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS"
                " preflight response)."
            ),
        ),
        webkit=("Request header field ... is not allowed by Access-Control-Allow-Headers.",),
    ),
    "not-http": Entry(
        N_("The URL is not http"),
        N_("{url} is not an http: or https: URL."),
        N_("Serve it over http or https."),
        background=N_(
            "Often somebody opened the page as a file, and it fetches other files. No browser"
            " allows that. Serve the folder over http instead: python -m http.server. Or the"
            " URL of the script lacks its beginning: localhost:5000/items instead of"
            " http://localhost:5000/items."
        ),
        chromium=(
            "Cross origin requests are only supported for protocol schemes: ...",
            'Fetch API cannot load .... URL scheme "..." is not supported.',
            "Not allowed to load local resource: ...",
        ),
        firefox=("(Reason: CORS request not http).",),
        webkit=("Cross origin requests are only supported for HTTP.",),
    ),
    "status-not-final": Entry(
        N_("A status that is no answer"),
        N_(
            "The status is {status}. A status from 100 to 199 only announces an answer, and no"
            " answer came."
        ),
        N_("Answer with a status of 200 or more."),
    ),
    "redirect-with-credentials": Entry(
        N_("A redirect to a URL with a password"),
        N_(
            "The response redirects to {location}. This URL has a user name or a password in"
            " it, and CORS forbids that."
        ),
        N_("Redirect to the URL without user name and password."),
        chromium=(
            (
                "Redirect location '...' contains a username and password, which is disallowed for cross-origin"
                " requests."
            ),
        ),
        firefox=(_DID_NOT_SUCCEED,),
        webkit=(
            (
                "Cross-origin redirection to ... denied by Cross-Origin Resource Sharing policy: redirection URL ..."
                " has credentials"
            ),
        ),
    ),
    "redirect-malformed": Entry(
        N_("A redirect to a URL that is not http"),
        N_("The response redirects ({status}) to {location}. This is not an http: or https: URL."),
        N_("Write one URL into Location."),
        chromium=("Cross origin requests are only supported for protocol schemes: ...",),
        firefox=(
            "Redirecting to data: URI not allowed (Blocked loading of: “...”)",
            _DID_NOT_SUCCEED,
        ),
        webkit=("... not allowed to follow a cross-origin CORS redirection with non CORS scheme",),
    ),
    "redirect-refused": Entry(
        N_("A redirect that the script refuses"),
        N_('The response redirects ({status}), but the script asked for redirect="error".'),
        N_('Fetch the final URL, or fetch with redirect="follow".'),
        webkit=("Not allowed to follow a redirection while loading ...",),
    ),
    "too-many-redirects": Entry(
        N_("A loop of redirects"),
        N_("The response redirects again after {limit} redirects."),
        N_("Look at the URLs: the redirects probably go in a circle."),
        firefox=(_DID_NOT_SUCCEED,),
        webkit=("Load cannot follow more than 20 redirections",),
    ),
    "same-origin-mode": Entry(
        N_("The script allows its own origin only"),
        N_('The script asked for mode="same-origin", but {url} is not of the origin {origin}.'),
        N_('Fetch with mode="cors".'),
        chromium=(
            'Request mode is "same-origin" but the URL\'s origin is not same as the request origin ...',
        ),
        firefox=("Security Error: Content at ... may not load data from ...",),
        webkit=("Fetch API cannot load ...",),
    ),
    "no-cors-redirect": Entry(
        N_("Redirects without CORS"),
        N_(
            'The script asked for mode="no-cors" with redirect="{redirect}". Browsers do not'
            " allow this."
        ),
        N_('With mode="no-cors", use redirect="follow".'),
        chromium=('Request mode is "no-cors" but the redirect mode is not "follow"',),
        webkit=("No-Cors mode requires follow redirect mode",),
    ),
    "unsafe-port": Entry(
        N_("A port that browsers do not use"),
        N_(
            "{url} is on port {port}. It belongs to another protocol, so browsers send nothing there."
        ),
        N_("Serve it on another port, such as 8000. No CORS header helps here."),
        background=N_(
            "Fetch lists such ports under port blocking: 6000, 6665 to 6669, 5060, 10080 and others."
            " curl and other programs use them, browsers do not."
        ),
        chromium=("net::ERR_UNSAFE_PORT",),
        webkit=("Not allowed to use restricted network port ...: ...",),
    ),
    "mixed-content": Entry(
        N_("The page is encrypted, and the server is not"),
        N_("{url} is not encrypted. A page of {origin} may load only what is encrypted."),
        N_("Serve it over https. No CORS header helps here."),
        background=N_(
            "Chromium and Firefox make an exception for your own machine (localhost,"
            " 127.0.0.1). Safari does not."
        ),
        chromium=(
            (
                "Mixed Content: The page at '...' was loaded over HTTPS, but requested an insecure resource '...'. This"
                " request has been blocked; the content must be served over HTTPS."
            ),
        ),
        firefox=("Blocked loading mixed active content “...”",),
        webkit=(
            (
                "The page at ... requested insecure content from .... This content was blocked and must be served over"
                " HTTPS."
            ),
        ),
    ),
}

CAUSES = {
    "origin-denied": Entry(
        N_("The policy does not allow the origin"),
        N_("The server checks the origin, and does not allow this one."),
        N_('Add "{origin}" to allow_origins.'),
    ),
    "origin-not-listed": Entry(
        N_("An error, and probably no permission for the origin"),
        N_("The server checks the origin, and probably does not allow this one."),
        N_(
            'If "{origin}" is not in allow_origins, add it. If it is there already, correct'
            " the error first."
        ),
    ),
    "refuse-denied": Entry(
        N_("wsgicors refused what the page wanted to do"),
        N_("wsgicors refused the request itself (refuse_denied). The application did not see it."),
        N_(
            'If pages of {origin} should be able to do this, add "{origin}" to allow_origins'
            " of the policy for this URL. If not, change nothing."
        ),
        background=N_(
            "With refuse_denied, an origin that may not read the response may not send such a"
            " request either."
        ),
    ),
    "no-rights-for-null": Entry(
        N_("The page has the origin null"),
        N_("The page's origin is null. Every site can open a page with this origin."),
        N_('Add "null" to allow_origins only if everybody may read the response.'),
        background=N_(
            "Sandboxed frames and files have the origin null. So has a request that was"
            " redirected to a third origin."
        ),
    ),
    "redirect-in-front": Entry(
        N_("A redirect without headers"),
        N_("The server redirects to {location}."),
        N_(
            "If that is the final URL, fetch it. If it is a login page, log in first, or let"
            " the CORS layer answer before the login."
        ),
        background=N_(
            "Frameworks redirect to the URL with a slash at its end. Proxies redirect from"
            " http to https. Sign-on services redirect to a login page."
        ),
    ),
    "login-in-front": Entry(
        N_("A login before the application"),
        N_("Something in front of the application asks for a login."),
        N_("Let the CORS layer answer before the login, so that errors have the headers too."),
    ),
    "preflight-login": Entry(
        N_("A login for a preflight"),
        N_("Something asks the preflight for a login, but a preflight never has credentials."),
        N_(
            "Let the CORS layer answer preflights before the login. In a proxy, let OPTIONS"
            " through."
        ),
    ),
    "refused-in-front": Entry(
        N_("Refused before the application"),
        N_(
            "Something in front of the application refused the request. It may be a firewall,"
            " a proxy, or a check of the host name or for CSRF."
        ),
        N_(
            "Look there first. If the CORS layer itself refused, its policy does not allow"
            " {origin}."
        ),
    ),
    "preflight-refused": Entry(
        N_("The preflight was rejected"),
        N_(
            "Some CORS layers refuse in this way (Starlette's does). Something in front of the"
            " application may do so too."
        ),
        N_(
            "Compare origin, method and headers with the policy. Then read the log of the"
            " server that answered. Answer preflights with 204."
        ),
    ),
    "not-found": Entry(
        N_("Nothing at this URL"),
        N_("The server that answered has nothing at this URL."),
        N_(
            "Check the URL, the port and the paths of the proxy. The request probably did not"
            " reach the application."
        ),
    ),
    "preflight-not-answered": Entry(
        N_("Nothing answers preflights"),
        N_("Nothing answers preflights (OPTIONS) at this URL."),
        N_("Put a CORS layer in front of this URL. In a proxy, let OPTIONS through."),
    ),
    "method-not-routed": Entry(
        N_("The server does not take the method"),
        N_("The server that answered does not accept {method} at this URL."),
        N_("Check the method and the URL. In a proxy, let the method through."),
    ),
    "too-large": Entry(
        N_("The request is too large"),
        N_("Something in front of the application says that the request is too large."),
        N_("Raise its limit (in nginx, client_max_body_size), or send less."),
    ),
    "too-many-requests": Entry(
        N_("Too many requests"),
        N_("Something in front of the application limits the number of requests."),
        N_(
            "Wait, or raise the limit. Count requests behind the CORS layer, so that these"
            " answers have the headers too."
        ),
    ),
    "bad-request": Entry(
        N_("The request was rejected"),
        N_(
            "Something in front of the application says that the request is wrong. A header"
            " may be too long, the host may be unknown, or plain http came to a port for TLS."
        ),
        N_("Read the log of the server that answered."),
    ),
    "server-failed": Entry(
        N_("The server failed"),
        N_("The server failed, and its error page does not have the headers."),
        N_("Read the server's log first. In wsgicors, answer_exceptions=True keeps the headers."),
    ),
    "gateway-failed": Entry(
        N_("The proxy got no answer"),
        N_(
            "A proxy or load balancer got no answer from the application, and sent an error of"
            " its own."
        ),
        N_(
            "Read the server's log first. Check that the application runs, and that the proxy"
            " finds it."
        ),
    ),
    "airplay": Entry(
        N_("AirPlay uses the port"),
        N_("AirPlay of macOS answered, not the application. It uses the port 5000."),
        N_("Use another port (flask run --port 5001), or switch the AirPlay receiver off."),
    ),
    "cached-answer": Entry(
        N_("A cache gave another origin's answer"),
        N_(
            "The response says Vary: Origin, so a cache on the way probably sent the answer for"
            " another origin."
        ),
        N_(
            "Make the cache obey Vary (in nginx, remove proxy_ignore_headers Vary; in a CDN,"
            " add Origin to the cache key), or do not cache these responses. Then empty the"
            " cache. If there is no cache, the server names the same origin in every answer:"
            ' add "{origin}" to allow_origins.'
        ),
    ),
    "automatic-options": Entry(
        N_("OPTIONS is answered, but not by a CORS layer"),
        N_(
            "Something that does not know CORS answers OPTIONS here. Flask's automatic OPTIONS"
            " is an example."
        ),
        N_(
            "Put a CORS layer in front of this URL: in Flask CORS(app,"
            ' allow_origins=["{origin}"]), elsewhere CORSMiddleware. If there is one already,'
            ' add "{origin}" to allow_origins.'
        ),
    ),
    "allow-origin-malformed": Entry(
        N_("The origin is written wrongly"),
        N_("Browsers do not write an origin like that."),
        N_(
            'Write it as browsers do, as in "{origin}": scheme, host and port, in lower case,'
            " with no slash at the end."
        ),
    ),
    "allow-credentials-malformed": Entry(
        N_("true is written wrongly"),
        N_("Only the word true counts, in lower case."),
        N_(
            "Send Access-Control-Allow-Credentials: true (allow_credentials=True). If no"
            " cookies are needed, leave the header out."
        ),
    ),
    "method-in-lower-case": Entry(
        N_("The method is written in lower case"),
        N_("The server allows {upper}, but the script sends {method}."),
        N_('Fetch with method="{upper}". Upper and lower case are different here.'),
    ),
    "routed-methods": Entry(
        N_("The URL has no route for the method"),
        N_(
            "The answer seems to list the methods for which this URL has a route. That is what"
            " wsgicors.flask answers if allow_methods is not set."
        ),
        N_(
            "Check the method and the URL: another URL may take {method}. If this one should,"
            ' give it a route for {method}, or add "{method}" to allow_methods.'
        ),
    ),
    "response-header-in-request": Entry(
        N_("The script sends a header that belongs to servers"),
        N_("The script sends {headers}. Only servers send such a header, to give permission."),
        N_("Remove {quoted} from the headers that the script sends."),
    ),
    "authorization-beside-wildcard": Entry(
        N_("The wildcard does not cover Authorization"),
        N_('In the standard, "*" does not cover Authorization.'),
        N_('Add "authorization" to allow_headers, beside "*".'),
        firefox=(
            "(Reason: When the `Access-Control-Allow-Headers` is `*`, the `Authorization` header is not covered. ...",
        ),
    ),
}

NOTES = {
    "local-network-access": Entry(
        N_("A public page and a private address"),
        N_(
            "{url} is a private or loopback address, and {origin} is a public site. Chromium"
            " lets such a page in only if the page came over https, and only after the user has"
            " agreed (Local Network Access)."
        ),
        N_(
            "While you develop, open the page from the same network or machine, or agree when"
            " the browser asks. No CORS header helps here."
        ),
        background=N_(
            "Other browsers ask too, or plan to. The old headers of Private Network Access do"
            " nothing any more."
        ),
        chromium=(
            "Permission was denied for this request to access the `...` address space.",
            "The request client is not a secure context and the resource is in more-private address space `...`.",
            "Request had a target IP address space of `...` yet the resource is in address space `...`.",
        ),
    ),
    "origin-removed": Entry(
        N_("Origin was perhaps removed on the way"),
        N_(
            "If {origin} is in allow_origins already, a proxy may have removed Origin from the request."
            " The answer then looks the same."
        ),
        N_(
            "Let the proxy pass Origin on: in nginx, look for proxy_set_header Origin; in a CDN, forward"
            " the header."
        ),
    ),
    "cookie-refused": Entry(
        N_("A cookie was not kept"),
        N_("The browser does not keep the cookie {name} because of its {attribute}: {reason}."),
        N_(
            "Correct this attribute. Between different sites, set the cookie over https with"
            ' SameSite=None; Secure, and fetch with credentials="include".'
        ),
        background=N_(
            "Between different sites, a cookie needs SameSite=None; Secure. A browser that"
            " blocks third-party cookies refuses even such a cookie. Different origins of one"
            " site (app.example.com and api.example.com) do not have this problem. CORS headers"
            " change nothing here."
        ),
        firefox=(
            (
                "Cookie “...” rejected because it has the “SameSite=None” attribute but is missing the “secure”"
                " attribute."
            ),
            (
                "Cookie “...” has been rejected because it is in a cross-site context and its “SameSite” is “Lax” or"
                " “Strict”."
            ),
            "Cookie “...” has been rejected for invalid domain.",
            "Cookie “...” has been rejected for invalid prefix.",
        ),
    ),
    "expose-headers-malformed": Entry(
        N_("A list of exposed headers that browsers cannot read"),
        N_(
            "{subject} has Access-Control-Expose-Headers: {listed}. Browsers cannot read this list."
        ),
        N_(
            "Write the names with commas between them. In wsgicors, write a list:"
            ' expose_headers=["etag", "x-total-count"].'
        ),
        background=N_("Scripts then see only the safelisted headers."),
    ),
    "no-connection": Entry(
        N_("No connection"),
        N_(
            "The server could not be reached. The console calls this a CORS error, but no"
            " answer came at all."
        ),
        N_(
            "Check that the server runs at this address and port. Open the URL itself in the"
            " browser to check its certificate."
        ),
        chromium=(
            "net::ERR_CONNECTION_REFUSED",
            "net::ERR_CONNECTION_RESET",
            "net::ERR_EMPTY_RESPONSE",
            "net::ERR_NAME_NOT_RESOLVED",
            "net::ERR_CERT_AUTHORITY_INVALID",
            "net::ERR_SSL_PROTOCOL_ERROR",
            "net::ERR_CONNECTION_...",
            "net::ERR_CERT_...",
        ),
        firefox=(_DID_NOT_SUCCEED,),
        webkit=("Fetch API cannot load ... due to access control checks.",),
    ),
    "cors-disabled": Entry(
        N_("CORS is switched off in the browser"),
        N_(
            "The setting content.cors.disable of Firefox is true, so no page can read from another"
            " origin."
        ),
        N_(
            "Open about:config, and set content.cors.disable to false. Nothing on the server"
            " helps here."
        ),
        firefox=("(Reason: CORS disabled).",),
    ),
}

#: All of them by code.
CATALOGUE = {**REASONS, **CAUSES, **NOTES}


def link(code: str) -> str:
    """Where the documentation tells more.

    >>> link("method-not-allowed")
    'troubleshooting.html#method-not-allowed'
    """
    return f"{PAGE}#{code}"


def more_about(code: str) -> str:
    """What to type to read more, in one line.

    >>> more_about("method-not-allowed")
    'More: python -m wsgicors explain method-not-allowed'
    """
    return f"More: python -m wsgicors explain {code}"
