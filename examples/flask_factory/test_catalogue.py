"""Who may do what from which page."""

import pytest
from catalogue import create_app

from wsgicors.testing import Browser, CORSError


@pytest.fixture
def app():
    return create_app()


def test_the_front_end_may_change_an_item_with_its_login(app):
    front_end = Browser(app, origin="https://app.example.com")
    response = front_end.fetch(
        "/items/tea",
        method="PUT",
        headers={"Content-Type": "application/json"},
        body='{"stock": 5}',
        credentials="include",
    )
    assert response.status == 204


def test_the_front_end_may_read_that_an_item_is_missing(app):
    assert Browser(app, origin="https://app.example.com").fetch("/items/wine").status == 404


def test_another_page_may_not_read_an_item(app):
    with pytest.raises(CORSError):
        Browser(app, origin="https://evil.example").fetch("/items/bread")


def test_any_page_may_read_the_prices(app):
    assert Browser(app, origin="https://blog.example").fetch("/prices/").json() == {"bread": 2.5}


def test_no_other_page_may_read_the_orders(app):
    with pytest.raises(CORSError):
        Browser(app, origin="https://app.example.com").fetch("/admin/orders")


def test_another_front_end_is_a_matter_of_the_environment(monkeypatch):
    monkeypatch.setenv("FLASK_CORS_ALLOW_ORIGINS", "https://beta.example.com")
    beta = Browser(create_app(), origin="https://beta.example.com")
    assert beta.fetch("/items/bread").status == 200
