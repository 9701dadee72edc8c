package main

import (
	"testing"

	"github.com/airgo-dev/airgo/plugins/go/policy"
	"github.com/airgo-dev/airgo/plugins/go/policytest"
)

// gathered is the bundle of one module with these files, its facts gathered.
func gathered(t *testing.T, files map[string]string) *policytest.Bundle {
	t.Helper()
	bundle := policytest.Of("example.com/a@v1.0.0")
	bundle.Contents[0].Sum = "h1:of the zip"
	bundle.Contents[0].Files = files
	if err := bundle.Gather(policy.Facts{Plan: plan, Gather: gather}, "{}"); err != nil {
		t.Fatal(err)
	}
	return bundle
}

func TestEmbeds(t *testing.T) {
	bundle := gathered(t, map[string]string{
		"a.go":        "package a\n\nimport _ \"embed\"\n\n//go:embed logo.png *.txt\nvar all embed.FS\n",
		"b/b.go":      "package b\n\n//go:embed x\nvar x string\n",
		"b/b_test.go": "package b\n\n//go:embed test\nvar x string\n",
		"c.txt":       "//go:embed no code\n",
	})
	findings, err := check(`{}`, bundle)
	if err != nil || len(findings) != 1 {
		t.Fatalf("%+v %v", findings, err)
	}
	f := findings[0]
	if f.Message != "embeds logo.png *.txt, and 1 more" || f.File != "a.go" || f.Line != 5 {
		t.Errorf("%+v", f)
	}
	if findings, err := check(`{"allow":["example.com/*"]}`, bundle); err != nil || len(findings) != 0 {
		t.Errorf("%+v %v", findings, err)
	}
}

func TestCodeThatOnlySpeaksOfIt(t *testing.T) {
	bundle := gathered(t, map[string]string{"a.go": "package a\n\n// See //go:embed x.\nvar s = \"//go:embed y\"\n"})
	if findings, err := check(`{}`, bundle); err != nil || len(findings) != 0 {
		t.Errorf("%+v %v", findings, err)
	}
}
