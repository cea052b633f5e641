"""Lets editors and publishers of newsrooms that were set up earlier edit instruments and baskets; new ones get it at set-up."""

from django.db import migrations

RIGHTS = {
    "Editors": ("add", "change"),
    "Publishers": ("add", "change", "delete"),
}


def grant(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for group in Group.objects.using(schema_editor.connection.alias).filter(name__in=RIGHTS):
        group.permissions.add(*(_right(apps, verb, name) for verb in RIGHTS[group.name] for name in ("instrument", "basket")))


def _right(apps, verb, name):
    # Django makes these rows only after all migrations; it leaves alone those it finds.
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label="markets", model=name)
    found, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename=f"{verb}_{name}", defaults={"name": f"Can {verb} {name}"}
    )
    return found


class Migration(migrations.Migration):
    dependencies = [
        ("markets", "0004_desk_forms"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
