package policy

import (
	"strings"
	"unicode/utf8"
)

// valid is s in UTF-8, for a host takes nothing else.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
