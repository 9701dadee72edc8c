// Package policytest has a bundle made of literals, for the tests of a plugin,
// which run on the author's machine.
//
//	bundle := policytest.Bundle{Contents: []policytest.Module{
//		{Module: policy.Module{Path: "example.com/a", Version: "v1.0.0"}},
//		{
//			Module: policy.Module{Path: "example.com/b", Version: "v0.2.0"},
//			Files:  map[string]string{"LICENSE": "MIT"},
//		},
//	}}
//	findings, err := check(`{"verdict":"deny"}`, &bundle)
package policytest

import (
	"errors"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/airgo-dev/airgo/plugins/go/policy"
)

// Bundle is a policy.Bundle. The zero value is empty, and judged at the first
// second of 2026.
type Bundle struct {
	// Contents are its modules; the index of each is its position.
	Contents []Module
	// About is what Info gives.
	About policy.BundleInfo
	// Before is what Baseline gives; nil is no baseline.
	Before []policy.Module
	// Now is what JudgedAt gives.
	Now time.Time
	// Sources are the data sources by name.
	Sources map[string]Source

	logged []string
	mutex  sync.Mutex
	// gathered has what Gathered gives, by index; nil where nothing was.
	gathered [][]byte
	// alone says that it is the bundle of one module that Facts see.
	alone bool
}

// Module is a module with what is in it.
type Module struct {
	policy.Module
	GoMod string
	Files map[string]string
}

// Source is a data source.
type Source struct {
	policy.DataInfo
	// Records by path; one file is a record with the empty path.
	Records map[string]string
}

// Of is a bundle of modules that are given as path@version and have no files.
func Of(modules ...string) *Bundle {
	bundle := &Bundle{}
	for _, module := range modules {
		path, version := module, ""
		for at := range len(module) {
			if module[at] == '@' {
				path, version = module[:at], module[at+1:]
			}
		}
		bundle.Contents = append(bundle.Contents, Module{Module: policy.Module{Path: path, Version: version}})
	}
	return bundle
}

// Logged is what the plugin logged.
func (b *Bundle) Logged() []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return append([]string(nil), b.logged...)
}

// Log keeps the line.
func (b *Bundle) Log(_ policy.LogLevel, message string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.logged = append(b.logged, message)
}

// Gather has f look at each module, as airgo does before Check: by itself, less
// what its content does not determine. The error is the first one of f, with
// the module before it.
func (b *Bundle) Gather(f policy.Facts, config policy.Config) error {
	b.gathered = nil
	plan, wanted := f.Plan(config)
	if !wanted {
		return nil
	}
	gathered := make([][]byte, len(b.Contents))
	for i, module := range b.Contents {
		code := module.Code()
		known := policy.Module{
			Path: code.Path, Version: code.Version,
			Sum: module.Sum, GoModSum: module.GoModSum, ZipSize: module.ZipSize,
		}
		one := &Bundle{Contents: []Module{{known, module.GoMod, module.Files}}, alone: true}
		fact, err := f.Gather(plan, known, one)
		if err != nil {
			return errors.New(code.String() + ": " + err.Error())
		}
		gathered[i] = fact
	}
	b.gathered = gathered
	return nil
}

// Gathered is what Gather has found.
func (b *Bundle) Gathered(m policy.Module) ([]byte, bool) {
	if int(m.Index) >= len(b.gathered) {
		return nil, false
	}
	return b.gathered[m.Index], true
}

// JudgedAt is Now.
func (b *Bundle) JudgedAt() time.Time {
	if b.alone {
		return time.Time{}
	}
	if b.Now.IsZero() {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return b.Now
}

// Info is About.
func (b *Bundle) Info() policy.BundleInfo { return b.About }

// Modules are Contents.
func (b *Bundle) Modules() []policy.Module {
	modules := make([]policy.Module, len(b.Contents))
	for i, module := range b.Contents {
		modules[i] = module.Module
		modules[i].Index = uint32(i)
	}
	return modules
}

// Baseline is Before.
func (b *Bundle) Baseline() ([]policy.Module, bool) { return b.Before, b.Before != nil }

// GoMod is the GoMod of that module; without one it is not found.
func (b *Bundle) GoMod(m policy.Module) (string, error) {
	if int(m.Index) >= len(b.Contents) || b.Contents[m.Index].GoMod == "" {
		return "", &policy.ReadError{What: m.String() + " go.mod", Err: policy.ErrNotFound}
	}
	return b.Contents[m.Index].GoMod, nil
}

// Files are those of that module.
func (b *Bundle) Files(m policy.Module) ([]policy.File, error) {
	if int(m.Index) >= len(b.Contents) {
		return nil, &policy.ReadError{What: m.String(), Err: policy.ErrNotFound}
	}
	return list(b.Contents[m.Index].Files), nil
}

// ReadAt reads one of them.
func (b *Bundle) ReadAt(m policy.Module, path string, offset uint64, size uint32) ([]byte, error) {
	wanted := policy.ReadError{What: m.String() + " " + path}
	if int(m.Index) >= len(b.Contents) {
		wanted.Err = policy.ErrNotFound
		return nil, &wanted
	}
	return read(b.Contents[m.Index].Files, path, offset, size, wanted)
}

// DataInfo is that of the source.
func (b *Bundle) DataInfo(source string) (policy.DataInfo, error) {
	found, err := b.source(source)
	return found.DataInfo, err
}

// DataFiles are the records of the source.
func (b *Bundle) DataFiles(source string) ([]policy.File, error) {
	found, err := b.source(source)
	if err != nil {
		return nil, err
	}
	return list(found.Records), nil
}

// Data is one of them.
func (b *Bundle) Data(source, path string) ([]byte, error) {
	return b.DataAt(source, path, 0, maxRead)
}

// DataAt is a part of one of them.
func (b *Bundle) DataAt(source, path string, offset uint64, size uint32) ([]byte, error) {
	found, err := b.source(source)
	if err != nil {
		return nil, err
	}
	return read(found.Records, path, offset, size, policy.ReadError{What: what(source) + " " + path, Data: true})
}

func (b *Bundle) source(name string) (Source, error) {
	found, is := b.Sources[name]
	if !is {
		return found, &policy.ReadError{What: what(name), Data: true, Err: policy.ErrNotFound}
	}
	return found, nil
}

func what(source string) string { return "data source " + strconv.Quote(source) }

// maxRead is what the host hands over in one call.
const maxRead = 16 << 20

func list(files map[string]string) []policy.File {
	var all []policy.File
	for path, text := range files {
		all = append(all, policy.File{Path: path, Size: uint64(len(text))})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Path < all[j].Path })
	return all
}

func read(files map[string]string, path string, offset uint64, size uint32, failed policy.ReadError) ([]byte, error) {
	text, is := files[path]
	switch {
	case !is:
		failed.Err = policy.ErrNotFound
	case size > maxRead:
		failed.Err, failed.Limit = policy.ErrTooLarge, maxRead
	case offset > uint64(len(text)):
		failed.Err = policy.ErrOutOfRange
	default:
		text = text[offset:]
		return []byte(text[:min(uint64(size), uint64(len(text)))]), nil
	}
	return nil, &failed
}
