package abi

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unsafe"
)

// slab is a memory that starts at an odd address and ends.
type slab struct{ bytes []byte }

const base = 4096

func (s *slab) Alloc(size, align uint32) uint32 {
	for (base+len(s.bytes))%int(align) != 0 {
		s.bytes = append(s.bytes, 0xAA)
	}
	addr := base + len(s.bytes)
	s.bytes = append(s.bytes, make([]byte, size)...)
	// Room that stays where it is, as memory does.
	if cap(s.bytes) < 1<<20 {
		s.bytes = append(make([]byte, 0, 1<<20), s.bytes...)
	}
	return uint32(addr)
}

func (s *slab) Bytes(addr, size uint32) []byte {
	if size == 0 {
		return nil
	}
	return s.bytes[addr-base:][:size:size]
}

func newSlab() *slab { return &slab{make([]byte, 0, 1<<20)} }

func TestLayoutIsThatOfTheCanonicalABI(t *testing.T) {
	mem := newSlab()
	b, addr := New(mem, 24, 8)
	if addr%8 != 0 {
		t.Fatalf("at %d, which is not aligned to 8", addr)
	}
	b.SetBool(0, true)
	b.SetU32(4, 0x01020304)
	b.SetString(8, "né")
	text := addr + 24
	want := []byte{1, 0, 0, 0, 4, 3, 2, 1, byte(text), byte(text >> 8), 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'n', 0xC3, 0xA9}
	if got := mem.bytes[addr-base:]; !bytes.Equal(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
}

func TestWhatIsWrittenReadsAgain(t *testing.T) {
	mem := newSlab()
	b, _ := New(mem, 64, 8)
	b.SetU64(0, 1<<40+7)
	b.SetString(8, "one")
	b.SetOptionalString(16, "two")
	b.SetOptionalString(28, "")
	words := []string{"", "a", strings.Repeat("long", 100)}
	SetList(b, 40, 8, 4, words, func(b Block, s string) { b.SetString(0, s) })
	SetList(b, 48, 8, 4, nil, func(Block, string) { t.Error("an empty list has an element") })

	if got := b.U64(0); got != 1<<40+7 {
		t.Errorf("u64: %d", got)
	}
	if got := b.String(8); got != "one" {
		t.Errorf("string: %q", got)
	}
	if got, is := b.OptionalString(16); !is || got != "two" {
		t.Errorf("some: %q %v", got, is)
	}
	if got, is := b.OptionalString(28); is {
		t.Errorf("none: %q", got)
	}
	read := func(b Block) string { return b.String(0) }
	if got := List(b, 40, 8, read); fmt.Sprint(got) != fmt.Sprint(words) {
		t.Errorf("list: %q", got)
	}
	if got := List(b, 48, 8, read); got != nil {
		t.Errorf("empty list: %q", got)
	}
}

func TestAHostGetsUTF8(t *testing.T) {
	mem := newSlab()
	b, _ := New(mem, 8, 4)
	b.SetString(0, "a\xffb")
	if got := b.String(0); got != "a\uFFFDb" {
		t.Errorf("%q", got)
	}
}

func TestAnArenaHandsOutNoByteTwice(t *testing.T) {
	var arena Arena
	type taken struct {
		bytes []byte
		mark  byte
	}
	var all []taken
	for i := range 4000 {
		size := uint32(i*7919%997 + 1)
		if i%500 == 0 {
			size = own + uint32(i)
		}
		align := uint32(1) << (i % 4)
		bytes := arena.Take(size, align)
		if uint32(len(bytes)) != size || cap(bytes) != len(bytes) {
			t.Fatalf("%d bytes of %d, room for %d", len(bytes), size, cap(bytes))
		}
		if at := uintptr(unsafe.Pointer(&bytes[0])); at%uintptr(align) != 0 {
			t.Fatalf("%x is not aligned to %d", at, align)
		}
		for _, b := range bytes {
			if b != 0 {
				t.Fatal("not zeroed")
			}
		}
		mark := byte(i%255) + 1
		for at := range bytes {
			bytes[at] = mark
		}
		all = append(all, taken{bytes, mark})
		if i%300 == 0 {
			arena.Done()
			runtime.GC()
		}
	}
	for _, each := range all {
		if bytes.Count(each.bytes, []byte{each.mark}) != len(each.bytes) {
			t.Fatal("somebody else wrote into it")
		}
	}
}

func TestAnArenaLetsGoOfWhatIsDone(t *testing.T) {
	var arena Arena
	for range 100 {
		arena.Take(1<<20, 8)
		arena.Done()
	}
	if len(arena.kept) > 1 {
		t.Errorf("%d pieces are kept", len(arena.kept))
	}
}
