# A private PostgreSQL server for tests, in a temporary directory. To be sourced.

# postgres_programs: the directory with initdb and pg_ctl; fails if PostgreSQL is not installed.
postgres_programs() {
  local directory
  for directory in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) $(dirname "$(command -v pg_ctl || true)"); do
    if [[ -x "$directory/initdb" && -x "$directory/pg_ctl" ]]; then
      printf '%s\n' "$directory"
      return 0
    fi
  done
  return 1
}

# as_postgres COMMAND…: PostgreSQL refuses to run as root.
as_postgres() {
  if [[ $(id -u) == 0 ]]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# postgres_start DIRECTORY: starts a server whose data is in this (new) directory; sets TEST_POSTGRES.
# Nothing is synced to disk: the server itself is never killed in a test, and what a killed client wrote stays in it.
postgres_start() {
  local directory=$1 programs port
  programs=$(postgres_programs)
  mkdir -p "$directory"
  if [[ $(id -u) == 0 ]]; then chown postgres "$directory"; fi
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  (
    cd "$directory"
    as_postgres "$programs/initdb" --pgdata "$directory/data" --username postgres --auth trust --encoding UTF8 \
      --locale=C --no-sync >"$directory/initdb.log" 2>&1 || { cat "$directory/initdb.log" >&2; exit 1; }
    as_postgres "$programs/pg_ctl" --pgdata "$directory/data" --log "$directory/data/server.log" --wait --silent \
      --options "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= -c fsync=off \
        -c full_page_writes=off -c max_connections=300 -c shared_buffers=128MB" start </dev/null >/dev/null
  )
  export TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
}

# postgres_stop DIRECTORY: ends it and removes the directory.
postgres_stop() {
  local directory=$1
  [[ -f "$directory/data/postmaster.pid" ]] && as_postgres "$(postgres_programs)/pg_ctl" --pgdata "$directory/data" \
    --mode immediate --silent stop </dev/null
  rm -rf "$directory"
}
