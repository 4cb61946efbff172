"""Who may use which path."""

import pytest
from gateway import application

from wsgicors.testing import Browser, CORSError


def test_any_page_may_read_the_feed():
    assert (
        Browser(application, origin="https://blog.example").fetch("/feed/news").text == "/feed/news"
    )


@pytest.mark.parametrize("origin", ["https://partner.example", "https://shop.reseller.example"])
def test_a_partner_may_write_with_its_login(origin):
    response = Browser(application, origin=origin).fetch(
        "/partners/orders", method="PUT", credentials="include"
    )
    assert response.headers["X-Total"] == "1"


@pytest.mark.parametrize("path", ["/partners/orders", "/", "/health"])
def test_a_stranger_may_read_nothing_else(path):
    with pytest.raises(CORSError):
        Browser(application, origin="https://blog.example").fetch(path)
