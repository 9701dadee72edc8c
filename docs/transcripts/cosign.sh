#!/usr/bin/env bash
# Writes cosign.md: cosign on the bundle and the detached signatures of
# bundles/golden/v1, with nothing else of airgo. Usage:
#
#   docs/transcripts/cosign.sh [path of cosign]
#
# Without a path, cosign is built from the Go module proxy in a throw-away module
# (about six minutes on two idle cores).
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
version=v2.6.5
type=https://airgo.dev/attestation/file/v1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ $# -gt 0 ]; then
    cp "$1" "$work/cosign"
else
    mkdir "$work/build"
    (
        cd "$work/build"
        go mod init throw.away/cosign
        go get "github.com/sigstore/cosign/v2/cmd/cosign@$version"
        go build -o "$work/cosign" github.com/sigstore/cosign/v2/cmd/cosign
    )
fi

golden=$repository/bundles/golden/v1
cp "$golden/full.airgo" "$golden/full.airgo.sig.b64" "$golden/full.airgo.att.json" "$work"
cp "$golden/key.pem" "$work/golden.pem"
cd "$work"
PATH=$work:$PATH

# Shows a command and all that it says, and how it ended where it failed.
run() {
    local status=0
    echo "\$ $*"
    # Without a network it says at length which resolver did not find sigstore's trust root.
    sh -c "$*" >said 2>&1 || status=$?
    grep -v '^WARNING: Could not fetch trusted_root.json' said || true
    [ "$status" = 0 ] || echo "(exit status $status)"
}

{
    cat <<EOF
# cosign verifies what airgo signs

cosign $version, built from the Go module proxy with $(go env GOVERSION), on the bundle and the detached signatures of [bundles/golden/v1](../../bundles/golden/v1); made by [cosign.sh](cosign.sh). The formats are in [FORMAT.md](../../bundles/FORMAT.md#16-detached-signatures). \`--insecure-ignore-tlog\` is cosign's word for a key without a transparency log, which an air gap does not have. It ran without a way to sigstore's servers; its one-line warning about that is left out.

\`\`\`
EOF
    run openssl pkey -in golden.pem -pubout -out golden.pub
    run cosign verify-blob --key golden.pub --signature full.airgo.sig.b64 --insecure-ignore-tlog=true full.airgo
    run cosign verify-blob-attestation --key golden.pub --signature full.airgo.att.json --type $type --insecure-ignore-tlog=true full.airgo
    # shellcheck disable=SC2016 # of Markdown
    printf '```\n\nOne byte of the bundle changed, and another key:\n\n```\n'
    run "cp full.airgo changed.airgo && printf X | dd of=changed.airgo bs=1 seek=2000 conv=notrunc status=none"
    run cosign verify-blob --key golden.pub --signature full.airgo.sig.b64 --insecure-ignore-tlog=true changed.airgo
    run cosign verify-blob-attestation --key golden.pub --signature full.airgo.att.json --type $type --insecure-ignore-tlog=true changed.airgo
    run "openssl genpkey -algorithm ed25519 -out other.pem && openssl pkey -in other.pem -pubout -out other.pub"
    run cosign verify-blob --key other.pub --signature full.airgo.sig.b64 --insecure-ignore-tlog=true full.airgo
    run cosign verify-blob-attestation --key other.pub --signature full.airgo.att.json --type $type --insecure-ignore-tlog=true full.airgo
    echo '```'
} >"$repository/docs/transcripts/cosign.md"
