package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds nesting; CloudFormation and the framework stay far below.
const maxDepth = 200

// AppendJSON appends the node as compact JSON, map entries in their order.
func (n *Node) AppendJSON(dst []byte) []byte {
	if n == nil {
		return append(dst, "null"...)
	}
	switch n.Kind {
	case Bool, Number:
		return append(dst, n.Text...)
	case String:
		return appendString(dst, n.Text)
	case List:
		dst = append(dst, '[')
		for i, item := range n.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case Map:
		dst = append(dst, '{')
		for i, m := range n.Members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, m.Key), ':')
			dst = m.Value.AppendJSON(dst)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// JSON returns the node as indented JSON.
func (n *Node) JSON() []byte {
	var out bytes.Buffer
	if err := json.Indent(&out, n.AppendJSON(nil), "", "  "); err != nil {
		return n.AppendJSON(nil)
	}
	return out.Bytes()
}

func appendString(dst []byte, s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return append(dst, `""`...)
	}
	return append(dst, bytes.TrimRight(b.Bytes(), "\n")...)
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// parseJSON reads one JSON document with the positions of its values.
func parseJSON(file string, data []byte) (*Node, error) {
	p := &jsonReader{file: file, data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1}
	p.dec.UseNumber()
	n, err := p.value(0)
	if err != nil {
		return nil, p.fault(err)
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, p.fault(errors.New("there is text after the end of the document"))
	}
	return n, nil
}

type jsonReader struct {
	file string
	data []byte
	dec  *json.Decoder
	// offset, line and start are the last place that was turned into a line:
	// places only move forward, so that a document is counted once.
	offset, line, start int
}

func (p *jsonReader) fault(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	at := int(p.dec.InputOffset())
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && int(syntax.Offset) > at {
		at = int(syntax.Offset) - 1
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		at, err = len(p.data), errors.New("the document ends too early")
	}
	return Errorf(p.at(at), "not valid JSON: %v", err)
}

// at turns a byte offset into a position.
func (p *jsonReader) at(offset int) Position {
	offset = min(offset, len(p.data))
	for i := p.offset; i < offset; i++ {
		if p.data[i] == '\n' {
			p.line++
			p.start = i + 1
		}
	}
	p.offset = max(p.offset, offset)
	return Position{p.file, p.line, utf8.RuneCount(p.data[min(p.start, offset):offset]) + 1}
}

// next returns the position of the next token.
func (p *jsonReader) next() Position {
	i := int(p.dec.InputOffset())
	for i < len(p.data) && strings.IndexByte(" \t\r\n,:", p.data[i]) >= 0 {
		i++
	}
	return p.at(i)
}

func (p *jsonReader) value(depth int) (*Node, error) {
	if depth > maxDepth {
		return nil, Errorf(p.next(), "nested deeper than %d levels", maxDepth)
	}
	n := &Node{Pos: p.next()}
	tok, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok := tok.(type) {
	case bool:
		n.Kind, n.Text = Bool, fmt.Sprint(tok)
	case json.Number:
		n.Kind, n.Text = Number, tok.String()
	case string:
		n.Kind, n.Text = String, tok
	case json.Delim:
		if tok == '[' {
			return n, p.list(n, depth)
		}
		return n, p.object(n, depth)
	}
	return n, nil
}

func (p *jsonReader) list(n *Node, depth int) error {
	n.Kind = List
	for p.dec.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, err := p.dec.Token()
	return err
}

func (p *jsonReader) object(n *Node, depth int) error {
	n.Kind = Map
	seen := map[string]bool{}
	for p.dec.More() {
		pos := p.next()
		tok, err := p.dec.Token()
		if err != nil {
			return err
		}
		key, _ := tok.(string)
		if seen[key] {
			return Errorf(pos, "the key %q stands twice in one map", key)
		}
		seen[key] = true
		v, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.Members = append(n.Members, Member{key, pos, v})
	}
	_, err := p.dec.Token()
	return err
}
