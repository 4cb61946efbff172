"""The demonstration: a page, an API on another origin, and every CORS scenario between them."""

from __future__ import annotations
