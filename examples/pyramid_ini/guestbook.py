"""A guest book that front ends on other origins use."""

from pyramid.config import Configurator

from wsgicors import CORSMiddleware, Policy

PREFIX = "cors."


def list_entries(request):
    return {"entries": ["It was lovely."]}


def delete_entry(request):
    request.response.status = 204
    return request.response


def main(global_config, **settings):
    """Make the application from the settings of an ini file."""
    with Configurator(settings=settings) as config:
        config.add_route("entries", "/entries")
        config.add_route("entry", "/entries/{number}")
        config.add_view(list_entries, route_name="entries", renderer="json")
        config.add_view(delete_entry, route_name="entry", request_method="DELETE")
        application = config.make_wsgi_app()
    return CORSMiddleware(application, policy_of(settings))


def policy_of(settings):
    """The policy that the settings with the prefix say."""
    fields = {
        name[len(PREFIX) :]: value for name, value in settings.items() if name.startswith(PREFIX)
    }
    return Policy(**fields)
