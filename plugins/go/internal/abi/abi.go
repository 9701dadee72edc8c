// Package abi reads and writes memory as the canonical ABI of the component
// model lays it out: https://github.com/WebAssembly/component-model, "Canonical
// ABI". Addresses and lengths have four bytes, everything is little-endian and
// aligned to its size.
//
// It knows nothing of a real memory, so that it is tested on any machine.
package abi

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// Memory is a linear memory.
type Memory interface {
	// Alloc gives zeroed bytes that nobody else has; they stay as they are at
	// least until the call that they are for is over.
	Alloc(size, align uint32) (addr uint32)
	// Bytes is the memory from addr.
	Bytes(addr, size uint32) []byte
}

// Block is a value in memory: a record, a variant, an element of a list.
type Block struct {
	mem   Memory
	bytes []byte
}

// At is the block of a size that lies at an address.
func At(mem Memory, addr, size uint32) Block { return Block{mem, mem.Bytes(addr, size)} }

// New is a new block, and where it lies.
func New(mem Memory, size, align uint32) (Block, uint32) {
	addr := mem.Alloc(size, align)
	return At(mem, addr, size), addr
}

// From is the part of a block from an offset.
func (b Block) From(offset uint32) Block { return Block{b.mem, b.bytes[offset:]} }

// U8 reads a byte: a bool, an enum, the case of a variant.
func (b Block) U8(offset uint32) uint8 { return b.bytes[offset] }

// U32 reads four bytes.
func (b Block) U32(offset uint32) uint32 { return binary.LittleEndian.Uint32(b.bytes[offset:]) }

// U64 reads eight bytes.
func (b Block) U64(offset uint32) uint64 { return binary.LittleEndian.Uint64(b.bytes[offset:]) }

// ByteList reads a list<u8>. The bytes are those in memory: nothing is copied.
func (b Block) ByteList(offset uint32) []byte {
	return b.mem.Bytes(b.U32(offset), b.U32(offset+4))
}

// String reads a string. The bytes are those in memory, which the memory must
// not hand out again.
func (b Block) String(offset uint32) string {
	bytes := b.ByteList(offset)
	return unsafe.String(unsafe.SliceData(bytes), len(bytes))
}

// OptionalString reads an option<string>.
func (b Block) OptionalString(offset uint32) (string, bool) {
	if b.U8(offset) == 0 {
		return "", false
	}
	return b.String(offset + 4), true
}

// List reads a list of blocks of a size.
func List[T any](b Block, offset, size uint32, read func(Block) T) []T {
	addr, count := b.U32(offset), b.U32(offset+4)
	if count == 0 {
		return nil
	}
	all := Block{b.mem, b.mem.Bytes(addr, count*size)}
	list := make([]T, count)
	for i := range list {
		at := uint32(i) * size
		list[i] = read(Block{b.mem, all.bytes[at : at+size]})
	}
	return list
}

// SetU8 writes a byte.
func (b Block) SetU8(offset uint32, v uint8) { b.bytes[offset] = v }

// SetBool writes a bool.
func (b Block) SetBool(offset uint32, v bool) {
	if v {
		b.bytes[offset] = 1
	}
}

// SetU32 writes four bytes.
func (b Block) SetU32(offset uint32, v uint32) { binary.LittleEndian.PutUint32(b.bytes[offset:], v) }

// SetU64 writes eight bytes.
func (b Block) SetU64(offset uint32, v uint64) { binary.LittleEndian.PutUint64(b.bytes[offset:], v) }

// SetString writes a string. A host takes nothing but UTF-8: what is not
// becomes U+FFFD.
func (b Block) SetString(offset uint32, s string) {
	if s == "" {
		return
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	size := uint32(len(s))
	addr := b.mem.Alloc(size, 1)
	copy(b.mem.Bytes(addr, size), s)
	b.SetU32(offset, addr)
	b.SetU32(offset+4, size)
}

// SetByteList writes a list<u8>.
func (b Block) SetByteList(offset uint32, bytes []byte) {
	if len(bytes) == 0 {
		return
	}
	size := uint32(len(bytes))
	addr := b.mem.Alloc(size, 1)
	copy(b.mem.Bytes(addr, size), bytes)
	b.SetU32(offset, addr)
	b.SetU32(offset+4, size)
}

// SetOptionalString writes an option<string>, which is none where s is empty.
func (b Block) SetOptionalString(offset uint32, s string) {
	if s != "" {
		b.SetU8(offset, 1)
		b.SetString(offset+4, s)
	}
}

// SetList writes a list of blocks of a size and alignment.
func SetList[T any](b Block, offset, size, align uint32, list []T, write func(Block, T)) {
	if len(list) == 0 {
		return
	}
	count := uint32(len(list))
	all, addr := New(b.mem, count*size, align)
	for i, each := range list {
		at := uint32(i) * size
		write(Block{b.mem, all.bytes[at : at+size]}, each)
	}
	b.SetU32(offset, addr)
	b.SetU32(offset+4, count)
}
