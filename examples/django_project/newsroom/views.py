"""What is answered. Nothing here knows of CORS."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods


def headlines(request):
    return JsonResponse({"headlines": ["It rains"]})


@require_http_methods(["GET", "PUT"])
def article(request, number):
    if "Authorization" not in request.headers:
        return HttpResponse(status=401)
    return JsonResponse({"number": number})
