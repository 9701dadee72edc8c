# Without BuildKit: COPY alone, for builders that have no mounts (kaniko, docker build
# before 23). The bundle is in a layer of the build stage, which the last stage leaves
# behind. Bundle, key and policy lie in the directory deliveries of the context.
FROM golang:1.26 AS build
COPY deliveries/airgo /usr/local/bin/airgo
COPY deliveries/app.airgo deliveries/team.pub deliveries/airgo.toml /deliveries/
WORKDIR /src
RUN airgo unpack /deliveries/app.airgo --trust /deliveries/team.pub --policy /deliveries/airgo.toml

COPY . .
ENV GOPROXY=off GOFLAGS=-mod=readonly CGO_ENABLED=0
RUN go build -o /out/ ./...

# An image with certificates, time zones and a user, such as distroless/static: what a
# server needs that is more than its program.
FROM static:nonroot
COPY --from=build /out/ /
ENTRYPOINT ["/hello"]
CMD ["serve"]
