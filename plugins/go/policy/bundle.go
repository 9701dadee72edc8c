package policy

import "time"

// Bundle is everything that a plugin can reach. Its methods may be called from
// several goroutines. In tests it is a policytest.Bundle.
type Bundle interface {
	// Log writes a line for whoever debugs the plugin; it changes no verdict.
	Log(level LogLevel, message string)
	// JudgedAt is the time to judge for: the only clock. It is recorded with
	// the verdict, so that a run can be repeated.
	JudgedAt() time.Time
	// Info is about the bundle as a whole.
	Info() BundleInfo
	// Modules are sorted by path and version.
	Modules() []Module
	// Baseline has the modules of the bundle that was approved before, whose
	// files cannot be read; false where there is none.
	Baseline() ([]Module, bool)

	// GoMod is the go.mod of a module. The error of this and of all that read
	// is a [*ReadError].
	GoMod(m Module) (string, error)
	// Files lists the zip of a module, sorted by path; the paths start below
	// path@version/.
	Files(m Module) ([]File, error)
	// ReadAt is up to size bytes of a file from offset; fewer only at its end.
	ReadAt(m Module, path string, offset uint64, size uint32) ([]byte, error)

	// Gathered is what [Facts].Gather said of a module; false where the plugin
	// has no facts, where its plan wanted none, and within Facts itself.
	Gathered(m Module) ([]byte, bool)

	// DataInfo is what is known of a data source.
	DataInfo(source string) (DataInfo, error)
	// DataFiles lists its records, sorted. A source that is one file has one,
	// with the empty path.
	DataFiles(source string) ([]File, error)
	// Data is one record, whole.
	Data(source, path string) ([]byte, error)
	// DataAt is up to size bytes of a record from offset; fewer only at its end.
	DataAt(source, path string, offset uint64, size uint32) ([]byte, error)
}

// LogLevel is how loud a log line is.
type LogLevel uint8

// The levels.
const (
	LogDebug LogLevel = iota // for the author
	LogInfo                  // for the curious
	LogWarn                  // for everybody
)

// Module is one module that the bundle carries.
type Module struct {
	// Index is its position in Modules.
	Index   uint32
	Path    string
	Version string
	// ReplacedBy is the code that a replace directive put in its place; the
	// sums, the size and the files are then those of the replacement.
	ReplacedBy *ModuleRef
	Sum        string // "h1:…" over the zip; "" where the bundle carries none
	GoModSum   string // "h1:…" over go.mod
	ZipSize    uint64 // bytes of the zip; 0 where the bundle carries none
	// Time is when the version was made; zero where that is not known.
	Time time.Time
	// Direct says that a main module requires it without "// indirect".
	Direct bool
	// Attributes are origin.vcs, origin.url, origin.ref, origin.hash,
	// go-version, retracted, deprecated and what later versions add.
	Attributes Attributes
}

// String is path@version.
func (m Module) String() string { return m.Path + "@" + m.Version }

// Code names the code that is in the bundle: what replaces the module where
// something does. A directory of the project has no name of its own: that code
// goes by the name it is required by.
func (m Module) Code() ModuleRef {
	if m.ReplacedBy != nil && m.ReplacedBy.Version != "" {
		return *m.ReplacedBy
	}
	return ModuleRef{m.Path, m.Version}
}

// ModuleRef is a module path with a version, which is "" where the code comes
// from a directory of the project.
type ModuleRef struct{ Path, Version string }

// String is path@version.
func (r ModuleRef) String() string { return r.Path + "@" + r.Version }

// Attribute is a name with a value.
type Attribute struct{ Name, Value string }

// Attributes are attributes in the order in which they were given.
type Attributes []Attribute

// Get is the first value of a name, or "".
func (a Attributes) Get(name string) string {
	value, _ := a.Lookup(name)
	return value
}

// Lookup is the first value of a name, and whether there is one.
func (a Attributes) Lookup(name string) (string, bool) {
	for _, each := range a {
		if each.Name == name {
			return each.Value, true
		}
	}
	return "", false
}

// BundleInfo is about the bundle as a whole.
type BundleInfo struct {
	// ContentID is the digest over all modules; "" before packing.
	ContentID   string
	MainModules []MainModule
	// Platforms are of the form os/arch; none means any.
	Platforms  []string
	Attributes Attributes
}

// MainModule is a module that the bundle was made for.
type MainModule struct {
	Path      string
	GoVersion string // the go line of its go.mod, or ""
	// Imports are the packages of other modules that its sources import, tests
	// included.
	Imports    []string
	Attributes Attributes
}

// File is a file of a module, or a record of a data source.
type File struct {
	Path string
	Size uint64
}

// DataInfo is what is known of a data source.
type DataInfo struct {
	SHA256 string    // in lower-case hexadecimal digits
	Date   time.Time // when the snapshot was made; zero where that is not known
}

// chunk is what ReadFile asks for at once; the host reads that far ahead.
const chunk = 1 << 20

// ReadFile is a whole file of a module.
func ReadFile(b Bundle, m Module, path string) ([]byte, error) {
	var all []byte
	for {
		part, err := b.ReadAt(m, path, uint64(len(all)), chunk)
		if err != nil {
			return nil, err
		}
		if all == nil && len(part) < chunk {
			return part, nil
		}
		all = append(all, part...)
		if len(part) < chunk {
			return all, nil
		}
	}
}
