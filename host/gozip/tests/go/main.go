// Compresses what tests hand it, with the standard library that built it.
//
// main flate|zip INPUT OUTPUT, or main speed INPUT. INPUT is one entry after the
// other: length and bytes of a name, length and bytes of a content, lengths in 32
// bits with the low byte first. flate writes for each entry length and bytes of
// the stream, zip one zip of all of them, speed prints seconds of CPU.
package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"os"
	"syscall"
	"time"
)

type entry struct {
	name    string
	content []byte
}

func main() {
	entries := read(os.Args[2])
	switch os.Args[1] {
	case "flate":
		flates(entries, os.Args[3])
	case "zip":
		out := create(os.Args[3])
		zips(entries, out)
		check(out.Flush())
	case "speed":
		var streams bytes.Buffer
		w, err := flate.NewWriter(&streams, 5)
		check(err)
		start := cpu()
		for _, e := range entries {
			streams.Reset()
			w.Reset(&streams)
			_, err := w.Write(e.content)
			check(err)
			check(w.Close())
		}
		fmt.Println((cpu() - start).Seconds())
	default:
		log.Fatalf("no mode %s", os.Args[1])
	}
}

func cpu() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// flates makes each stream twice: from pieces as io.Copy cuts them, which is what
// x/mod/zip does, and by a writer that was used before, as archive/zip keeps them.
func flates(entries []entry, path string) {
	out := create(path)
	var copied bytes.Buffer
	used, err := flate.NewWriter(&copied, 5)
	check(err)
	for _, e := range entries {
		var whole bytes.Buffer
		fresh, err := flate.NewWriter(&whole, 5)
		check(err)
		_, err = fresh.Write(e.content)
		check(err)
		check(fresh.Close())
		copied.Reset()
		used.Reset(&copied)
		_, err = io.Copy(onlyWriter{used}, io.LimitReader(bytes.NewReader(e.content), int64(len(e.content))+1))
		check(err)
		check(used.Close())
		if !bytes.Equal(whole.Bytes(), copied.Bytes()) {
			log.Fatalf("%s: pieces make a difference to Go", e.name)
		}
		check(binary.Write(out, binary.LittleEndian, uint32(whole.Len())))
		_, err = out.Write(whole.Bytes())
		check(err)
	}
	check(out.Flush())
}

type onlyWriter struct{ io.Writer }

func zips(entries []entry, out io.Writer) {
	z := zip.NewWriter(out)
	for _, e := range entries {
		w, err := z.Create(e.name)
		check(err)
		_, err = w.Write(e.content)
		check(err)
	}
	check(z.Close())
}

func read(path string) []entry {
	data, err := os.ReadFile(path)
	check(err)
	next := func() []byte {
		n := binary.LittleEndian.Uint32(data)
		bytes := data[4 : 4+n]
		data = data[4+n:]
		return bytes
	}
	var entries []entry
	for len(data) > 0 {
		name := string(next())
		entries = append(entries, entry{name, next()})
	}
	return entries
}

func create(path string) *bufio.Writer {
	f, err := os.Create(path)
	check(err)
	return bufio.NewWriter(f)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
