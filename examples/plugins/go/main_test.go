package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/airgo-dev/airgo/plugins/go/policy"
	"github.com/airgo-dev/airgo/plugins/go/policytest"
)

func TestGoLines(t *testing.T) {
	for _, c := range []struct {
		toolchain, line string
		found           bool
	}{
		{"1.25.3", "1.26", true},
		{"1.25.3", "1.26rc1", true},
		{"1.25.3", "1.25.4", true},
		{"1.25.3", "1.25.3", false},
		{"1.25.3", "1.25", false},
		{"1.25", "1.9", false},
		{"1.25.3", "", false},
		{"1.25.3", "soon", false},
	} {
		bundle := policytest.Of("example.com/a@v1.0.0")
		bundle.Contents[0].Attributes = policy.Attributes{{Name: "go-version", Value: c.line}}
		findings, err := check(policy.Config(`{"toolchain":"`+c.toolchain+`"}`), bundle)
		if err != nil {
			t.Fatal(err)
		}
		if found := len(findings) == 1; found != c.found {
			t.Errorf("go %s with %s: %+v", c.line, c.toolchain, findings)
		}
	}
}

func TestTheMainModuleCounts(t *testing.T) {
	bundle := policytest.Of()
	bundle.About.MainModules = []policy.MainModule{{Path: "example.com/app", GoVersion: "1.27"}}
	findings, err := check(`{"toolchain":"1.26","verdict":"warn"}`, bundle)
	if err != nil || len(findings) != 1 || findings[0].Module != nil || findings[0].Verdict != policy.VerdictWarn {
		t.Fatalf("%+v %v", findings, err)
	}
	if want := "example.com/app needs Go 1.27, newer than 1.26"; findings[0].Message != want {
		t.Errorf("%q", findings[0].Message)
	}
}

func TestToolchainThatIsNone(t *testing.T) {
	_, err := check(`{"toolchain":"latest"}`, policytest.Of())
	var wrong *policy.ConfigError
	if !errors.As(err, &wrong) || wrong.Pointer != "/toolchain" || !strings.Contains(wrong.Message, `"latest"`) {
		t.Errorf("%v", err)
	}
}
