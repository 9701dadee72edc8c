# syntax=docker/dockerfile:1
# A cache mount keeps GOMODCACHE and GOCACHE between builds on one machine: airgo installs
# what a newer bundle adds, go compiles what changed. Both are in no layer, so unpacking
# and building are one step.
FROM golang:1.26 AS build
COPY --from=airgo airgo /usr/local/bin/airgo
WORKDIR /src
COPY . .
ENV GOPROXY=off GOFLAGS=-mod=readonly CGO_ENABLED=0 GOMODCACHE=/cache/mod GOCACHE=/cache/build
RUN --network=none --mount=type=bind,from=deliveries,target=/deliveries \
    --mount=type=cache,target=/cache \
    airgo unpack /deliveries/app.airgo --trust /deliveries/team.pub --policy /deliveries/airgo.toml && \
    go build -o /out/ ./...

FROM scratch
COPY --from=build /out/ /
USER 65532:65532
ENTRYPOINT ["/hello"]
CMD ["serve"]
