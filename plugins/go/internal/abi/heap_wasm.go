package abi

import "unsafe"

// Heap is the linear memory that Go itself lives in.
type Heap struct{ Arena }

// Alloc is Take, as an address.
func (h *Heap) Alloc(size, align uint32) uint32 {
	if size == 0 {
		return align
	}
	return Address(h.Take(size, align))
}

// Bytes is the memory from addr.
func (*Heap) Bytes(addr, size uint32) []byte {
	if size == 0 {
		// The address is then any number: Go throws where it meets one that
		// cannot be a pointer.
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(nil), addr)), size)
}

// Address is where bytes lie. What they are in has to be kept alive.
func Address(bytes []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(bytes)))) }
