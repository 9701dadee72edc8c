package policy

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// What a [ReadError] wraps.
var (
	ErrNotFound   = errors.New("not found")
	ErrOutOfRange = errors.New("the offset lies beyond the end")
	// ErrTooLarge is more than the host hands over in one call; see
	// [ReadError].Limit.
	ErrTooLarge = errors.New("too large for one call")
	ErrCorrupt  = errors.New("corrupt")
)

// ReadError says why something cannot be read.
type ReadError struct {
	// What was to be read: a module with a path, or "data source NAME".
	What string
	// Data says that it was a data source.
	Data bool
	// Limit is the bytes that one call may ask for, with [ErrTooLarge].
	Limit uint64
	// Detail says what is wrong, with [ErrCorrupt].
	Detail string
	// Err is one of the errors of this package.
	Err error
}

func (e *ReadError) Error() string {
	text := e.What + ": " + e.Err.Error()
	if e.Limit > 0 {
		text += ", which may have " + strconv.FormatUint(e.Limit, 10) + " bytes"
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

func (e *ReadError) Unwrap() error { return e.Err }

// ConfigError says what is wrong in the config.
type ConfigError struct {
	// Pointer is a JSON Pointer (RFC 6901) into the config; "" is all of it.
	Pointer string
	Message string
}

func (e *ConfigError) Error() string {
	if e.Pointer == "" {
		return "config: " + e.Message
	}
	return "config " + e.Pointer + ": " + e.Message
}

// DataError says that a data source is missing, or does not read as what it
// should be.
type DataError struct{ Err error }

func (e *DataError) Error() string { return e.Err.Error() }

func (e *DataError) Unwrap() error { return e.Err }

// Config is the config of the policy file: a JSON object.
type Config string

// Decode stores the config in the value that to points to. A field that it does
// not know is an error: a misspelt field that is ignored is a policy that does
// not hold. The error is a [*ConfigError].
func (c Config) Decode(to any) error {
	decoder := json.NewDecoder(strings.NewReader(string(c)))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(to)
	if err == nil {
		if _, rest := decoder.Token(); rest == io.EOF {
			return nil
		}
		err = errors.New("something follows the object")
	}
	failed := &ConfigError{Message: strings.TrimPrefix(err.Error(), "json: ")}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		failed.Pointer = "/" + strings.ReplaceAll(wrong.Field, ".", "/")
		failed.Message = "is a " + wrong.Value + ", not a " + wrong.Type.String()
	}
	return failed
}
