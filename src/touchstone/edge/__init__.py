"""The thin ASGI application in front of Django: ready-made pages, votes and event streams."""
