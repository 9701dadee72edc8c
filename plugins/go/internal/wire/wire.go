// Package wire joins the packages policy and facts inside a component: facts
// has the functions that the host calls, and is linked only where a plugin
// gathers; policy knows what their arguments look like in memory.
package wire

// Facts is a policy.Facts, which this package cannot name; nil without one.
var Facts any

// What policy does behind the functions of facts: addresses in, addresses out.
var (
	Plan   func(config, size uint32) uint32
	Gather func(arguments uint32) uint32
	// Done says that the host has read what was returned.
	Done func()
)
