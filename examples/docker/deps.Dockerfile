# syntax=docker/dockerfile:1
# The module cache is an image of its own, made by `airgo image app.airgo -o deps.tar -t deps`
# where the bundle is received. It is mounted, read-only: the build unpacks and copies
# nothing, needs neither airgo nor the bundle, and go writes nothing there.
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
ENV GOPROXY=off GOFLAGS=-mod=readonly CGO_ENABLED=0
RUN --network=none --mount=type=bind,from=localhost/deps,source=/go/pkg/mod,target=/go/pkg/mod \
    go build -o /out/ ./...

FROM scratch
COPY --from=build /out/ /
USER 65532:65532
ENTRYPOINT ["/hello"]
CMD ["serve"]
