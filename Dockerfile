# The service's image: `docker build -t tidegauge .`
ARG NODE=docker.io/library/node:22.21.1-bookworm-slim
FROM ${NODE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM ${NODE}
ENV NODE_ENV=production
WORKDIR /opt/tidegauge
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY --from=build /build/docs/runbooks docs/runbooks
COPY --from=build /build/dashboards/provisioning dashboards/provisioning
COPY --from=build /build/examples/compose examples/compose
COPY --from=build /build/package.json /build/LICENSE ./
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/livez').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["run", "-c", "/etc/tidegauge/tidegauge.yaml"]
