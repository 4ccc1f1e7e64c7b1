#!/bin/bash
# Dumps the queue's schema to a volume, and restores it from there:
#
#     backup.sh volume     says what is in BACKUP_FOLDER, and fails where it cannot be written to
#     backup.sh dump       a new dump in BACKUP_FOLDER, of which the newest BACKUP_KEEP are kept
#     backup.sh restore    the newest dump, or RESTORE_FILE, into the database
#
# PostgreSQL's own variables (PGHOST, PGUSER, PGPASSWORD, ...) say which database, as the schema's
# owner. APP_ROLE is the role of API and workers, who have to be gone while it is restored.
#
# A dump has its name once it is whole and on disk. What a killed run leaves ends in .partial, and
# goes with the next run. Older dumps go only after that: a dump that fails costs none.
#
# A restore is one transaction, and only a dump that was read to its end gets to commit. It is psql
# that runs it: `pg_restore --clean` fails at the keys of partitions, and at whatever is there that
# the dump does not know, as after an upgrade.
set -o errexit -o nounset -o pipefail
shopt -s nullglob

sql_folder=$(dirname "$0")

# The server notices a pod that is gone without a word, and gives up its locks and its snapshot.
export PGCONNECT_TIMEOUT=10
export PGOPTIONS='-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3'

volume() {
  df -h .
  ls -l
}

dump() {
  local name
  lock_volume
  check_version
  name=qcexec-$(date -u +%Y%m%dT%H%M%SZ).dump
  rm -f -- *.partial
  # It syncs what it wrote. To read it again finds what a list of its contents does not.
  if ! { pg_dump --format=custom --schema=qcexec --lock-wait-timeout=5min --file="$name.partial" \
    && pg_restore --file=/dev/null "$name.partial"; }; then
    df -h . >&2
    rm -f -- "$name.partial"
    fail "no dump was made; those of before are all there"
  fi
  mv -- "$name.partial" "$name"
  sync .
  remove_old
  say "$name is made ($(du -h -- "$name" | cut -f 1)); dumps that are kept: $(dumps | wc -l)"
}

restore() {
  local name
  lock_volume
  check_version
  name=${RESTORE_FILE:-$(dumps | tail -n 1)}
  if [[ ! -f $name ]]; then
    say "there are: $(dumps | tr '\n' ' ')"
    fail "there is no dump ${name:-to restore}"
  fi
  say "restoring $name into $PGDATABASE at $PGHOST"
  restoring_sql "$name" | run_sql --output=/dev/null --set=app_role="$APP_ROLE" \
    || fail "nothing was restored: the schema is as it was"
  say "$name is restored"
}

restoring_sql() {
  cat -- "$sql_folder/before_restore.sql" \
    && pg_restore --no-owner --file=- "$1" \
    && cat -- "$sql_folder/after_restore.sql"
}

# Names sort as their times do.
dumps() {
  printf '%s\n' qcexec-*Z.dump
}

remove_old() {
  local each
  for each in $(dumps | head -n "-$BACKUP_KEEP"); do
    rm -f -- "$each"
    say "$each is removed"
  done
}

# A newer pg_restore says what an older server does not know, and an older pg_dump refuses a newer
# server: a dump is of use only where the two are alike.
check_version() {
  local server program
  server=$(run_sql --tuples-only --no-align --command='show server_version_num') \
    || fail "PostgreSQL at $PGHOST cannot be asked"
  server=$((server / 10000))
  program=$(pg_dump --version | grep -o '[0-9]*' | head -n 1)
  [[ $server == "$program" ]] \
    || fail "the server is PostgreSQL $server, and this image $program: set postgresql.image.tag"
}

run_sql() {
  psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 "$@"
}

# For as long as this process and its children live.
lock_volume() {
  exec 9> .lock
  flock -n 9 || fail "another dump or restore uses the volume"
}

say() {
  printf '%s\n' "$*"
}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

case ${1-} in
  volume | dump | restore)
    cd -- "$BACKUP_FOLDER"
    [[ -w . ]] || fail "user $(id -u) may not write to the volume"
    "$1"
    ;;
  *) fail "usage: backup.sh volume|dump|restore" ;;
esac
