package policy

import (
	"strconv"
	"sync"
	"time"
	"unsafe"

	"github.com/airgo-dev/airgo/plugins/go/internal/abi"
)

//go:wasmimport airgo:policy/host@1.0.0 log
func hostLog(level uint32, message unsafe.Pointer, size uint32)

//go:wasmimport airgo:policy/host@1.0.0 judged-at
func hostJudgedAt(to unsafe.Pointer)

//go:wasmimport airgo:policy/host@1.0.0 bundle
func hostBundle(to unsafe.Pointer)

//go:wasmimport airgo:policy/host@1.0.0 modules
func hostModules(to unsafe.Pointer)

//go:wasmimport airgo:policy/host@1.0.0 baseline
func hostBaseline(to unsafe.Pointer)

//go:wasmimport airgo:policy/host@1.0.0 go-mod
func hostGoMod(module uint32, to unsafe.Pointer)

//go:wasmimport airgo:policy/host@1.0.0 list-files
func hostListFiles(module uint32, to unsafe.Pointer)

//go:wasmimport airgo:policy/host@1.0.0 gathered
func hostGathered(module uint32, to unsafe.Pointer)

//go:wasmimport airgo:policy/host@1.0.0 read
func hostRead(module uint32, path unsafe.Pointer, pathSize uint32, offset uint64, size uint32, to unsafe.Pointer)

//go:wasmimport airgo:policy/host@1.0.0 data-stat
func hostDataStat(name unsafe.Pointer, nameSize uint32, to unsafe.Pointer)

//go:wasmimport airgo:policy/host@1.0.0 data-list
func hostDataList(name unsafe.Pointer, nameSize uint32, to unsafe.Pointer)

//go:wasmimport airgo:policy/host@1.0.0 data-get
func hostDataGet(name unsafe.Pointer, nameSize uint32, path unsafe.Pointer, pathSize uint32, to unsafe.Pointer)

//go:wasmimport airgo:policy/host@1.0.0 data-read
func hostDataRead(name unsafe.Pointer, nameSize uint32, path unsafe.Pointer, pathSize uint32, offset uint64, size uint32, to unsafe.Pointer)

// host is the bundle that airgo judges.
type host struct{}

// asking is held during a call into the host: while the host asks for memory
// (cabi_realloc) other goroutines run, and must not call it too.
var asking sync.Mutex

// answer is where the host puts what does not fit into a result: at most 32
// bytes, aligned to eight.
var answer [4]uint64

// incoming is what the host asked memory for.
var incoming abi.Heap

// ask calls the host, and reads its answer before any other call is made. The
// strings that read takes out of it lie in memory that is never used again.
func ask[T any](call func(to unsafe.Pointer), read func(abi.Block) T) T {
	asking.Lock()
	defer asking.Unlock()
	answer = [4]uint64{}
	to := unsafe.Slice((*byte)(unsafe.Pointer(&answer)), unsafe.Sizeof(answer))
	call(unsafe.Pointer(&answer))
	value := read(abi.At(&incoming, abi.Address(to), uint32(len(to))))
	incoming.Done()
	return value
}

// try is ask for what can fail.
func try[T any](what string, data bool, call func(to unsafe.Pointer), read func(abi.Block) T) (T, error) {
	var err error
	value := ask(call, func(b abi.Block) T {
		var value T
		value, err = liftResult(b, what, data, read)
		return value
	})
	return value, err
}

func text(s string) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.StringData(s)), uint32(len(s))
}

func source(name string) string { return "data source " + strconv.Quote(name) }

func (host) Log(level LogLevel, message string) {
	asking.Lock()
	defer asking.Unlock()
	pointer, size := text(valid(message))
	hostLog(uint32(level), pointer, size)
}

func (host) JudgedAt() time.Time {
	return ask(hostJudgedAt, func(b abi.Block) time.Time { return parseTime(b.String(0)) })
}

func (host) Info() BundleInfo { return ask(hostBundle, liftBundleInfo) }

func (host) Modules() []Module {
	return ask(hostModules, func(b abi.Block) []Module { return liftModules(b, 0) })
}

func (host) Baseline() (modules []Module, is bool) {
	modules = ask(hostBaseline, func(b abi.Block) []Module {
		if is = b.U8(0) != 0; !is {
			return nil
		}
		return liftModules(b, 4)
	})
	return modules, is
}

func (host) GoMod(m Module) (string, error) {
	call := func(to unsafe.Pointer) { hostGoMod(m.Index, to) }
	return try(m.String()+" go.mod", false, call, func(b abi.Block) string { return b.String(0) })
}

func (host) Files(m Module) ([]File, error) {
	call := func(to unsafe.Pointer) { hostListFiles(m.Index, to) }
	return try(m.String(), false, call, func(b abi.Block) []File { return liftFiles(b, 0) })
}

func (host) ReadAt(m Module, path string, offset uint64, size uint32) ([]byte, error) {
	path = valid(path)
	call := func(to unsafe.Pointer) {
		pointer, pathSize := text(path)
		hostRead(m.Index, pointer, pathSize, offset, size, to)
	}
	return try(m.String()+" "+path, false, call, func(b abi.Block) []byte { return b.ByteList(0) })
}

func (host) Gathered(m Module) (fact []byte, is bool) {
	call := func(to unsafe.Pointer) { hostGathered(m.Index, to) }
	fact = ask(call, func(b abi.Block) []byte {
		if is = b.U8(0) != 0; !is {
			return nil
		}
		return b.ByteList(4)
	})
	return fact, is
}

func (host) DataInfo(name string) (DataInfo, error) {
	name = valid(name)
	call := func(to unsafe.Pointer) {
		pointer, size := text(name)
		hostDataStat(pointer, size, to)
	}
	return try(source(name), true, call, liftDataInfo)
}

func (host) DataFiles(name string) ([]File, error) {
	name = valid(name)
	call := func(to unsafe.Pointer) {
		pointer, size := text(name)
		hostDataList(pointer, size, to)
	}
	return try(source(name), true, call, func(b abi.Block) []File { return liftFiles(b, 0) })
}

func (host) Data(name, path string) ([]byte, error) {
	name, path = valid(name), valid(path)
	call := func(to unsafe.Pointer) {
		namePointer, nameSize := text(name)
		pathPointer, pathSize := text(path)
		hostDataGet(namePointer, nameSize, pathPointer, pathSize, to)
	}
	return try(source(name)+" "+path, true, call, func(b abi.Block) []byte { return b.ByteList(0) })
}

func (host) DataAt(name, path string, offset uint64, size uint32) ([]byte, error) {
	name, path = valid(name), valid(path)
	call := func(to unsafe.Pointer) {
		namePointer, nameSize := text(name)
		pathPointer, pathSize := text(path)
		hostDataRead(namePointer, nameSize, pathPointer, pathSize, offset, size, to)
	}
	return try(source(name)+" "+path, true, call, func(b abi.Block) []byte { return b.ByteList(0) })
}
