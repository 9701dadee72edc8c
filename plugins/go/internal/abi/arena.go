package abi

// Arena hands out pieces of Go's own heap and keeps them alive until it is told
// that they are done with. It never hands out a byte twice: what was read in
// place may be kept for as long as one likes, for a string that lies in a piece
// keeps the piece alive.
//
// Go's collector does not move what is on the heap. It also does not see an
// address that was written as a number, which is why a piece has to be kept.
type Arena struct {
	piece []byte   // the rest of the newest piece
	kept  [][]byte // all pieces in which something was handed out
}

const (
	pieceSize = 64 << 10
	// own is the size from which on something gets a piece of its own.
	own = pieceSize / 4
)

// Take gives zeroed bytes at an address that is a multiple of align, which is a
// power of two and at most eight.
func (a *Arena) Take(size, align uint32) []byte {
	if size >= own {
		piece := words(size)
		a.kept = append(a.kept, piece)
		return piece[:size:size]
	}
	// The end of a piece is aligned to eight, so that the rest tells.
	skip := uint32(len(a.piece)) & (align - 1)
	if uint32(len(a.piece)) < skip+size {
		a.piece = words(pieceSize)
		a.kept = append(a.kept, a.piece)
		skip = 0
	}
	taken := a.piece[skip : skip+size : skip+size]
	a.piece = a.piece[skip+size:]
	return taken
}

// Done says that nobody outside of Go needs what was handed out.
func (a *Arena) Done() {
	clear(a.kept)
	a.kept = a.kept[:0]
	if len(a.piece) > 0 {
		// What is handed out next may lie in it.
		a.kept = append(a.kept, a.piece)
	}
}
