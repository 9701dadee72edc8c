// Package policy lets an airgo policy plugin be written in Go.
//
// A plugin is a main package that exports a [Plugin] when it is initialised:
//
//	package main
//
//	import "github.com/airgo-dev/airgo/plugins/go/policy"
//
//	func init() {
//		policy.Export(policy.Plugin{
//			Description: policy.Description{
//				Name:    "no-prereleases",
//				Version: "0.1.0",
//				Summary: "Warns of modules at a pre-release version.",
//				Rules:   []policy.Rule{{ID: "prerelease", Summary: "the version is a pre-release"}},
//			},
//			Check: check,
//		})
//	}
//
//	func main() {} // never runs
//
//	func check(_ policy.Config, bundle policy.Bundle) ([]policy.Finding, error) {
//		var findings []policy.Finding
//		for _, m := range bundle.Modules() {
//			if strings.Contains(m.Version, "-") {
//				findings = append(findings, policy.Warn("prerelease", "is a pre-release").On(m))
//			}
//		}
//		return findings, nil
//	}
//
// `airgo plugin build` makes a component of it. In the sandbox there is no
// clock, no entropy, no environment, no file and no network: time.Now is in
// 1970, the random numbers of a run are those of every run, and what is printed
// is swallowed. What a plugin sees is the [Bundle]. On the author's machine
// `go test` runs the same check over a policytest.Bundle.
package policy

// Plugin is who a plugin is, and how it judges.
type Plugin struct {
	Description Description
	// Check judges a bundle. Where it returns an error, or panics, there is no
	// verdict and the bundle is refused. [ConfigError] and [DataError] say whose
	// fault it is; any other error speaks of the bundle.
	Check func(Config, Bundle) ([]Finding, error)
}

// Description is what a plugin says of itself.
type Description struct {
	// Name is of lower-case words joined by "-", 64 bytes at most.
	Name    string
	Version string
	Summary string
	// ConfigSchema is a JSON Schema, against which airgo holds a config before
	// it calls Check. Without one the config has to be empty.
	ConfigSchema string
	// Rules are the kinds of findings. A finding of any other is an error.
	Rules []Rule
	Data  []DataNeed
}

// Rule is something that a plugin can find.
type Rule struct {
	// ID is of lower-case words joined by "-", and stays the same from version
	// to version: exceptions name it.
	ID      string
	Summary string // one line
	// Text says in Markdown why it matters and what to do.
	Text string
	URL  string
}

// DataNeed is a data source that a plugin reads.
type DataNeed struct {
	Name    string
	Summary string
	// Required says that airgo need not call Check without it.
	Required bool
}

// NoConfig is the schema of the config of a plugin that has none.
const NoConfig = `{"type":"object","additionalProperties":false}`

var exported Plugin

// Export makes p the plugin of this program. Call it in an init function: a
// plugin's main does not run.
func Export(p Plugin) { exported = p }
