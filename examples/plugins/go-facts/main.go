// embeds is an airgo policy plugin. It tells which modules put files into the
// binary with //go:embed: what is in those files no compiler has looked at.
//
// Every Go file of every module has to be read for that. So it is done as facts:
// airgo gathers them on all cores, and reads what it has read once no more.
package main

import (
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/airgo-dev/airgo/plugins/go/facts"
	"github.com/airgo-dev/airgo/plugins/go/policy"
)

//go:embed config.schema.json
var schema string

type config struct {
	Verdict policy.Verdict `json:"verdict"`
	Allow   []string       `json:"allow"`
}

const rule = "embeds-files"

func init() {
	policy.Export(policy.Plugin{
		Description: policy.Description{
			Name:         "embeds",
			Version:      "0.1.0",
			Summary:      "Tells which modules embed files.",
			ConfigSchema: schema,
			Rules: []policy.Rule{{
				ID:      rule,
				Summary: "the module puts files into the binary",
				Text:    "What `//go:embed` names goes into the binary as it is. Look at those files, then allow the module.",
				URL:     "https://pkg.go.dev/embed",
			}},
		},
		Check: check,
	})
	facts.Export(policy.Facts{Plan: plan, Gather: gather})
}

func main() {}

// embeds is what gather tells check of a module: its first //go:embed, and how
// many there are.
type embeds struct {
	File     string `json:"file"`
	Line     uint32 `json:"line"`
	Patterns string `json:"patterns"`
	Count    int    `json:"count"`
}

// plan is the same under every config: which modules may embed files is for
// check to say, and a change of that reads nothing again.
func plan(policy.Config) (string, bool) { return "", true }

func gather(_ string, m policy.Module, bundle policy.Bundle) ([]byte, error) {
	if m.Sum == "" {
		// A directory in the module's place: its files are not in the bundle.
		return nil, nil
	}
	files, err := bundle.Files(m)
	if err != nil {
		return nil, err
	}
	var found embeds
	for _, file := range files {
		if !strings.HasSuffix(file.Path, ".go") || strings.HasSuffix(file.Path, "_test.go") {
			continue
		}
		text, err := policy.ReadFile(bundle, m, file.Path)
		if err != nil {
			return nil, err
		}
		number := uint32(0)
		for line := range strings.Lines(string(text)) {
			number++
			if patterns, is := strings.CutPrefix(line, "//go:embed "); is {
				if found.Count++; found.Count == 1 {
					found.File, found.Line, found.Patterns = file.Path, number, strings.TrimSpace(patterns)
				}
			}
		}
	}
	if found.Count == 0 {
		return nil, nil
	}
	return json.Marshal(found)
}

func check(text policy.Config, bundle policy.Bundle) ([]policy.Finding, error) {
	c := config{Verdict: policy.VerdictWarn}
	if err := text.Decode(&c); err != nil {
		return nil, err
	}
	var findings []policy.Finding
	for _, m := range bundle.Modules() {
		fact, _ := bundle.Gathered(m)
		if len(fact) == 0 || c.allows(m) {
			continue
		}
		var found embeds
		if err := json.Unmarshal(fact, &found); err != nil {
			return nil, err
		}
		message := "embeds " + found.Patterns
		if found.Count > 1 {
			message += ", and " + strconv.Itoa(found.Count-1) + " more"
		}
		findings = append(findings, policy.New(c.Verdict, rule, message).
			On(m).
			At(found.File, found.Line).
			Advise("look at those files, then allow "+m.Path).
			With("embeds", strconv.Itoa(found.Count)))
	}
	return findings, nil
}

func (c config) allows(m policy.Module) bool {
	for _, pattern := range c.Allow {
		if policy.Match(pattern, m.Path) {
			return true
		}
	}
	return false
}
