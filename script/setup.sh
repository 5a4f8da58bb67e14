# What script/server and script/test need on the machine. Sourced by both.
#
# As root with apt it installs what is missing; otherwise it prints the one
# line to type and stops. Debian's own cluster on port 5432 is not wanted.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing=()
# What the script that sources this one needs besides.
for program in ${programs[@]+"${programs[@]}"}; do
  command -v "$program" >/dev/null || missing+=("$program")
done
command -v cc >/dev/null || missing+=(gcc libc6-dev)
have_postgres() {
  [ -n "${ELOS_PG_BIN:-}" ] || command -v postgres >/dev/null && return
  local program
  for program in /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres \
                 /opt/homebrew/opt/postgresql@*/bin/postgres /usr/local/opt/postgresql@*/bin/postgres; do
    [ -x "$program" ] && return
  done
  return 1
}
have_postgres || missing+=(postgresql)

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing ${missing[*]}" >&2
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
      mkdir -p /etc/postgresql-common/createcluster.d
      echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/no-main.conf
    fi
    log=$(mktemp)
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } \
      >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    rm -f "$log"
  elif command -v apt-get >/dev/null; then
    echo "Missing: ${missing[*]}. Type:  sudo apt-get install ${missing[*]}" >&2; exit 1
  elif command -v dnf >/dev/null; then
    echo "Missing: a C compiler or PostgreSQL. Type:  sudo dnf install gcc glibc-devel postgresql-server postgresql-contrib" >&2; exit 1
  elif command -v brew >/dev/null; then
    echo "Missing: a C compiler or PostgreSQL. Type:  xcode-select --install; brew install postgresql@17" >&2; exit 1
  else
    echo "Missing: ${missing[*]}. Install a C compiler and PostgreSQL 14 or newer." >&2; exit 1
  fi
fi

command -v cargo >/dev/null || { echo "Missing: cargo. Install Rust 1.89 or newer (rustup)." >&2; exit 1; }
