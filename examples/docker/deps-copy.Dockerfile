# The same image of dependencies for builders without mounts: its layers are copied into
# the build stage.
FROM localhost/deps AS deps

FROM golang:1.26 AS build
COPY --from=deps /go/pkg/mod /go/pkg/mod
WORKDIR /src
COPY . .
ENV GOPROXY=off GOFLAGS=-mod=readonly CGO_ENABLED=0
RUN go build -o /out/ ./...

FROM scratch
COPY --from=build /out/ /
USER 65532:65532
ENTRYPOINT ["/hello"]
CMD ["serve"]
