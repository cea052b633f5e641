#!/bin/sh
# Restores a backup into an empty data folder: `DATA_DIR=/srv/new deploy/restore.sh FILE`
# The ledger refuses to publish from a backup that is older than what it has published; see docs/how-to/operate-the-ledger.md.
set -eu
file=${1:?usage: DATA_DIR=FOLDER deploy/restore.sh FILE}
data=${DATA_DIR:?set DATA_DIR to the folder to restore into}
[ -f "$file" ] || { echo "restore: there is no file $file." >&2; exit 2; }
if [ -d "$data" ] && [ -n "$(ls -A "$data")" ]; then
  echo "restore: $data is not empty; move it away first, nothing was changed." >&2; exit 2
fi
mkdir -p "$data"
tar -C "$data" -xzf "$file"
if [ -f "$data/newsroom.dump" ]; then
  pg_restore --clean --if-exists --no-owner --dbname="${DATABASE_URL:?the backup is of PostgreSQL: set DATABASE_URL}" "$data/newsroom.dump"
  rm "$data/newsroom.dump"
fi
echo "restored into $data"
