"""What keeps a page from a response: what happened, why, what to change, and what consoles say.

The one place for these words. ``CORSError``, ``check``, the demo and the page "Troubleshooting" of
the documentation are made from it. It decides nothing. Names in braces stand for what differs.

A *reason* is the check of a browser that failed. A *cause* is what is behind it, where the answer
betrays it. A *note* is no refusal: the request went well, and something else did not.

The words of the consoles were read in Chromium 156, Firefox 140 and WebKitGTK 2.50, and
``tests/test_consoles.py`` reads them again.
"""

from __future__ import annotations

from typing import NamedTuple

#: The page of the documentation that has an anchor for each code.
PAGE = "troubleshooting.html"


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


_PREFLIGHT_FAILED = "Response to preflight request doesn't pass access control check: "
_BLOCKED = "blocked by CORS policy: "
_NO_SUCCESS = "(Reason: CORS preflight response did not succeed). Status code: ..."
_DID_NOT_SUCCEED = "(Reason: CORS request did not succeed). Status code: (null)."
_DOES_NOT_MATCH = "(Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘...’)."
_NOT_SUCCESSFUL = "Preflight response is not successful. Status code: ..."
_MISSING = "No 'Access-Control-Allow-Origin' header is present on the requested resource."
_NOT_ALLOWED = "Origin ... is not allowed by Access-Control-Allow-Origin. Status code: ..."
_WITHOUT_CREDENTIALS = 'fetch with credentials="same-origin"'

