"""Who may use which path."""

import pytest
from django.conf import settings
from newsroom.wsgi import application

from wsgicors.testing import Browser, CORSError

FRONT_END = "https://news.example.com"


def test_the_front_end_may_change_an_article_with_a_token():
    response = Browser(application, origin=FRONT_END).fetch(
        "/api/articles/1", method="PUT", headers={"Authorization": "Bearer token"}
    )
    assert response.json() == {"number": 1}


@pytest.mark.parametrize(
    ("path", "status"), [("/api/articles/1", 401), ("/api/nowhere", 404)], ids=["login", "missing"]
)
def test_the_front_end_may_read_what_went_wrong(path, status):
    assert Browser(application, origin=FRONT_END).fetch(path).status == status


def test_any_page_may_read_the_headlines():
    response = Browser(application, origin="https://blog.example").fetch("/api/headlines")
    assert response.json() == {"headlines": ["It rains"]}


@pytest.mark.parametrize("path", ["/api/articles/1", "/admin/"])
def test_a_stranger_may_read_nothing_else(path):
    with pytest.raises(CORSError):
        Browser(application, origin="https://blog.example").fetch(path)


def test_django_shows_what_went_wrong_with_all_that_it_knows_of_the_request(monkeypatch):
    monkeypatch.setattr(settings, "DEBUG", True)
    browser = Browser(application, origin=FRONT_END, base_url="https://unknown.example.com")
    response = browser.fetch("/api/headlines")
    assert (response.status, "ALLOWED_HOSTS" in response.text) == (400, True)
