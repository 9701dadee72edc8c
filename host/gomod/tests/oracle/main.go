// The oracle answers questions about module rules with the code of
// golang.org/x/mod itself. The tests copy that code from the installed Go,
// where the go command vendors it, and build this program against it.
//
// Every line of standard input is a JSON array: the name of a question, then
// its arguments. Every line of standard output is the answer, a JSON array of
// arrays of strings.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"os"
	"path"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

type rows [][]string

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var question []string
		if err := json.Unmarshal(line, &question); err != nil {
			panic(err)
		}
		encoder.Encode(answer(question[0], question[1:]))
		out.Flush()
	}
}

func answer(name string, a []string) rows {
	switch name {
	case "main", "dependency", "work":
		return file(name, decode(a[0]))
	case "module_path":
		return one(modfile.ModulePath(decode(a[0])))
	case "check_path":
		return fails(module.CheckPath(a[0]))
	case "check_import_path":
		return fails(module.CheckImportPath(a[0]))
	case "check_file_path":
		return fails(module.CheckFilePath(a[0]))
	case "check":
		return fails(module.Check(a[0], a[1]))
	case "split_path_version":
		prefix, major, ok := module.SplitPathVersion(a[0])
		if !ok {
			return one("no")
		}
		return rows{{prefix, major}}
	case "check_path_major":
		return fails(module.CheckPathMajor(a[0], a[1]))
	case "canonical_version":
		return one(module.CanonicalVersion(a[0]))
	case "escape_path":
		return result(module.EscapePath(a[0]))
	case "escape_version":
		return result(module.EscapeVersion(a[0]))
	case "unescape_path":
		return result(module.UnescapePath(a[0]))
	case "unescape_version":
		return result(module.UnescapeVersion(a[0]))
	case "match_prefix_patterns":
		return one(fmt.Sprint(module.MatchPrefixPatterns(a[0], a[1])))
	case "path_match":
		matched, err := path.Match(a[0], a[1])
		return one(fmt.Sprint(matched && err == nil))
	case "semver":
		v := a[0]
		return rows{{fmt.Sprint(semver.IsValid(v)), semver.Canonical(v), semver.Major(v), semver.MajorMinor(v), semver.Prerelease(v), semver.Build(v)}}
	case "semver_compare":
		return one(strconv.Itoa(semver.Compare(a[0], a[1])))
	case "pseudo":
		v := a[0]
		if !module.IsPseudoVersion(v) {
			return one("no")
		}
		time, err := module.PseudoVersionTime(v)
		row := []string{text(time.Format("2006-01-02T15:04:05Z"), err)}
		row = append(row, text(module.PseudoVersionRev(v)))
		row = append(row, text(module.PseudoVersionBase(v)))
		return rows{row}
	case "gover":
		v := "go" + a[0]
		return rows{{fmt.Sprint(version.IsValid(v)), strings.TrimPrefix(version.Lang(v), "go")}}
	case "gover_compare":
		return one(strconv.Itoa(version.Compare("go"+a[0], "go"+a[1])))
	case "quote":
		return one(strconv.Quote(a[0]))
	case "unquote":
		return result(strconv.Unquote(a[0]))
	case "unicode":
		return rows{{unicode.Version}, ranges(unicode.IsLetter), ranges(unicode.IsPrint), ranges(unicode.IsSpace)}
	}
	return answerLog(name, a)
}

func one(s string) rows { return rows{{s}} }

func fails(err error) rows {
	if err != nil {
		return rows{{"error", err.Error()}}
	}
	return rows{}
}

func result(s string, err error) rows { return rows{{text(s, err)}} }

func text(s string, err error) string {
	if err != nil {
		return "error " + err.Error()
	}
	return s
}

func ranges(in func(rune) bool) []string {
	var out []string
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if in(r) && (r == 0 || !in(r-1)) {
			out = append(out, strconv.Itoa(int(r)))
		}
		if !in(r) && r > 0 && in(r-1) {
			out = append(out, strconv.Itoa(int(r)))
		}
	}
	return out
}

