"""The release of Flask-CORS whose behaviour is kept."""

__version__ = "6.0.5"
