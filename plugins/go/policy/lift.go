package policy

import (
	"time"

	"github.com/airgo-dev/airgo/plugins/go/internal/abi"
)

// What the records of policy.wit look like in memory: sizes, and offsets of
// their fields in the functions below.
const (
	sizeAttribute  = 16
	sizeModule     = 88
	sizeMainModule = 36
	sizeBundleInfo = 32
	sizeFile       = 16
	sizeString     = 8
	sizeList       = 8
	sizeResult     = 24 // result<string or list, read-error>
	sizeDataResult = 32 // result<data-info, read-error>
	sizeOptionList = 12
)

func liftAttribute(b abi.Block) Attribute { return Attribute{b.String(0), b.String(8)} }

func liftAttributes(b abi.Block, offset uint32) Attributes {
	return abi.List(b, offset, sizeAttribute, liftAttribute)
}

func liftModule(b abi.Block) Module {
	m := Module{
		Index:      b.U32(0),
		Path:       b.String(4),
		Version:    b.String(12),
		Sum:        b.String(40),
		GoModSum:   b.String(48),
		ZipSize:    b.U64(56),
		Time:       liftTime(b, 64),
		Direct:     b.U8(76) != 0,
		Attributes: liftAttributes(b, 80),
	}
	if b.U8(20) != 0 {
		m.ReplacedBy = &ModuleRef{b.String(24), b.String(32)}
	}
	return m
}

func liftModules(b abi.Block, offset uint32) []Module {
	return abi.List(b, offset, sizeModule, liftModule)
}

func liftMainModule(b abi.Block) MainModule {
	version, _ := b.OptionalString(8)
	return MainModule{
		Path:       b.String(0),
		GoVersion:  version,
		Imports:    abi.List(b, 20, sizeString, func(b abi.Block) string { return b.String(0) }),
		Attributes: liftAttributes(b, 28),
	}
}

func liftBundleInfo(b abi.Block) BundleInfo {
	return BundleInfo{
		ContentID:   b.String(0),
		MainModules: abi.List(b, 8, sizeMainModule, liftMainModule),
		Platforms:   abi.List(b, 16, sizeString, func(b abi.Block) string { return b.String(0) }),
		Attributes:  liftAttributes(b, 24),
	}
}

func liftFiles(b abi.Block, offset uint32) []File {
	return abi.List(b, offset, sizeFile, func(b abi.Block) File { return File{b.String(0), b.U64(8)} })
}

func liftDataInfo(b abi.Block) DataInfo {
	return DataInfo{SHA256: b.String(0), Date: liftTime(b, 8)}
}

// liftTime reads an option<string> that holds a time.
func liftTime(b abi.Block, offset uint32) time.Time {
	text, _ := b.OptionalString(offset)
	return parseTime(text)
}

// parseTime gives the zero time for what is none.
func parseTime(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// liftReadError reads a variant read-error.
func liftReadError(b abi.Block, what string, data bool) *ReadError {
	err := &ReadError{What: what, Data: data}
	switch b.U8(0) {
	case 0:
		err.Err = ErrNotFound
	case 1:
		err.Err = ErrOutOfRange
	case 2:
		err.Err, err.Limit = ErrTooLarge, b.U64(8)
	default:
		err.Err, err.Detail = ErrCorrupt, b.String(8)
	}
	return err
}

// liftResult reads a result whose payload begins at 8, as every one does that
// has a read-error.
func liftResult[T any](b abi.Block, what string, data bool, read func(abi.Block) T) (T, error) {
	payload := b.From(8)
	if b.U8(0) != 0 {
		var none T
		return none, liftReadError(payload, what, data)
	}
	return read(payload), nil
}
