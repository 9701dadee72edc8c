// go-line is an airgo policy plugin. It tells which modules ask for a newer Go
// than the toolchain on the other side of the gap, where no other can be
// downloaded: `go build` would stop there with "requires go >= 1.26".
package main

import (
	_ "embed"
	"go/version"
	"strconv"

	"github.com/airgo-dev/airgo/plugins/go/policy"
)

//go:embed config.schema.json
var schema string

type config struct {
	Toolchain string         `json:"toolchain"`
	Verdict   policy.Verdict `json:"verdict"`
}

const rule = "needs-newer-go"

func init() {
	policy.Export(policy.Plugin{
		Description: policy.Description{
			Name:         "go-line",
			Version:      "0.1.0",
			Summary:      "Tells which modules ask for a newer Go than there is.",
			ConfigSchema: schema,
			Rules: []policy.Rule{{
				ID:      rule,
				Summary: "the go line is newer than the toolchain",
				Text: "The go line of a go.mod is the oldest Go that builds the module. The go command " +
					"would download a newer toolchain, which it cannot do without a network.",
				URL: "https://go.dev/doc/toolchain",
			}},
		},
		Check: check,
	})
}

func main() {}

func check(text policy.Config, bundle policy.Bundle) ([]policy.Finding, error) {
	c := config{Verdict: policy.VerdictDeny}
	if err := text.Decode(&c); err != nil {
		return nil, err
	}
	if !version.IsValid("go" + c.Toolchain) {
		return nil, &policy.ConfigError{
			Pointer: "/toolchain",
			Message: strconv.Quote(c.Toolchain) + " is no version of Go, such as 1.25.3",
		}
	}

	var findings []policy.Finding
	for _, main := range bundle.Info().MainModules {
		if c.tooOld(main.GoVersion) {
			findings = append(findings, c.finding(main.Path, main.GoVersion).
				Advise("bring Go "+main.GoVersion+" over, or lower the go line"))
		}
	}
	for _, module := range bundle.Modules() {
		if line := module.Attributes.Get("go-version"); c.tooOld(line) {
			code := module.Code()
			findings = append(findings, c.finding(code.String(), line).
				On(module).
				At("go.mod", 0).
				Advise("bring Go "+line+" over, or ask for an older "+code.Path).
				With("go-version", line))
		}
	}
	return findings, nil
}

// tooOld says whether the toolchain is older than a go line. Without one, or
// with one that does not read, any toolchain tries.
func (c config) tooOld(line string) bool {
	return version.Compare("go"+line, "go"+c.Toolchain) > 0
}

func (c config) finding(name, line string) policy.Finding {
	return policy.New(c.Verdict, rule, name+" needs Go "+line+", newer than "+c.Toolchain)
}
