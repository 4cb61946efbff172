"""What a server runs, and `manage.py runserver`: Django, with the policies around it."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from wsgicors import CORSMiddleware

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")

application = CORSMiddleware(get_wsgi_application(), routes=settings.CORS_ROUTES)
