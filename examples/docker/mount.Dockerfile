# syntax=docker/dockerfile:1
# The bundle is mounted for the one step that reads it, and is in no layer.
FROM golang:1.26 AS build
COPY --from=airgo airgo /usr/local/bin/airgo
WORKDIR /src

# First what changes least: this step runs again when the bundle, the key or the policy
# does, and not when a source file does.
RUN --network=none --mount=type=bind,from=deliveries,target=/deliveries \
    airgo unpack /deliveries/app.airgo --trust /deliveries/team.pub --policy /deliveries/airgo.toml

COPY . .
ENV GOPROXY=off GOFLAGS=-mod=readonly CGO_ENABLED=0
RUN --network=none go build -o /out/ ./...

# Nothing but the program, as a user without rights.
FROM scratch
COPY --from=build /out/ /
USER 65532:65532
ENTRYPOINT ["/hello"]
CMD ["serve"]
