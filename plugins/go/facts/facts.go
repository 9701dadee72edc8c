// Package facts lets a plugin find out about each module by itself, before
// Check: for plugins that read the files of every module, which takes time.
// airgo gathers on all cores, and remembers from run to run what it was told,
// so that a bundle of which nothing is new is judged without a look into it.
//
//	func init() {
//		policy.Export(policy.Plugin{Description: description, Check: check})
//		facts.Export(policy.Facts{Plan: plan, Gather: gather})
//	}
//
// Check then asks bundle.Gathered. Each module is looked at by an instance of
// the plugin of its own, which begins with the init functions: what they do is
// done once a module, and nothing that Gather leaves in a variable is there
// for the next one.
//
// The package is apart from policy because its functions are exported from the
// component as soon as it is linked: a plugin without facts must not have them.
package facts

import (
	"github.com/airgo-dev/airgo/plugins/go/internal/wire"
	"github.com/airgo-dev/airgo/plugins/go/policy"
)

// Export makes f the facts of this program. Call it in an init function.
func Export(f policy.Facts) { wire.Facts = f }
