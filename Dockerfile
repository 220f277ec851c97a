# syntax=docker/dockerfile:1
# One image for the schema job, the worker and the API; the command decides (docker-compose.yml).
# Node 24 runs TypeScript as it is, so nothing is built and no development package is in the image.
# UNTESTED: written on a machine without a container engine.
FROM node:24-bookworm-slim

WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json .npmrc ./
# --ignore-scripts: no package of ours needs its script; only the laptop's Postgres does.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

COPY tsconfig.json config.ts config-variables.ts ./
COPY domain domain
COPY workflows workflows
COPY activities activities
COPY providers providers
COPY db db
COPY temporal temporal
COPY worker worker
COPY api api
COPY printing printing
COPY web web
COPY verify verify
COPY operations operations

USER node
CMD ["node", "api/main.ts"]
