"""Which pages could call the application."""

import pytest
from weather import app

from wsgicors.testing import CORSError

JSON = {"headers": {"Content-Type": "application/json"}, "body": '{"degrees": 20}'}


def test_a_widget_on_any_page_may_read_the_weather(cors_browser):
    response = cors_browser(app, origin="https://blog.example").fetch("/today")
    assert response.json() == {"degrees": 21}
    assert response.headers["X-Station"] == "harbour"


def test_the_page_of_the_service_may_send_a_report(cors_browser):
    browser = cors_browser(app, origin="https://weather.example.com")
    assert browser.fetch("/reports", method="POST", **JSON).status == 201


def test_a_widget_may_not_send_a_report(cors_browser):
    with pytest.raises(CORSError) as refusal:
        cors_browser(app, origin="https://blog.example").fetch("/reports", method="POST", **JSON)
    assert "allow_origins" in refusal.value.remedy
