"""Foreign keys point inward, like imports."""

from __future__ import annotations

from django.apps import apps

RANKS = {
    "readers": 2,
    "ledger": 2,
    "markets": 2,
    "stories": 3,
    "votes": 4,
    "trust": 5,
    "wire": 5,
    "website": 6,
    "api": 6,
}


def test_no_model_refers_to_a_model_of_an_outer_ring_or_of_a_neighbour() -> None:
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.app_label
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if label not in RANKS or field.auto_created or target is None or isinstance(target, str):
                continue
            other = target._meta.app_label
            if other in RANKS and other != label and RANKS[other] >= RANKS[label]:
                wrong.append(f"{label}.{model.__name__}.{field.name} refers to {other}.{target.__name__}")
    assert not wrong, "\n".join(wrong)
