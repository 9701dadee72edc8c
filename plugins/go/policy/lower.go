package policy

import (
	"errors"

	"github.com/airgo-dev/airgo/plugins/go/internal/abi"
)

const (
	sizeDescription = 48
	sizeRule        = 36
	sizeDataNeed    = 20
	sizeFinding     = 80
	sizeChecked     = 24 // result<list<finding>, check-error>
)

func lowerDescription(mem abi.Memory, d Description) uint32 {
	b, addr := abi.New(mem, sizeDescription, 4)
	schema := d.ConfigSchema
	if schema == "" {
		schema = NoConfig
	}
	b.SetString(0, d.Name)
	b.SetString(8, d.Version)
	b.SetString(16, d.Summary)
	b.SetString(24, schema)
	abi.SetList(b, 32, sizeRule, 4, d.Rules, func(b abi.Block, r Rule) {
		b.SetString(0, r.ID)
		b.SetString(8, r.Summary)
		b.SetString(16, r.Text)
		b.SetOptionalString(24, r.URL)
	})
	abi.SetList(b, 40, sizeDataNeed, 4, d.Data, func(b abi.Block, n DataNeed) {
		b.SetString(0, n.Name)
		b.SetString(8, n.Summary)
		b.SetBool(16, n.Required)
	})
	return addr
}

func lowerFinding(b abi.Block, f Finding) {
	b.SetU8(0, uint8(f.Verdict))
	b.SetString(4, f.Rule)
	if f.Module != nil {
		b.SetU8(12, 1)
		b.SetU32(16, f.Module.Index)
	}
	b.SetOptionalString(20, f.File)
	if f.Line != 0 {
		b.SetU8(32, 1)
		b.SetU32(36, f.Line)
	}
	b.SetString(40, f.Message)
	b.SetOptionalString(48, f.Advice)
	b.SetOptionalString(60, f.URL)
	abi.SetList(b, 72, sizeAttribute, 4, f.Attributes, func(b abi.Block, a Attribute) {
		b.SetString(0, a.Name)
		b.SetString(8, a.Value)
	})
}

func lowerChecked(mem abi.Memory, findings []Finding, err error) uint32 {
	b, addr := abi.New(mem, sizeChecked, 4)
	if err == nil {
		abi.SetList(b, 4, sizeFinding, 4, findings, lowerFinding)
		return addr
	}
	b.SetU8(0, 1)
	lowerCheckError(b.From(4), err)
	return addr
}

func lowerCheckError(b abi.Block, err error) {
	var config *ConfigError
	var data *DataError
	var read *ReadError
	switch {
	case errors.As(err, &config):
		b.SetU8(0, 0)
		b.SetString(4, config.Pointer)
		b.SetString(12, config.Message)
	case errors.As(err, &data), errors.As(err, &read) && read.Data:
		b.SetU8(0, 1)
		b.SetString(4, err.Error())
	default:
		b.SetU8(0, 2)
		b.SetString(4, err.Error())
	}
}