// fix stands for the go command's version fixer: what that would ask a proxy
// for becomes a version that spells the question.
func fix(path, vers string) (string, error) {
	if strings.HasPrefix(path, "gopkg.in/") {
		if _, after, ok := strings.Cut(vers, "-gopkgin-"); ok {
			vers = after
		}
	}
	_, pathMajor, ok := module.SplitPathVersion(path)
	if !ok {
		return "", &module.ModuleError{Path: path, Err: &module.InvalidVersionError{Version: vers, Err: fmt.Errorf("malformed module path %q", path)}}
	}
	if vers == "" {
		return "", &module.ModuleError{Path: path, Err: &module.InvalidVersionError{Version: vers, Err: errors.New("must be of the form v1.2.3")}}
	}
	if module.CanonicalVersion(vers) == vers {
		if err := module.CheckPathMajor(vers, pathMajor); err != nil {
			return "", module.VersionError(module.Version{Path: path, Version: vers}, err)
		}
		return vers, nil
	}
	major := strings.TrimLeft(strings.TrimSuffix(pathMajor, "-unstable"), "./")
	if major == "" {
		major = "v0"
	}
	return major + ".0.0-query." + hex.EncodeToString([]byte(vers)) + "x", nil
}

func file(kind string, data []byte) rows {
	if kind == "work" {
		f, err := modfile.ParseWork("F", data, nil)
		if err != nil {
			return fileErrors(err)
		}
		out := directives(f.Go, f.Toolchain, f.Godebug, f.Replace)
		for _, u := range f.Use {
			out = append(out, row(u.Syntax, "use", u.Path))
		}
		return out
	}
	var f *modfile.File
	var err error
	if kind == "main" {
		f, err = modfile.Parse("F", data, fix)
	} else {
		f, err = modfile.ParseLax("F", data, nil)
	}
	if err != nil {
		return fileErrors(err)
	}
	out := directives(f.Go, f.Toolchain, f.Godebug, f.Replace)
	if m := f.Module; m != nil {
		out = append(out, row(m.Syntax, "module", m.Mod.Path, m.Deprecated))
	}
	for _, r := range f.Require {
		out = append(out, row(r.Syntax, "require", r.Mod.Path, r.Mod.Version, fmt.Sprint(r.Indirect)))
	}
	for _, x := range f.Exclude {
		out = append(out, row(x.Syntax, "exclude", x.Mod.Path, x.Mod.Version))
	}
	for _, r := range f.Retract {
		out = append(out, row(r.Syntax, "retract", r.Low, r.High, r.Rationale))
	}
	for _, t := range f.Tool {
		out = append(out, row(t.Syntax, "tool", t.Path))
	}
	for _, i := range f.Ignore {
		out = append(out, row(i.Syntax, "ignore", i.Path))
	}
	return out
}

func directives(g *modfile.Go, t *modfile.Toolchain, debug []*modfile.Godebug, replace []*modfile.Replace) rows {
	out := rows{}
	if g != nil {
		out = append(out, row(g.Syntax, "go", g.Version))
	}
	if t != nil {
		out = append(out, row(t.Syntax, "toolchain", t.Name))
	}
	for _, d := range debug {
		out = append(out, row(d.Syntax, "godebug", d.Key, d.Value))
	}
	for _, r := range replace {
		out = append(out, row(r.Syntax, "replace", r.Old.Path, r.Old.Version, r.New.Path, r.New.Version))
	}
	return out
}

func row(line *modfile.Line, fields ...string) []string {
	return append(fields, fmt.Sprintf("%d:%d", line.Start.Line, line.Start.LineRune))
}

func fileErrors(err error) rows {
	list, ok := err.(modfile.ErrorList)
	if !ok {
		return rows{{"error", err.Error()}}
	}
	out := rows{}
	for _, e := range list {
		out = append(out, []string{"error", e.Error(), fmt.Sprintf("%d:%d", e.Pos.Line, e.Pos.LineRune)})
	}
	return out
}
