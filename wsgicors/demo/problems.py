"""What is wrong with a policy that somebody typed, in the page's language; finds nothing wrong itself."""

from __future__ import annotations

from ..errors import ConfigError
from ..fetch.sentences import N_
from .words import Words

#: What each reason code means, for the codes that a text in a field can bring about.
LEADS = {
    "anybodys-origin": N_("Anybody can have this origin, so credentials are not safe there."),
    "blank-or-control": N_("There is a character that no origin has."),
    "default-port": N_("Browsers leave out the port that the scheme has by default."),
    "forbidden": N_("Browsers never allow this name."),
    "insecure-origin": N_("Credentials are safe over https only."),
    "ip-address": N_("The IP address is not written as browsers write it."),
    "malformed": N_("It is not written as it should be."),
    "missing": N_("It must say which origins may read. Nothing is shared by default."),
    "not-ascii": N_("There is a letter that is not ASCII. Browsers write such a name in Punycode."),
    "not-normalized": N_("Browsers write this method in upper case."),
    "null-with-credentials": N_("Every site can have the origin null, so it gets no credentials."),
    "null-with-refuse-denied": N_(
        "Every site can have the origin null, so nothing would be refused."
    ),
    "origin-not-allowed": N_(
        "This origin may use credentials, but allow_origins does not have it."
    ),
    "out-of-range": N_("The number is too small or too large."),
    "path": N_("An origin has no path, not even a slash at the end."),
    "port": N_("The port is not a number from 1 to 65535."),
    "quoted": N_("There are quotes, brackets or a semicolon in it."),
    "public-suffix": N_("Strangers can have names that fit this pattern."),
    "regular-expression": N_("A regular expression can be written in Python only."),
    "no-scheme": N_("The scheme is missing, such as https://."),
    "too-long": N_("It is too long for an origin."),
    "trailing-dot": N_("The host ends in a dot."),
    "unknown-field": N_("There is no such field."),
    "upper-case": N_("Browsers write origins in lower case."),
    "user-info": N_("An origin has no user name and no password."),
    "wildcard": N_("The * stands where it has no meaning."),
    "wildcard-among-others": N_("* already means all. It must stand alone."),
    "wildcard-with-credentials": N_("* and credentials do not go together."),
    "wrong-header": N_("This header belongs to CORS itself."),
    "wrong-type": N_("This value does not fit here."),
}


def problems(error: ConfigError, words: Words) -> list[dict[str, str]]:
    """Each problem: its field, what it means in the page's language, and the library's own words."""
    return [
        {
            "field": problem.field,
            "lead": words(LEADS[problem.reason]),
            "message": problem.message,
        }
        for problem in error.problems
    ]
