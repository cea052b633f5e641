#!/bin/sh
# Backs the newsroom up while it runs: `deploy/backup.sh FOLDER` writes FOLDER/touchstone-<time>.tar.gz
set -eu
cd "$(dirname "$0")/.."
target=${1:?usage: deploy/backup.sh FOLDER}
data=${DATA_DIR:-var}
[ -d "$data" ] || { echo "backup: there is no data folder $data; set DATA_DIR." >&2; exit 2; }
mkdir -p "$target"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case ${DATABASE_URL:-sqlite} in
  postgres*) pg_dump --format=custom --file="$work/newsroom.dump" "$DATABASE_URL" ;;
  *) .venv/bin/python - "$data/newsroom.sqlite3" "$work/newsroom.sqlite3" <<'P'
import sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as source, sqlite3.connect(sys.argv[2]) as copy:
    source.backup(copy)
P
  ;;
esac
for part in media secret_key ledger demo-editor-password.txt; do
  [ -e "$data/$part" ] && cp -a "$data/$part" "$work/"
done
name="$target/touchstone-$(date -u +%Y%m%dT%H%M%SZ).tar.gz"
(umask 077 && tar -C "$work" -czf "$name.part" . && mv "$name.part" "$name")
echo "$name"
