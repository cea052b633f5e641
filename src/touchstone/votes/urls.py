"""Addresses of voting without scripts and of a reader's own pages."""

from django.urls import path

from touchstone.votes import views

app_name = "votes"
urlpatterns = [
    path("api/v1/stories/<row_id:story_id>/vote-token", views.vote_token, name="token"),
    path("stories/<row_id:story_id>/vote/", views.vote_form, name="form"),
    path("account/votes/", views.own_votes, name="own"),
    path("account/votes/<uuid:event>.tlog-proof", views.own_receipt, name="own-receipt"),
    path("account/delete/", views.erase, name="erase"),
]
