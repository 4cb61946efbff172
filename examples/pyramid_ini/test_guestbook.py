"""What each ini file lets in."""

from pathlib import Path

import pytest
from guestbook import policy_of
from pyramid.paster import get_app

from wsgicors import ConfigError
from wsgicors.testing import Browser, CORSError


def browser(ini, origin):
    return Browser(get_app(str(Path(__file__).parent / ini)), origin=origin)


@pytest.mark.parametrize(
    ("ini", "origin"),
    [
        ("production.ini", "https://app.example.com"),
        ("production.ini", "https://shop.partner.example"),
        ("development.ini", "http://localhost:5173"),
    ],
)
def test_a_front_end_may_delete_an_entry(ini, origin):
    response = browser(ini, origin).fetch(
        "/entries/1", method="DELETE", headers={"Authorization": "Bearer token"}
    )
    assert response.status == 204


def test_an_error_page_is_shared_too():
    assert browser("production.ini", "https://app.example.com").fetch("/nowhere").status == 404


@pytest.mark.parametrize(
    ("ini", "origin"),
    [("production.ini", "http://localhost:5173"), ("development.ini", "https://evil.example")],
)
def test_a_stranger_may_read_nothing(ini, origin):
    with pytest.raises(CORSError):
        browser(ini, origin).fetch("/entries")


def test_a_misspelt_setting_is_an_error():
    with pytest.raises(ConfigError, match="allow_origins"):
        policy_of({"cors.allow_orgins": "https://app.example.com"})
