package policy

import (
	"path"
	"strings"
)

// Match says whether a module path matches a pattern as in GOPRIVATE: the
// elements of the pattern match the first elements of the path, "*", "?" and
// "[a-z]" within one element. A pattern that does not read matches nothing.
func Match(pattern, module string) bool {
	elements := strings.Count(pattern, "/") + 1
	prefix := module
	for at := range len(module) {
		if module[at] != '/' {
			continue
		}
		if elements--; elements == 0 {
			prefix = module[:at]
			break
		}
	}
	if strings.Count(prefix, "/") != strings.Count(pattern, "/") {
		return false
	}
	matched, err := path.Match(pattern, prefix)
	return err == nil && matched
}
