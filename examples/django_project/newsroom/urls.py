"""The pages of the project."""

from django.urls import path

from . import views

urlpatterns = [
    path("api/headlines", views.headlines),
    path("api/articles/<int:number>", views.article),
]
