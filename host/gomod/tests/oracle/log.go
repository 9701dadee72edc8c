package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Questions about notes, logs and checksum databases.
func answerLog(name string, a []string) rows {
	switch name {
	case "note_open":
		var verifiers []note.Verifier
		for _, key := range strings.Fields(a[0]) {
			v, err := note.NewVerifier(key)
			if err != nil {
				return one("error key: " + err.Error())
			}
			verifiers = append(verifiers, v)
		}
		n, err := note.Open(decode(a[1]), note.VerifierList(verifiers...))
		if err != nil {
			return one("error " + err.Error())
		}
		return rows{{n.Text}, names(n.Sigs), names(n.UnverifiedSigs)}
	case "note_sign":
		signer, err := note.NewSigner(a[0])
		if err != nil {
			return one("error " + err.Error())
		}
		msg, err := note.Sign(&note.Note{Text: a[1]}, signer)
		return one(text(string(msg), err))
	case "stored_hash_index":
		i := tlog.StoredHashIndex(int(number(a[0])), number(a[1]))
		level, n := tlog.SplitStoredHashIndex(i)
		return rows{{fmt.Sprint(i), fmt.Sprint(level), fmt.Sprint(n)}}
	case "stored_hash_count":
		return one(fmt.Sprint(tlog.StoredHashCount(number(a[0]))))
	case "tree_hash":
		h, err := tlog.TreeHash(number(a[0]), records(number(a[0])))
		return one(text(h.String(), err))
	case "prove_record":
		proof, err := tlog.ProveRecord(number(a[0]), number(a[1]), records(number(a[0])))
		return hashes(proof, err)
	case "prove_tree":
		proof, err := tlog.ProveTree(number(a[0]), number(a[1]), records(number(a[0])))
		return hashes(proof, err)
	case "tile_path":
		t, err := tlog.ParseTilePath(a[0])
		if err != nil {
			return one("error " + err.Error())
		}
		return rows{{fmt.Sprint(t.H), fmt.Sprint(t.L), fmt.Sprint(t.N), fmt.Sprint(t.W)}}
	case "new_tiles":
		var out []string
		for _, t := range tlog.NewTiles(int(number(a[0])), number(a[1]), number(a[2])) {
			out = append(out, t.Path())
		}
		return rows{out}
	case "parse_tree":
		t, err := tlog.ParseTree(decode(a[0]))
		if err != nil {
			return one("error " + err.Error())
		}
		return rows{{fmt.Sprint(t.N), t.Hash.String()}}
	case "parse_record":
		id, text, rest, err := tlog.ParseRecord(decode(a[0]))
		if err != nil {
			return one("error " + err.Error())
		}
		return rows{{fmt.Sprint(id), string(text), string(rest)}}
	case "serve":
		return serve(a[0], a[1])
	case "offline_lookup":
		client := sumdb.NewClient(&offline{key: a[0], dir: a[1]})
		lines, err := client.Lookup(a[2], a[3])
		if err != nil {
			return one("error " + err.Error())
		}
		return rows{lines}
	}
	panic("no such question: " + name)
}

func decode(s string) []byte {
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return data
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func names(sigs []note.Signature) []string {
	out := []string{}
	for _, s := range sigs {
		out = append(out, fmt.Sprintf("%s+%08x", s.Name, s.Hash))
	}
	return out
}

func hashes(list []tlog.Hash, err error) rows {
	if err != nil {
		return one("error " + err.Error())
	}
	out := []string{}
	for _, h := range list {
		out = append(out, h.String())
	}
	return rows{out}
}

// records is the log whose n'th record is "record n".
func records(size int64) tlog.HashReader {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for n := int64(0); n < size; n++ {
		hashes, err := tlog.StoredHashes(n, fmt.Appendf(nil, "record %d", n), reader)
		if err != nil {
			panic(err)
		}
		stored = append(stored, hashes...)
	}
	return reader
}

// servers are checksum databases by their private keys. What they say of a
// module is made from its name and theirs.
var servers = map[string]*sumdb.TestServer{}

func serve(key, path string) (answer rows) {
	defer func() {
		if e := recover(); e != nil {
			answer = rows{{"error", fmt.Sprint(e)}}
		}
	}()
	server := servers[key]
	if server == nil {
		server = sumdb.NewTestServer(key, func(path, vers string) ([]byte, error) {
			if strings.Contains(path, "absent") {
				return nil, errors.New("not found")
			}
			sum := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%-32.32s", path+vers))
			return fmt.Appendf(nil, "%s %s h1:%s\n%s %s/go.mod h1:%s\n", path, vers, sum, path, vers, sum), nil
		})
		servers[key] = server
	}
	var data []byte
	var err error
	if lookup, ok := strings.CutPrefix(path, "/lookup/"); ok {
		data, err = lookupOn(server, lookup)
	} else if path == "/latest" {
		data, err = server.Signed(nil)
	} else {
		var tile tlog.Tile
		if tile, err = tlog.ParseTilePath(path[1:]); err == nil {
			data, err = server.ReadTileData(nil, tile)
		}
	}
	if err != nil {
		return rows{{"error", err.Error()}}
	}
	return rows{{"ok", base64.StdEncoding.EncodeToString(data)}}
}

func lookupOn(server *sumdb.TestServer, lookup string) ([]byte, error) {
	path, vers, _ := strings.Cut(lookup, "@")
	path, err := module.UnescapePath(path)
	if err != nil {
		return nil, err
	}
	vers, err = module.UnescapeVersion(vers)
	if err != nil {
		return nil, err
	}
	id, err := server.Lookup(nil, module.Version{Path: path, Version: vers})
	if err != nil {
		return nil, err
	}
	records, err := server.ReadRecords(nil, id, 1)
	if err != nil {
		return nil, err
	}
	msg, err := tlog.FormatRecord(id, records[0])
	if err != nil {
		return nil, err
	}
	signed, err := server.Signed(nil)
	return append(msg, signed...), err
}

// offline is a client's world made of files alone.
type offline struct {
	key, dir string
	latest   []byte
}

func (o *offline) ReadRemote(path string) ([]byte, error) {
	return nil, fmt.Errorf("offline: %s", path)
}

func (o *offline) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		return []byte(o.key), nil
	}
	return o.latest, nil
}

func (o *offline) WriteConfig(file string, old, new []byte) error {
	o.latest = new
	return nil
}

func (o *offline) ReadCache(file string) ([]byte, error) {
	_, rest, _ := strings.Cut(file, "/")
	return os.ReadFile(filepath.Join(o.dir, rest))
}

func (o *offline) WriteCache(file string, data []byte) {}
func (o *offline) Log(msg string)                      {}
func (o *offline) SecurityError(msg string)            { panic(msg) }
