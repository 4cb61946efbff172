"""A shop's catalogue, for a front end on another origin."""

from flask import Flask

from wsgicors.flask import CORS

from . import admin, items, prices

cors = CORS()


def create_app(settings=None):
    """Make the application; the environment and then ``settings`` replace what stands here."""
    app = Flask(__name__)
    app.config.from_mapping(
        CORS_ALLOW_ORIGINS=["https://app.example.com"],
        CORS_ALLOW_HEADERS=["Content-Type"],
        CORS_ALLOW_CREDENTIALS=True,
        CORS_MAX_AGE=3600,
    )
    app.config.from_prefixed_env()
    app.config.from_mapping(settings)

    cors.init_app(app)
    app.register_blueprint(items.blueprint)
    app.register_blueprint(prices.blueprint)
    app.register_blueprint(admin.blueprint)
    return app
