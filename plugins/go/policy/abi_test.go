package policy

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/airgo-dev/airgo/plugins/go/internal/abi"
)

// slab is a memory of its own.
type slab []byte

func (s *slab) Alloc(size, align uint32) uint32 {
	at := (uint32(len(*s)) + 7) &^ 7
	*s = append(*s, make([]byte, at+size-uint32(len(*s)))...)
	return at
}

func (s *slab) Bytes(addr, size uint32) []byte { return (*s)[addr:][:size:size] }

// newSlab has room enough never to move; nothing lies at 0.
func newSlab() *slab {
	s := make(slab, 8, 1<<16)
	return &s
}

func TestAModuleIsReadWhole(t *testing.T) {
	mem := newSlab()
	b, _ := abi.New(mem, sizeModule, 8)
	b.SetU32(0, 7)
	b.SetString(4, "example.com/a")
	b.SetString(12, "v1.2.3")
	b.SetU8(20, 1)
	b.SetString(24, "example.com/fork")
	b.SetString(32, "v1.2.4")
	b.SetString(40, "h1:zip")
	b.SetString(48, "h1:mod")
	b.SetU64(56, 1<<33)
	b.SetOptionalString(64, "2026-01-02T03:04:05Z")
	b.SetBool(76, true)
	abi.SetList(b, 80, sizeAttribute, 4, Attributes{{"go-version", "1.24"}}, func(b abi.Block, a Attribute) {
		b.SetString(0, a.Name)
		b.SetString(8, a.Value)
	})
	want := Module{
		Index: 7, Path: "example.com/a", Version: "v1.2.3",
		ReplacedBy: &ModuleRef{"example.com/fork", "v1.2.4"},
		Sum:        "h1:zip", GoModSum: "h1:mod", ZipSize: 1 << 33,
		Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Direct: true,
		Attributes: Attributes{{"go-version", "1.24"}},
	}
	if got := liftModule(b); !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	bare, _ := abi.New(mem, sizeModule, 8)
	if got := liftModule(bare); got.ReplacedBy != nil || !got.Time.IsZero() || got.Attributes != nil {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestPlansAndFacts(t *testing.T) {
	mem := newSlab()
	b, _ := abi.New(mem, sizeGather, 8)
	b.SetString(0, "plan")
	b.From(8).SetString(4, "example.com/a")
	b.From(8).SetU64(56, 1<<33)
	plan, module := liftGather(b)
	if plan != "plan" || module.Path != "example.com/a" || module.ZipSize != 1<<33 {
		t.Errorf("%q %+v", plan, module)
	}
	for _, c := range []struct {
		plan   string
		wanted bool
		want   string
	}{{"", false, "0 "}, {"", true, "1 "}, {"deep", true, "1 deep"}} {
		b := abi.At(mem, lowerPlan(mem, c.plan, c.wanted), sizePlan)
		if got := fmt.Sprint(b.U8(0), " ", b.String(4)); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	for _, c := range []struct {
		fact []byte
		err  error
		want string
	}{{nil, nil, "0 "}, {[]byte{0xff}, nil, "0 \xff"}, {[]byte("x"), errors.New("odd"), "1 odd"}} {
		b := abi.At(mem, lowerFact(mem, c.fact, c.err), sizeFact)
		if got := fmt.Sprint(b.U8(0), " ", b.String(4)); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestReadErrors(t *testing.T) {
	mem := newSlab()
	for code, want := range []error{ErrNotFound, ErrOutOfRange, ErrTooLarge, ErrCorrupt} {
		b, _ := abi.New(mem, sizeResult, 8)
		b.SetU8(0, 1)
		b.SetU8(8, uint8(code))
		if code == 2 {
			b.SetU64(16, 1<<24)
		}
		if code == 3 {
			b.SetString(16, "no zip")
		}
		_, err := liftResult(b, "a@v1 x", false, func(abi.Block) string { return "" })
		if !errors.Is(err, want) {
			t.Errorf("%d: %v", code, err)
		}
	}
	b, _ := abi.New(mem, sizeResult, 8)
	b.SetString(8, "text")
	text, err := liftResult(b, "a@v1 x", false, func(b abi.Block) string { return b.String(0) })
	if text != "text" || err != nil {
		t.Errorf("%q %v", text, err)
	}
}

func TestAFindingIsWrittenWhole(t *testing.T) {
	mem := newSlab()
	b, _ := abi.New(mem, sizeFinding, 4)
	finding := Deny("rule", "message").On(Module{Index: 9}).At("go.mod", 3).Advise("do").Link("https://x").With("k", "v")
	lowerFinding(b, finding)
	text := func(offset uint32) string { return b.String(offset) }
	got := fmt.Sprintln(b.U8(0), text(4), b.U8(12), b.U32(16), b.U8(20), text(24), b.U8(32), b.U32(36), text(40),
		b.U8(48), text(52), b.U8(60), text(64), liftAttributes(b, 72))
	if want := "2 rule 1 9 1 go.mod 1 3 message 1 do 1 https://x [{k v}]\n"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	bare, _ := abi.New(mem, sizeFinding, 4)
	lowerFinding(bare, Note("r", "m"))
	if bare.U8(0)|bare.U8(12)|bare.U8(20)|bare.U8(32)|bare.U8(48)|bare.U8(60) != 0 || bare.U32(76) != 0 {
		t.Error("a note has more than a rule and a message")
	}
}

func TestWhoseFaultAnErrorIs(t *testing.T) {
	read := &ReadError{What: "data source", Data: true, Err: ErrNotFound}
	for _, c := range []struct {
		err  error
		code uint8
		text string
	}{
		{&ConfigError{"/a", "is wrong"}, 0, "/a"},
		{fmt.Errorf("so: %w", &ConfigError{"", "is wrong"}), 0, ""},
		{&DataError{errors.New("old")}, 1, "old"},
		{fmt.Errorf("so: %w", read), 1, "so: data source: not found"},
		{&ReadError{What: "a@v1 x", Err: ErrNotFound}, 2, "a@v1 x: not found"},
		{errors.New("odd"), 2, "odd"},
	} {
		mem := newSlab()
		b := abi.At(mem, lowerChecked(mem, nil, c.err), sizeChecked)
		if b.U8(0) != 1 || b.U8(4) != c.code || b.String(8) != c.text {
			t.Errorf("%v: %d %d %q", c.err, b.U8(0), b.U8(4), b.String(8))
		}
	}
}

func TestADescriptionWithoutSchemaAllowsNoConfig(t *testing.T) {
	mem := newSlab()
	d := Description{Name: "n", Rules: []Rule{{ID: "r", URL: "u"}}, Data: []DataNeed{{Name: "d", Required: true}}}
	b := abi.At(mem, lowerDescription(mem, d), sizeDescription)
	if got := b.String(24); got != NoConfig {
		t.Errorf("schema %q", got)
	}
	rules := abi.List(b, 32, sizeRule, func(b abi.Block) string { u, _ := b.OptionalString(24); return b.String(0) + u })
	needs := abi.List(b, 40, sizeDataNeed, func(b abi.Block) string { return fmt.Sprint(b.String(0), b.U8(16)) })
	if got := fmt.Sprint(rules, needs); got != "[ru] [d1]" {
		t.Error(got)
	}
}
