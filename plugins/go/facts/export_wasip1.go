package facts

import "github.com/airgo-dev/airgo/plugins/go/internal/wire"

//go:wasmexport airgo:policy/facts@1.0.0#plan
func plan(config, size uint32) uint32 { return wire.Plan(config, size) }

//go:wasmexport airgo:policy/facts@1.0.0#gather
func gather(arguments uint32) uint32 { return wire.Gather(arguments) }

//go:wasmexport cabi_post_airgo:policy/facts@1.0.0#plan
func postPlan(uint32) { wire.Done() }

//go:wasmexport cabi_post_airgo:policy/facts@1.0.0#gather
func postGather(uint32) { wire.Done() }