REASONS = {
    "allow-origin-missing": Entry(
        "No permission for any origin",
        "{subject} has no Access-Control-Allow-Origin; its status is {status}.",
        'Add "{origin}" to allow_origins. If it is there already, this answer does not come from the CORS'
        " layer: find out which server, proxy or error page sent it.",
        background="Either the policy does not allow the page's origin, or the answer does not come from the"
        " layer that writes the headers. Look at the status: an error or a redirect mostly comes from"
        " something in front. Spell the origin in allow_origins as the console spells it.",
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
        "Permission for another origin",
        "{subject} is for {value}, and the page is of {origin}.",
        'Add "{origin}" to allow_origins.',
        background="The server names one origin, whoever asks. A browser compares it to the letter: scheme,"
        " host and port, in lower case, with no slash at the end.",
        chromium=(
            "The 'Access-Control-Allow-Origin' header has a value '...' that is not equal to the supplied origin.",
            "The 'Access-Control-Allow-Origin' header contains the invalid value '...'.",
        ),
        firefox=(_DOES_NOT_MATCH,),
        webkit=(_NOT_ALLOWED,),
    ),
    "allow-origin-multiple": Entry(
        "Permission written twice",
        "{subject} has more than one value in Access-Control-Allow-Origin: {value}.",
        "Let one layer alone write Access-Control-* headers; it names the one origin that asked.",
        background="Mostly the application and a proxy in front of it both add the header. Remove one of the"
        " two. A list of origins is no value either: send the one that asked.",
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
        "Everybody is allowed, but not with cookies",
        "{subject} has Access-Control-Allow-Origin: *, which counts for nothing with credentials.",
        'Add "{origin}" to allow_origins in place of "*", and set allow_credentials=True;'
        f" or {_WITHOUT_CREDENTIALS}.",
        background='A script that fetches with credentials: "include" needs an answer that names its origin.'
        " Scripts that need no cookies fetch without it.",
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
        "The origin is allowed, but not with cookies",
        "{subject} has {found}, and the request has credentials.",
        f"Set allow_credentials=True; or {_WITHOUT_CREDENTIALS}.",
        background="Cookies need a permission of their own, beside that of the origin.",
        chromium=(
            (
                "The value of the 'Access-Control-Allow-Credentials' header in the response is '...' which must be"
                " 'true' when the request's credentials mode is 'include'."
            ),
        ),
        firefox=("(Reason: expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’).",),
        webkit=('Credentials flag is true, but Access-Control-Allow-Credentials is not "true".',),
    ),
    "preflight-redirect": Entry(
        "The preflight was redirected",
        "The preflight was redirected ({status}) to {location}; no browser follows.",
        "Fetch the final URL, or answer preflights ahead of the redirect.",
        background="Something in front redirects: from http to https, to the URL with a slash at its end, or"
        " to a login page.",
        chromium=(_PREFLIGHT_FAILED + "Redirect is not allowed for a preflight request.",),
        firefox=("(Reason: CORS request external redirect not allowed).", _NO_SUCCESS),
        webkit=(_NOT_SUCCESSFUL,),
    ),
    "preflight-status": Entry(
        "The preflight failed by its status",
        "The preflight was answered {status}; only 200 to 299 lets a browser go on.",
        "Answer preflights with 204.",
        background="Something wants a login, or knows no OPTIONS. Preflights never carry cookies: answer them"
        " before anything asks who it is. A 403 of wsgicors means that the origin is not allowed.",
        chromium=(_PREFLIGHT_FAILED + "It does not have HTTP ok status.",),
        firefox=(_NO_SUCCESS,),
        webkit=(_NOT_SUCCESSFUL,),
    ),
    "allow-methods-malformed": Entry(
        "A malformed list of methods",
        "{subject} has a malformed list, {header}: {value}.",
        "Write names separated by commas; allow_methods takes them as a list.",
        chromium=(
            "Cannot parse Access-Control-Allow-Methods response header field in preflight response.",
        ),
        firefox=("(Reason: invalid token ‘...’ in CORS header ‘Access-Control-Allow-Methods’).",),
        webkit=("Header Access-Control-Allow-Methods has an invalid value: ...",),
    ),
    "allow-headers-malformed": Entry(
        "A malformed list of headers",
        "{subject} has a malformed list, {header}: {value}.",
        "Write names separated by commas; allow_headers takes them as a list.",
        chromium=(
            "Cannot parse Access-Control-Allow-Headers response header field in preflight response.",
        ),
        firefox=("(Reason: invalid token ‘...’ in CORS header ‘Access-Control-Allow-Headers’).",),
        webkit=("Header Access-Control-Allow-Headers has an invalid value: ...",),
    ),
    "method-not-allowed": Entry(
        "The method is not allowed",
        "The preflight does not permit the method {method} ({sent}).",
        'Add "{method}" to allow_methods.',
        background="GET, HEAD and POST need no permission; every other method does. Names are"
        " case-sensitive: a script that writes patch sends patch.",
        chromium=(
            "Method ... is not allowed by Access-Control-Allow-Methods in preflight response.",
        ),
        firefox=("(Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’).",),
        webkit=("Method ... is not allowed by Access-Control-Allow-Methods.",),
    ),
    "headers-not-allowed": Entry(
        "A request header is not allowed",
        "The preflight does not permit {headers} ({sent}).",
        "Add {quoted} to allow_headers.",
        background="JSON needs Content-Type. With credentials, the browser takes * for a plain name.",
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
    "status-not-final": Entry(
        "A status that is no answer",
        "The status is {status}. From 100 to 199 it only announces an answer, and none came.",
        "Answer with a status from 200 on.",
    ),
    "redirect-with-credentials": Entry(
        "A redirect to a URL with a password",
        "The response redirects to {location} with credentials in the URL, which CORS forbids.",
        "Redirect to the URL without user and password.",
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
        "A redirect to nowhere",
        "The response redirects ({status}) to {location}, which is no http: or https: URL.",
        "Write one URL into Location.",
        chromium=("Cross origin requests are only supported for protocol schemes: ...",),
        firefox=(
            "Redirecting to data: URI not allowed (Blocked loading of: “...”)",
            _DID_NOT_SUCCEED,
        ),
        webkit=("... not allowed to follow a cross-origin CORS redirection with non CORS scheme",),
    ),
    "redirect-refused": Entry(
        "A redirect that the script refuses",
        'The response redirects ({status}), and the script asked for redirect="error".',
        'Fetch the final URL, or with redirect="follow".',
        webkit=("Not allowed to follow a redirection while loading ...",),
    ),
    "too-many-redirects": Entry(
        "A loop of redirects",
        "The response redirects once more after {limit} redirects.",
        "Look for a loop in the exchanges.",
        firefox=(_DID_NOT_SUCCEED,),
        webkit=("Load cannot follow more than 20 redirections",),
    ),
    "same-origin-mode": Entry(
        "The script allows its own origin only",
        'The script asked for mode="same-origin", and {url} is not of {origin}.',
        'Fetch with mode="cors".',
        chromium=(
            'Request mode is "same-origin" but the URL\'s origin is not same as the request origin ...',
        ),
        firefox=("Security Error: Content at ... may not load data from ...",),
        webkit=("Fetch API cannot load ...",),
    ),
    "no-cors-redirect": Entry(
        "Redirects without CORS",
        'The script asked for mode="no-cors" with redirect="{redirect}".',
        'In this mode fetch with redirect="follow".',
        chromium=('Request mode is "no-cors" but the redirect mode is not "follow"',),
        webkit=("No-Cors mode requires follow redirect mode",),
    ),
    "not-http": Entry(
        "No web address",
        "{url} is neither http: nor https:.",
        "Serve it over HTTP.",
        background="A page that was opened as a file fetches files, which no browser allows. Serve the page:"
        " python -m http.server.",
        chromium=("Cross origin requests are only supported for protocol schemes: ...",),
        firefox=("(Reason: CORS request not http).",),
        webkit=("Cross origin requests are only supported for HTTP.",),
    ),
    "mixed-content": Entry(
        "An encrypted page, a server that is not",
        "{url} is not encrypted, and a page of {origin} may not load what is not.",
        "Serve it over https. No CORS header helps.",
        background="Chromium and Firefox exempt this very machine (localhost, 127.0.0.1); Safari does not.",
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

_IN_FRONT = "Something in front of the application"

CAUSES = {
    "origin-denied": Entry(
        "The policy does not allow the origin",
        "The server looks at the origin, and does not allow this one.",
        'Add "{origin}" to allow_origins.',
    ),
    "origin-not-listed": Entry(
        "An error, and no permission for the origin",
        "The server looks at the origin, and seems not to allow this one.",
        'If it is not there yet, add "{origin}" to allow_origins. If it is, mend the error first.',
    ),
    "refuse-denied": Entry(
        "wsgicors refused to let a stranger act",
        "wsgicors refused the request itself (refuse_denied); the application never saw it.",
        'If pages of {origin} are meant to do this, add "{origin}" to allow_origins of the policy for this'
        " URL. If not, all is well.",
        background="With refuse_denied, what a denied origin may not read it may not do either.",
    ),
    "no-rights-for-null": Entry(
        "The page has the origin null",
        "The page's origin is null.",
        "Sandboxed frames, files and pages behind a redirect to a third origin are of origin"
        ' null, so it is anybody\'s: add "null" to allow_origins only for what is public.',
    ),
    "redirect-in-front": Entry(
        "A redirect without headers",
        "It redirects to {location}.",
        "Fetch that URL, if it is the final one. If it is a login page, log in first, or let the CORS layer"
        " answer ahead of the login.",
        background="Frameworks redirect to the URL with a slash at its end, proxies from http to https,"
        " sign-on services to a login page.",
    ),
    "login-in-front": Entry(
        "A login before the application",
        f"{_IN_FRONT} wants a login.",
        "Let the CORS layer answer ahead of authentication, so that errors carry the headers too.",
    ),
    "preflight-login": Entry(
        "A login for a preflight",
        "Something asks the preflight for a login, and a preflight never has credentials.",
        "Do not ask preflights who they are: let the CORS layer answer ahead of authentication; in a proxy,"
        " let OPTIONS through.",
    ),
    "refused-in-front": Entry(
        "Refused before the application",
        f"{_IN_FRONT} refused: a firewall, a proxy, a check for CSRF or of the host name.",
        "Look there first. If it is the CORS layer that refused, its policy does not list {origin}.",
    ),
    "preflight-refused": Entry(
        "The preflight was found wrong",
        "Some CORS layers refuse so (Starlette's does), and so may something in front.",
        "Compare origin, method and headers with the policy, then look into the log of whatever answered."
        " Answer preflights with 204.",
    ),
    "not-found": Entry(
        "Nothing at this URL",
        "The server that answered has nothing at this URL.",
        "Check the URL, the port and the proxy's paths: an answer of the application would say more.",
    ),
    "preflight-not-answered": Entry(
        "Nothing answers preflights",
        "Nothing answers preflights (OPTIONS) at this URL.",
        "Let a CORS layer govern it; in a proxy, let OPTIONS through.",
    ),
    "method-not-routed": Entry(
        "The server does not take the method",
        "The server that answered does not take {method} at this URL.",
        "Check method and URL. In a proxy, let the method through.",
    ),
    "too-large": Entry(
        "The request is too large",
        f"{_IN_FRONT} found the request too large.",
        "Raise its limit (in nginx, client_max_body_size), or send less.",
    ),
    "too-many-requests": Entry(
        "Too many requests",
        f"{_IN_FRONT} limits how often one may ask.",
        "Wait, or raise the limit. Count behind the CORS layer, so that these answers carry the headers, too.",
    ),
    "bad-request": Entry(
        "The request was found wrong",
        f"{_IN_FRONT} found the request wrong: a header too long, an unknown host, plain http to a port for"
        " TLS.",
        "Look into the log of whatever answered.",
    ),
    "server-failed": Entry(
        "The server failed",
        "The server failed, and the headers were lost with it.",
        "Look at the server's log first. In wsgicors, answer_exceptions=True keeps the headers.",
    ),
    "gateway-failed": Entry(
        "The proxy got no answer",
        "A proxy or load balancer got no answer from the application, and sent its own.",
        "Look at the server's log first: see whether the application runs, and whether the proxy finds it.",
    ),
    "airplay": Entry(
        "AirPlay uses the port",
        "It was AirPlay of macOS that answered, and not the application: it listens on port 5000.",
        "Serve on another port (flask run --port 5001), or switch the AirPlay receiver off.",
    ),
    "cached-answer": Entry(
        "A cache gave another origin's answer",
        "It says Vary: Origin, so a cache on the way gave an answer that was meant for another origin.",
        "Have the cache heed Vary (in nginx, remove proxy_ignore_headers Vary; in a CDN, add Origin to the"
        " cache key), or keep these responses out of it. Then empty it. If there is no cache, the server"
        ' names one origin whoever asks: then add "{origin}" to allow_origins.',
    ),
    "automatic-options": Entry(
        "OPTIONS is answered, but not by a CORS layer",
        "OPTIONS is answered here by something that knows no CORS, such as Flask's automatic OPTIONS.",
        'Let a CORS layer govern this URL: CORS(app, allow_origins=["{origin}"]) in Flask, CORSMiddleware'
        ' elsewhere. If one does, add "{origin}" to allow_origins.',
    ),
    "allow-origin-malformed": Entry(
        "The origin is written wrongly",
        "That is not how a browser writes an origin.",
        'Write "{origin}" there: it is compared to the letter, in lower case and with no slash at its end.',
    ),
    "allow-credentials-malformed": Entry(
        "true is written wrongly",
        "Only 'true' counts, in lower case.",
        "Send Access-Control-Allow-Credentials: true (allow_credentials=True).",
    ),
    "method-in-lower-case": Entry(
        "The method is written in lower case",
        "The server allows {upper}, and the script sends {method}.",
        'Fetch with method="{upper}": methods are case-sensitive.',
    ),
    "response-header-in-request": Entry(
        "The script sends a header of the server",
        "The script sets {headers}, which only responses have: servers grant with it.",
        "Remove {quoted} from the script's headers. The server sends such headers, if anybody.",
    ),
    "authorization-beside-wildcard": Entry(
        "The wildcard does not cover Authorization",
        'By the standard, "*" does not cover Authorization.',
        'Add "authorization" to allow_headers beside "*", which does not cover it.',
        firefox=(
            "(Reason: When the `Access-Control-Allow-Headers` is `*`, the `Authorization` header is not covered. ...",
        ),
    ),
}

NOTES = {
    "local-network-access": Entry(
        "A public page and a private address",
        "{url} is a private or loopback address, and {origin} is a public site. Chromium lets such a page in"
        " only after its user has agreed (Local Network Access), and only if the page came over https.",
        "Open the page from the same network or machine while you develop, or agree when the browser asks. No"
        " CORS header helps.",
        background="Other browsers ask too, or will. The old headers of Private Network Access do nothing any"
        " more.",
        chromium=(
            "Permission was denied for this request to access the `...` address space.",
            "The request client is not a secure context and the resource is in more-private address space `...`.",
            "Request had a target IP address space of `...` yet the resource is in address space `...`.",
        ),
    ),
    "cookie-refused": Entry(
        "A cookie was not kept",
        "The browser does not keep the cookie {name}, for its {attribute}: {reason}.",
        "Mend that. Between different sites, set it over https with SameSite=None; Secure, and fetch"
        ' with credentials="include".',
        background="Between different sites, a cookie needs SameSite=None; Secure, and a browser that blocks"
        " third-party cookies refuses even that. Different origins of one site (app.example.com and"
        " api.example.com) are not affected. CORS headers change none of this.",
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
        "A malformed list of exposed headers",
        "{subject} has a malformed list, {header}: {value}.",
        "Write names separated by commas; expose_headers takes them as a list.",
        background="Scripts then see the safelisted headers alone.",
    ),
    "no-connection": Entry(
        "No connection",
        "The server could not be reached. The console calls it CORS, but nothing was answered.",
        "See whether the server runs, at that address and port. Check its certificate by opening the URL itself.",
        chromium=(
            "net::ERR_CONNECTION_REFUSED",
            "net::ERR_CONNECTION_RESET",
            "net::ERR_EMPTY_RESPONSE",
            "net::ERR_NAME_NOT_RESOLVED",
            "net::ERR_CERT_AUTHORITY_INVALID",
            "net::ERR_SSL_PROTOCOL_ERROR",
        ),
        firefox=(_DID_NOT_SUCCEED,),
        webkit=("Fetch API cannot load ... due to access control checks.",),
    ),
    "cors-disabled": Entry(
        "CORS is switched off in the browser",
        "While its setting content.cors.disable is true, Firefox lets no page read from another origin.",
        "Open about:config, and set content.cors.disable to false. The server can change nothing.",
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
