#!/bin/sh
# Restores a backup into an empty data folder: `DATA_DIR=/srv/new deploy/restore.sh FILE`
#
# The vote log must never be published twice in two versions. What was signed last is remembered in DATA_DIR/ledger/marks,
# and a backup's own marks are as old as the backup, so they are not restored. LEDGER says where the newest ones are:
#   LEDGER=/srv/old/ledger   the ledger folder of the data folder that is given up; an older backup is then found out
#   LEDGER=backup            the backup's own: only right if the newsroom was stopped before the backup was made
#   (unset)                  none: the log publishes nothing until marks are put there; see docs/how-to/operate-the-ledger.md
set -eu
fail() { echo "restore: $*" >&2; exit 2; }
[ $# -eq 1 ] || fail "usage: DATA_DIR=FOLDER [LEDGER=FOLDER|backup] deploy/restore.sh FILE"
[ -n "${DATA_DIR:-}" ] || fail "set DATA_DIR to the folder to restore into."
file=$1
data=$DATA_DIR
[ -f "$file" ] || fail "there is no file $file."
file=$(realpath "$file")
data=$(realpath -m "$data")
case ${LEDGER:=} in
  ""|backup) ;;
  *) [ -d "$LEDGER/marks" ] || fail "LEDGER is $LEDGER, which has no folder marks."; LEDGER=$(realpath "$LEDGER") ;;
esac
cd "$(dirname "$0")/.."
if [ -d "$data" ] && [ -n "$(ls -A "$data")" ]; then
  fail "$data is not empty; move it away first, nothing was changed."
fi
work=$data.restoring
mkdir "$work" || fail "$work is in the way, from a restore that was cut off; remove it."
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xzf "$file" || fail "$file is not a whole backup; nothing was changed."
[ -f "$work/newsroom.dump" ] || [ -f "$work/newsroom.sqlite3" ] || fail "$file holds no newsroom; nothing was changed."
case $LEDGER in
  "") rm -rf "$work/ledger/marks" ;;
  backup) ;;
  *) rm -rf "$work/ledger"; cp -a "$LEDGER" "$work/ledger" ;;
esac
if [ -f "$work/newsroom.dump" ]; then
  case ${DATABASE_URL:-} in postgres*) ;; *) fail "the backup is of PostgreSQL: set DATABASE_URL." ;; esac
  .venv/bin/python deploy/postgres.py pg_restore --clean --if-exists --no-owner --single-transaction \
    --dbname="" "$work/newsroom.dump" || fail "PostgreSQL refused the backup (see above); nothing was changed."
  rm "$work/newsroom.dump"
else
  case ${DATABASE_URL:-} in postgres*) fail "the backup is of SQLite, but DATABASE_URL names PostgreSQL: unset it." ;; esac
fi
[ ! -d "$data" ] || rmdir "$data"
mv "$work" "$data"
echo "restored into $data"
if [ -d "$data/ledger" ] && [ ! -d "$data/ledger/marks" ]; then
  echo "The vote log publishes nothing yet, because only this backup's word would stand for what was signed since."
  echo "Put the newest DATA_DIR/ledger/marks into $data/ledger/; if it is lost: touchstone ledger rotate --after-loss"
fi
