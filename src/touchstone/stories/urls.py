"""Addresses of the desk's own pages, below the desk."""

from django.urls import path

from touchstone.stories.views import CorrectView, MarketMovingView, alarm, alarms

urlpatterns = [
    path("alarms/", alarms, name="stories_alarms"),
    path("alarms/<row_id:alarm_id>/", alarm, name="stories_alarm"),
    path("stories/<row_id:story_id>/correct/", CorrectView.as_view(), name="stories_correct"),
    path("stories/<row_id:story_id>/market-moving/", MarketMovingView.as_view(), name="stories_market_moving"),
]
