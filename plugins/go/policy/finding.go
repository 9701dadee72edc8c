package policy

import (
	"errors"
	"strconv"
)

// Verdict is what is to be done about a finding.
type Verdict uint8

// The verdicts, by strictness.
const (
	VerdictAllow Verdict = iota // worth knowing, no reason to stop
	VerdictWarn                 // passes with a warning
	VerdictDeny                 // refuses the bundle
)

func (v Verdict) String() string {
	switch v {
	case VerdictAllow:
		return "allow"
	case VerdictWarn:
		return "warn"
	case VerdictDeny:
		return "deny"
	}
	return "unknown verdict"
}

// UnmarshalText reads "allow", "warn" or "deny", as a config has them.
func (v *Verdict) UnmarshalText(text []byte) error {
	for each := VerdictAllow; each <= VerdictDeny; each++ {
		if each.String() == string(text) {
			*v = each
			return nil
		}
	}
	return errors.New(strconv.Quote(string(text)) + " is none of allow, warn, deny")
}

// Finding is one thing that a plugin has to say about a bundle. airgo sorts
// findings itself, so that their order is of no matter.
type Finding struct {
	Verdict Verdict
	Rule    string  // the ID of a rule of the description
	Module  *Module // nil speaks of the bundle as a whole
	File    string  // a file of that module, or ""
	Line    uint32  // a line of that file from 1, or 0
	Message string  // what was found, in one sentence
	Advice  string  // what to do about it, in one sentence, or ""
	URL     string  // a page about it, or ""
	// Attributes are for machines that read the report.
	Attributes Attributes
}

// Deny is a finding that refuses the bundle.
func Deny(rule, message string) Finding { return New(VerdictDeny, rule, message) }

// Warn is a finding with which the bundle passes.
func Warn(rule, message string) Finding { return New(VerdictWarn, rule, message) }

// Note is a finding worth knowing that is no reason to stop.
func Note(rule, message string) Finding { return New(VerdictAllow, rule, message) }

// New is a finding about the bundle as a whole; the methods narrow it.
func New(verdict Verdict, rule, message string) Finding {
	return Finding{Verdict: verdict, Rule: rule, Message: message}
}

// On says which module the finding speaks of.
func (f Finding) On(m Module) Finding {
	f.Module = &m
	return f
}

// At says which file of the module, and which line of it; 0 is no line.
func (f Finding) At(file string, line uint32) Finding {
	f.File, f.Line = file, line
	return f
}

// Advise says what to do about it.
func (f Finding) Advise(advice string) Finding {
	f.Advice = advice
	return f
}

// Link names a page about it.
func (f Finding) Link(url string) Finding {
	f.URL = url
	return f
}

// With adds an attribute.
func (f Finding) With(name, value string) Finding {
	// A copy, so that findings made from one another share nothing.
	f.Attributes = append(f.Attributes[:len(f.Attributes):len(f.Attributes)], Attribute{name, value})
	return f
}
