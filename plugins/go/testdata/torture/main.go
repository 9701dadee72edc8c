// Command torture is a plugin that makes the binding sweat: it collects garbage
// at every turn, asks the host from many goroutines at once, keeps what it was
// given for long, and returns many findings with long texts. It finds fault
// with the binding: what it read is not what it reads again.
//
// plugins/languages.sh builds it with the real toolchain and runs it in airgo.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/airgo-dev/airgo/plugins/go/policy"
)

type config struct {
	// Findings is how many to return for each module.
	Findings int `json:"findings"`
	// Long is how long each of their messages is.
	Long int `json:"long"`
	// Panic says with what to panic.
	Panic string `json:"panic"`
	// Fail says with what error to end.
	Fail string `json:"fail"`
	// Print has told what the sandbox answers in one way, whatever the machine.
	Print bool `json:"print"`
	// Seeds has told what depends on the version of Go, but not on the run.
	Seeds bool `json:"seeds"`
}

func init() {
	policy.Export(policy.Plugin{
		Description: policy.Description{
			Name:    "torture",
			Version: "0.1.0",
			Summary: "Makes the Go binding sweat.",
			ConfigSchema: `{"type":"object","additionalProperties":false,"properties":{
				"findings":{"type":"integer"},"long":{"type":"integer"},"panic":{"type":"string"},
				"fail":{"enum":["config","data","input","read"]},"print":{"type":"boolean"},"seeds":{"type":"boolean"}}}`,
			Rules: []policy.Rule{
				{ID: "fine", Summary: "what was read twice is the same", Text: strings.Repeat("long ", 10_000), URL: "https://example.com/"},
				{ID: "broken", Summary: "what was read twice differs"},
			},
			Data: []policy.DataNeed{{Name: "optional", Summary: "a source that need not be there"}},
		},
		Check: check,
	})
}

func main() {}

func check(text policy.Config, bundle policy.Bundle) ([]policy.Finding, error) {
	var c config
	if err := text.Decode(&c); err != nil {
		return nil, err
	}
	if c.Panic != "" {
		panic(c.Panic)
	}
	if err := failure(c.Fail, bundle); err != nil {
		return nil, err
	}
	if c.Print || c.Seeds {
		return told(c), nil
	}

	before := fmt.Sprintf("%+v %+v %v", bundle.Info(), bundle.Modules(), bundle.JudgedAt())
	modules := bundle.Modules()
	digests := make([]string, len(modules))
	var group sync.WaitGroup
	for i, m := range modules {
		group.Add(1)
		go func() {
			defer group.Done()
			digests[i] = digest(bundle, m)
		}()
	}
	group.Wait()
	runtime.GC()
	if after := fmt.Sprintf("%+v %+v %v", bundle.Info(), bundle.Modules(), bundle.JudgedAt()); after != before {
		return []policy.Finding{policy.Deny("broken", "the bundle is another one")}, nil
	}

	var findings []policy.Finding
	for i, m := range slices.Backward(modules) {
		if again := digest(bundle, m); again != digests[i] {
			findings = append(findings, policy.Deny("broken", m.String()+" reads otherwise").On(m))
		}
		for n := range c.Findings {
			mark := fmt.Sprintf("%s %d ", m, n)
			long := mark + strings.Repeat("x", c.Long)
			findings = append(findings, policy.Note("fine", long).On(m).At("go.mod", uint32(n+1)).
				Advise(mark+"advice").Link("https://example.com/"+m.Path).With("digest", digests[i]).With("n", fmt.Sprint(n)))
		}
		runtime.GC()
	}
	return findings, nil
}

func digest(bundle policy.Bundle, m policy.Module) string {
	hash := sha256.New()
	mod, err := bundle.GoMod(m)
	fmt.Fprintln(hash, m, mod, err)
	files, err := bundle.Files(m)
	fmt.Fprintln(hash, err)
	for n, file := range files {
		whole, err := policy.ReadFile(bundle, m, file.Path)
		if err == nil && uint64(len(whole)) != file.Size {
			panic(fmt.Sprintf("%s %s: %d bytes of %d", m, file.Path, len(whole), file.Size))
		}
		if n == 0 && len(whole) > 1 {
			part, err := bundle.ReadAt(m, file.Path, 1, 10)
			if err != nil || !bytes.HasPrefix(whole[1:], part) {
				panic("a part is not that of the whole")
			}
		}
		fmt.Fprintln(hash, file, err)
		hash.Write(whole)
		if n%16 == 0 {
			runtime.Gosched()
		}
		if n > 200 {
			break
		}
	}
	_, err = bundle.ReadAt(m, "no/such/file", 0, 1)
	fmt.Fprintln(hash, err)
	return hex.EncodeToString(hash.Sum(nil))
}

func failure(kind string, bundle policy.Bundle) error {
	switch kind {
	case "config":
		return &policy.ConfigError{Pointer: "/fail", Message: "is to fail"}
	case "data":
		_, err := bundle.DataInfo("optional")
		return fmt.Errorf("without it: %w", err)
	case "input":
		return fmt.Errorf("the bundle is odd, \xff")
	case "read":
		_, err := bundle.ReadAt(bundle.Modules()[0], "go.mod", 1<<20, 1)
		return err
	}
	return nil
}

// told is what differs between machines, and runs, everywhere else.
func told(c config) []policy.Finding {
	if c.Seeds {
		order := ""
		for key := range map[string]int{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5} {
			order += key
		}
		return []policy.Finding{policy.Note("fine", fmt.Sprint(rand.Uint64(), order, time.Now().UnixNano()))}
	}
	start := time.Now()
	time.Sleep(time.Hour)
	slept := time.Since(start)
	n, err := fmt.Println("this goes nowhere")
	_, missing := os.ReadFile("/etc/passwd")
	said := fmt.Sprintf("year %d, slept %v, printed %d %v, env %v, args %v, %v",
		start.UTC().Year(), slept.Round(time.Minute), n, err, os.Environ(), os.Args, missing)
	return []policy.Finding{policy.Note("fine", said)}
}
