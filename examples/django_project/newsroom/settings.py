"""The settings of the project."""

import os

from wsgicors import Policy

DEBUG = os.environ.get("DEBUG") == "1"
SECRET_KEY = os.environ.get("SECRET_KEY", "for development only")
ALLOWED_HOSTS = ["api.example.com", "localhost", "127.0.0.1"]
ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]

front_end = Policy(
    allow_origins=["https://news.example.com"],
    allow_methods=["GET", "PUT"],
    allow_headers=["Authorization", "Content-Type"],
    max_age=3600,
)
# For each path: who may use it. What is None passes untouched.
CORS_ROUTES = {"/api": front_end, "/api/headlines": Policy(allow_origins="*"), "/": None}
