"""Writes of trust: publish figures, run the engine, settle stories."""

from touchstone.trust.actions.fits import request_fit, run_due_fit, run_fit
from touchstone.trust.actions.panel import appoint_anchor, dismiss_anchor
from touchstone.trust.actions.resolutions import record_resolution, sign_resolution, withdraw_resolution
from touchstone.trust.actions.snapshots import publish_changed

__all__ = [
    "appoint_anchor",
    "dismiss_anchor",
    "publish_changed",
    "record_resolution",
    "request_fit",
    "run_due_fit",
    "run_fit",
    "sign_resolution",
    "withdraw_resolution",
]
