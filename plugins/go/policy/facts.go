package policy

import "github.com/airgo-dev/airgo/plugins/go/internal/abi"

// Facts is how a plugin finds out about each module by itself, before Check;
// facts.Export makes it part of the component.
type Facts struct {
	// Plan says what Gather is to look for under a config, or that Check needs
	// no facts under it (or will not accept it: that is for Check to say).
	// Equal plans have equal facts, so that a plan should say as little as
	// possible: a change of it makes airgo gather anew. "" is a plan.
	Plan func(Config) (plan string, wanted bool)
	// Gather says what there is to know of a module, in whatever form Check
	// reads it; 256 KiB at most. The bundle is one of this module alone, by the
	// path and version of its code, and without what its content does not
	// determine: the time to judge for, the baseline, main modules, data
	// sources, and ReplacedBy, Time, Direct and Attributes of the module.
	//
	// An error refuses the bundle.
	Gather func(plan string, m Module, b Bundle) ([]byte, error)
}

const (
	sizeGather = 96 // the arguments of gather: a plan, a module
	sizePlan   = sizeOptionList
	sizeFact   = 12 // result<list<u8>, string>
)

func liftGather(b abi.Block) (plan string, m Module) { return b.String(0), liftModule(b.From(8)) }

func lowerPlan(mem abi.Memory, plan string, wanted bool) uint32 {
	b, addr := abi.New(mem, sizePlan, 4)
	if wanted {
		// An empty plan is one.
		b.SetU8(0, 1)
		b.SetString(4, plan)
	}
	return addr
}

func lowerFact(mem abi.Memory, fact []byte, err error) uint32 {
	b, addr := abi.New(mem, sizeFact, 4)
	if err != nil {
		b.SetU8(0, 1)
		b.SetString(4, err.Error())
		return addr
	}
	b.SetByteList(4, fact)
	return addr
}
