package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/airgo-dev/airgo/plugins/go/policy"
	"github.com/airgo-dev/airgo/plugins/go/policytest"
)

func TestConfig(t *testing.T) {
	type config struct {
		Hosts []string `json:"hosts"`
		Deep  struct {
			Age int `json:"age"`
		} `json:"deep"`
	}
	for _, c := range []struct{ text, pointer, message string }{
		{`{"hosts":["a"],"deep":{"age":3}}`, "", ""},
		{`{}`, "", ""},
		{`{"hots":[]}`, "", `unknown field "hots"`},
		{`{"hosts":"a"}`, "/hosts", "is a string, not a []string"},
		{`{"deep":{"age":"old"}}`, "/deep/age", "is a string, not a int"},
		{`{} {}`, "", "something follows"},
	} {
		var to config
		err := policy.Config(c.text).Decode(&to)
		if c.message == "" {
			if err != nil {
				t.Errorf("%s: %v", c.text, err)
			}
			continue
		}
		var wrong *policy.ConfigError
		if !errors.As(err, &wrong) || wrong.Pointer != c.pointer || !strings.Contains(wrong.Message, c.message) {
			t.Errorf("%s: %#v", c.text, err)
		}
	}
}

func TestVerdictsInAConfig(t *testing.T) {
	var to struct{ Verdict policy.Verdict }
	if err := policy.Config(`{"verdict":"deny"}`).Decode(&to); err != nil || to.Verdict != policy.VerdictDeny {
		t.Errorf("%v %v", to.Verdict, err)
	}
	if err := policy.Config(`{"verdict":"perhaps"}`).Decode(&to); err == nil || !strings.Contains(err.Error(), "none of allow, warn, deny") {
		t.Error(err)
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, module string
		want            bool
	}{
		{"example.com", "example.com", true},
		{"example.com", "example.com/a/b", true},
		{"example.com/a", "example.com/ab", false},
		{"example.com/*", "example.com", false},
		{"example.com/*", "example.com/a", true},
		{"example.com/*", "example.com/a/b", true},
		{"*.example.com/x", "git.example.com/x/v2", true},
		{"*.example.com", "example.com/x", false},
		{"example.com/a/b/c", "example.com/a", false},
		{"[", "[", false},
		{"", "example.com", false},
	} {
		if got := policy.Match(c.pattern, c.module); got != c.want {
			t.Errorf("%q over %q: %v", c.pattern, c.module, got)
		}
	}
}

func TestFindingsMadeFromOneAnotherShareNothing(t *testing.T) {
	one := policy.Warn("r", "m").With("a", "1")
	two, three := one.With("b", "2"), one.With("b", "3")
	if two.Attributes.Get("b") != "2" || three.Attributes.Get("b") != "3" || len(one.Attributes) != 1 {
		t.Errorf("%v %v %v", one, two, three)
	}
}

func TestCodeIsWhatIsInTheBundle(t *testing.T) {
	m := policy.Module{Path: "a", Version: "v1"}
	if got := m.Code().String(); got != "a@v1" {
		t.Error(got)
	}
	m.ReplacedBy = &policy.ModuleRef{Path: "../dir"}
	if got := m.Code().String(); got != "a@v1" {
		t.Error(got)
	}
	m.ReplacedBy = &policy.ModuleRef{Path: "b", Version: "v2"}
	if got := m.Code().String(); got != "b@v2" {
		t.Error(got)
	}
}

func TestFactsSeeAModuleAlone(t *testing.T) {
	bundle := policytest.Of("a@v1", "b@v1", "c@v1")
	bundle.Contents[1].Files = map[string]string{"x": "of b"}
	bundle.Contents[2].ReplacedBy = &policy.ModuleRef{Path: "fork", Version: "v2"}
	bundle.Contents[2].Direct = true
	bundle.Before = bundle.Modules()
	facts := policy.Facts{
		Plan: func(c policy.Config) (string, bool) { return string(c), c != "" },
		Gather: func(plan string, m policy.Module, b policy.Bundle) ([]byte, error) {
			_, before := b.Baseline()
			if len(b.Modules()) != 1 || before || m.Index != 0 || m.Direct || !b.JudgedAt().IsZero() {
				t.Errorf("%+v sees more than itself", m)
			}
			if _, is := b.Gathered(m); is {
				t.Error("facts see facts")
			}
			if plan == "odd" {
				return nil, errors.New("cannot be known")
			}
			text, _ := policy.ReadFile(b, m, "x")
			return append([]byte(plan+m.String()), text...), nil
		},
	}
	if _, is := bundle.Gathered(bundle.Modules()[0]); is {
		t.Error("facts of nothing")
	}
	if err := bundle.Gather(facts, "p:"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"p:a@v1", "p:b@v1of b", "p:fork@v2"} {
		if fact, is := bundle.Gathered(bundle.Modules()[i]); string(fact) != want || !is {
			t.Errorf("%q %v, not %q", fact, is, want)
		}
	}
	if err := bundle.Gather(facts, "odd"); err == nil || err.Error() != "a@v1: cannot be known" {
		t.Error(err)
	}
	if err := bundle.Gather(facts, ""); err != nil {
		t.Error(err)
	}
	if _, is := bundle.Gathered(bundle.Modules()[0]); is {
		t.Error("a plan that wants nothing has facts")
	}
}

func TestFakeBundle(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	bundle := &policytest.Bundle{
		Contents: []policytest.Module{
			{Module: policy.Module{Path: "a", Version: "v1"}},
			{Module: policy.Module{Path: "b", Version: "v1"}, GoMod: "module b\n", Files: map[string]string{"z": "1", "long": long, "exact": long[:1<<20]}},
		},
		Sources: map[string]policytest.Source{"db": {Records: map[string]string{"": "all"}}},
	}
	b := bundle.Modules()[1]
	files, err := bundle.Files(b)
	if err != nil || len(files) != 3 || files[0].Path != "exact" || files[1].Size != 3<<20 {
		t.Errorf("%v %v", files, err)
	}
	for path, size := range map[string]int{"z": 1, "long": 3 << 20, "exact": 1 << 20} {
		if whole, err := policy.ReadFile(bundle, b, path); err != nil || len(whole) != size {
			t.Errorf("%s: %d %v", path, len(whole), err)
		}
	}
	if _, err := policy.ReadFile(bundle, b, "none"); !errors.Is(err, policy.ErrNotFound) || err.Error() != "b@v1 none: not found" {
		t.Error(err)
	}
	if _, err := bundle.GoMod(bundle.Modules()[0]); !errors.Is(err, policy.ErrNotFound) {
		t.Error(err)
	}
	if text, err := bundle.Data("db", ""); string(text) != "all" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	_, err = bundle.DataAt("db", "", 4, 1)
	var read *policy.ReadError
	if !errors.Is(err, policy.ErrOutOfRange) || !errors.As(err, &read) || !read.Data {
		t.Error(err)
	}
	if _, is := bundle.Baseline(); is {
		t.Error("a baseline of nothing")
	}
	if got := policytest.Of("x/y@v2.0.0").Modules()[0].String(); got != "x/y@v2.0.0" {
		t.Error(got)
	}
}
