package abi

import "unsafe"

// words is memory of at least a size that begins and ends at a multiple of
// eight.
func words(size uint32) []byte {
	count := (int(size) + 7) / 8
	memory := make([]uint64, max(count, 1))
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(memory))), count*8)
}
