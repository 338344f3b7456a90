#!/bin/sh
# Runs once, when the volume is empty: a role and its databases for Loom and for Temporal, so that neither can read the
# other's. Their passwords come from the environment.
set -eu

psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 <<'SQL'
\getenv loom_password LOOM_DATABASE_PASSWORD
\getenv temporal_password TEMPORAL_DATABASE_PASSWORD
CREATE ROLE loom LOGIN PASSWORD :'loom_password';
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE loom OWNER loom;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE CONNECT ON DATABASE loom, temporal, temporal_visibility FROM PUBLIC;
SQL
