#!/bin/sh
# Creates the namespace and Loom's search attributes. May run again at any time: what exists is left as it is.
# Needs TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, which the temporal command line reads by itself.
set -eu

ATTEMPTS=60

# A namespace takes some seconds until every part of the cluster knows it. Quiet, but the last failure is shown.
retry() {
  attempt=1
  until output=$("$@" 2>&1); do
    if [ "$attempt" -ge "$ATTEMPTS" ]; then
      echo "gave up after $ATTEMPTS attempts: $*" >&2
      echo "$output" >&2
      exit 1
    fi
    attempt=$((attempt + 1))
    sleep 2
  done
}

retry temporal operator cluster health

if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  retry temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 168h
fi

retry temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE"
known=$output

attribute() {
  if echo "$known" | grep -qE "(^|[[:space:]])$1[[:space:]]"; then return; fi
  retry temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$1" --type "$2"
}
attribute BeadStatus Keyword
attribute Project Keyword
attribute Persona Keyword
attribute Priority Int
attribute FleetName Keyword

echo "namespace $TEMPORAL_NAMESPACE is ready"
