#!/bin/sh
# Backs the newsroom up while it runs: `deploy/backup.sh FOLDER` writes FOLDER/touchstone-<time>.tar.gz
set -eu
cd "$(dirname "$0")/.."
fail() { echo "backup: $*" >&2; exit 2; }
[ $# -eq 1 ] || fail "usage: deploy/backup.sh FOLDER"
target=$1
data=${DATA_DIR:-var}
[ -d "$data" ] || fail "there is no data folder $data; set DATA_DIR."
[ -x .venv/bin/python ] || fail "there is no .venv here; run 'make environment' first."
mkdir -p "$target" || fail "$target cannot be made."
work=$(mktemp -d)
trap 'rm -rf "$work" "${name:-$work}.part"' EXIT
case ${DATABASE_URL:-sqlite} in
  postgres*) .venv/bin/python deploy/postgres.py pg_dump --format=custom --no-owner --file="$work/newsroom.dump" ;;
  *)
    file=$data/newsroom.sqlite3
    case ${DATABASE_URL:-} in sqlite:*) file=${DATABASE_URL#sqlite://} ;; esac
    [ -f "$file" ] || fail "there is no database $file; set DATA_DIR or DATABASE_URL."
    .venv/bin/python - "$file" "$work/newsroom.sqlite3" <<'P'
import sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as source, sqlite3.connect(sys.argv[2]) as copy:
    source.backup(copy)
P
  ;;
esac
# The ledger's folder comes after the database: a mark is never older than the entries it vouches for.
for part in media secret_key ledger demo-editor-password.txt; do
  if [ -e "$data/$part" ]; then cp -a "$data/$part" "$work/"; fi
done
name="$target/touchstone-$(date -u +%Y%m%dT%H%M%SZ).tar.gz"
(umask 077 && tar -C "$work" -czf "$name.part" .)
mv "$name.part" "$name"
echo "$name"
