"""Addresses of the log's files and receipts; its pages for people are the website's."""

from django.urls import path

from touchstone.ledger import views

app_name = "ledger"
urlpatterns = [
    path("log/receipt/<uuid:reference>.json", views.receipt_state, name="receipt-state"),
    path("log/receipt/<uuid:reference>.tlog-proof", views.receipt_file, name="receipt-file"),
    path("log/open-data.zip", views.open_data, name="open-data"),
    path("log/<path:path>", views.file, name="file"),
]
