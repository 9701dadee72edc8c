package policy

import (
	"runtime"
	"strconv"
	"strings"

	"github.com/airgo-dev/airgo/plugins/go/internal/abi"
	"github.com/airgo-dev/airgo/plugins/go/internal/wire"
)

// outgoing is what was returned to the host and has not been read yet.
var outgoing abi.Heap

// cabi_realloc is how the host gets memory for what it hands over.
//
//go:wasmexport cabi_realloc
func cabiRealloc(old, oldSize, align, size uint32) uint32 {
	addr := incoming.Alloc(size, align)
	if oldSize > 0 {
		copy(incoming.Bytes(addr, size), incoming.Bytes(old, min(oldSize, size)))
	}
	return addr
}

//go:wasmexport airgo:policy/policy@1.0.0#describe
func describe() uint32 {
	if exported.Check == nil {
		host{}.Log(LogWarn, "this program has no plugin: call policy.Export in an init function")
		panic("no plugin")
	}
	return lowerDescription(&outgoing, exported.Description)
}

//go:wasmexport airgo:policy/policy@1.0.0#check
func check(config, size uint32) uint32 {
	defer tellPanic()
	text := Config(incoming.Bytes(config, size))
	incoming.Done()
	findings, err := exported.Check(text, host{})
	return lowerChecked(&outgoing, findings, err)
}

func init() { wire.Plan, wire.Gather, wire.Done = plan, gather, outgoing.Done }

// facts are there where the host calls for them, unless facts.Export was not.
func facts() Facts {
	facts, _ := wire.Facts.(Facts)
	if facts.Plan == nil || facts.Gather == nil {
		host{}.Log(LogWarn, "this program has no facts: call facts.Export with Plan and Gather in an init function")
		panic("no facts")
	}
	return facts
}

func plan(config, size uint32) uint32 {
	defer tellPanic()
	text := Config(incoming.Bytes(config, size))
	incoming.Done()
	plan, wanted := facts().Plan(text)
	return lowerPlan(&outgoing, plan, wanted)
}

func gather(arguments uint32) uint32 {
	defer tellPanic()
	plan, module := liftGather(abi.At(&incoming, arguments, sizeGather))
	incoming.Done()
	fact, err := facts().Gather(plan, module, host{})
	return lowerFact(&outgoing, fact, err)
}

//go:wasmexport cabi_post_airgo:policy/policy@1.0.0#describe
func postDescribe(uint32) { outgoing.Done() }

//go:wasmexport cabi_post_airgo:policy/policy@1.0.0#check
func postCheck(uint32) { outgoing.Done() }

// tellPanic logs a panic, which airgo then shows, and lets it go on: the trap
// in which it ends says nothing of itself.
func tellPanic() {
	reason := recover()
	if reason == nil {
		return
	}
	host{}.Log(LogWarn, "panic: "+describePanic(reason)+where())
	panic(reason)
}

// describePanic does without fmt, which would be a third of a small plugin.
func describePanic(reason any) string {
	switch reason := reason.(type) {
	case error:
		return reason.Error()
	case string:
		return reason
	case interface{ String() string }:
		return reason.String()
	}
	return "a value that is no text"
}

// where is the innermost place of a panic that is neither Go's nor ours.
func where() string {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(4, callers[:])])
	for {
		frame, more := frames.Next()
		own := strings.HasPrefix(frame.Function, "github.com/airgo-dev/airgo/plugins/go/")
		if frame.Function != "" && !own && !strings.HasPrefix(frame.Function, "runtime.") {
			file := frame.File[strings.LastIndexByte(frame.File, '/')+1:]
			return " at " + file + ":" + strconv.Itoa(frame.Line)
		}
		if !more {
			return ""
		}
	}
}
