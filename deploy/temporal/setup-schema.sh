#!/bin/sh
# Brings both of Temporal's databases to the schema of this version. May run again at any time: what is applied is skipped.
set -eu

export SQL_PASSWORD="$POSTGRES_PWD"

for database in temporal temporal_visibility; do
  case "$database" in
    temporal) schema=/etc/temporal/schema/postgresql/v12/temporal/versioned ;;
    *) schema=/etc/temporal/schema/postgresql/v12/visibility/versioned ;;
  esac
  tool() {
    temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" -p "$DB_PORT" -u "$POSTGRES_USER" --db "$database" "$@"
  }
  # setup-schema fails where there is a schema already; then update-schema says what is really wrong, if anything is.
  tool setup-schema -v 0.0 || echo "setup-schema: $database has a schema, updating it"
  tool update-schema -d "$schema"
done
