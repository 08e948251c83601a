# Sightline itself: one image for every process of ours (serve, speed, batch, the commands of admin).
#
#   docker build -t sightline/sightline .
#   docker run --rm sightline/sightline batch report --help
#
# The first stage compiles librdkafka and builds the app, with what that needs; the second has Node and what runs. It runs as user 10001,
# needs no write to its own file system (`--read-only --tmpfs /tmp`), and keeps what a process keeps in /var/lib/sightline. Tags name a
# version; pin them by digest where your registry tells them.
FROM node:22.21.1-bookworm AS build
WORKDIR /opt/sightline
COPY package.json package-lock.json .npmrc ./
COPY dashboard-next/package.json dashboard-next/package.json
# Scripts run for the packages that package.json allows by name, and for no other.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    && MAKEFLAGS='' JOBS=1 npm rebuild node-rdkafka --ignore-scripts=false \
    && rm -rf node_modules/node-rdkafka/deps node_modules/node-rdkafka/build/Release/obj.target
COPY . .
ENV NEXT_TELEMETRY_DISABLED=1
RUN node --import tsx hadoop-compose/setup/build-app.ts \
    && rm -rf dashboard-next/.next/cache

FROM node:22.21.1-bookworm-slim
# librdkafka is linked with the system's TLS. Patches of the distribution are wanted, so it is not pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 sightline \
    && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/sightline --shell /usr/sbin/nologin sightline \
    && install --directory --owner=10001 --group=10001 --mode=0750 /var/lib/sightline
# Root owns the program, and the user may not change it.
COPY --from=build /opt/sightline /opt/sightline
WORKDIR /opt/sightline
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 SIGHTLINE_HOME=/var/lib/sightline AUDIT_FILE=- BIND=0.0.0.0 PORT=3000 METRICS_PORT=9464
USER 10001:10001
# Loads every part with its native modules: an image that lacks a library is not made.
RUN node sightline.mjs --version
EXPOSE 3000 9464
STOPSIGNAL SIGTERM
# Whether the process lives; /readyz of the same port says whether it can answer.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["node", "/opt/sightline/hadoop-compose/setup/healthy.mjs"]
ENTRYPOINT ["node", "/opt/sightline/sightline.mjs"]
CMD ["serve"]
