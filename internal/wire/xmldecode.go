package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"
)

// maxXMLDepth is how deep the elements of a request may nest.
const maxXMLDepth = 16

var errXML = errors.New("the XML is not well-formed or does not have the expected form")

// xmlDecoder fills planned structs from XML. It takes no DTD, no processing
// instruction but the XML declaration, and no encoding but UTF-8.
type xmlDecoder struct {
	dec      *xml.Decoder
	depth    int
	elements int
}

// decodeXML reads a whole document whose root element has the given name, or
// any name where root is "".
func decodeXML(data []byte, root string, n *node, v reflect.Value) error {
	d := xmlDecoder{dec: xml.NewDecoder(bytes.NewReader(data))}
	d.dec.Strict = true
	d.dec.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errXML }
	start, err := d.root()
	if err != nil {
		return err
	}
	if root != "" && start.Name.Local != root {
		return errXML
	}
	if err := d.value(n, start, v); err != nil {
		return err
	}
	if _, err := d.root(); !errors.Is(err, io.EOF) {
		return errXML
	}
	return nil
}

// root returns the next start element outside any other; io.EOF at the end.
func (d *xmlDecoder) root() (xml.StartElement, error) {
	for {
		tok, err := d.token()
		if err != nil {
			return xml.StartElement{}, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			return t, nil
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return xml.StartElement{}, errXML
			}
		}
	}
}

// token returns the next token and counts depth and elements.
func (d *xmlDecoder) token() (xml.Token, error) {
	tok, err := d.dec.Token()
	if err != nil {
		if errors.Is(err, io.EOF) && d.depth == 0 {
			return nil, io.EOF
		}
		return nil, errXML
	}
	switch t := tok.(type) {
	case xml.StartElement:
		d.depth++
		d.elements++
		if d.depth > maxXMLDepth || d.elements > maxElements || len(t.Attr) > 16 {
			return nil, errXML
		}
	case xml.EndElement:
		d.depth--
	case xml.Directive:
		return nil, errXML
	case xml.ProcInst:
		if t.Target != "xml" {
			return nil, errXML
		}
	}
	return tok, nil
}

// children calls each for every element inside the one that was entered.
func (d *xmlDecoder) children(each func(xml.StartElement) error) error {
	for {
		tok, err := d.token()
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if err := each(t); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return errXML
			}
		}
	}
}

// text returns the character data of the element that was entered.
func (d *xmlDecoder) text() (string, error) {
	var b strings.Builder
	for {
		tok, err := d.token()
		if err != nil {
			return "", err
		}
		switch t := tok.(type) {
		case xml.CharData:
			b.Write(t)
		case xml.EndElement:
			return b.String(), nil
		case xml.StartElement:
			return "", errXML
		}
	}
}

// value reads the element that was entered into v.
func (d *xmlDecoder) value(n *node, start xml.StartElement, v reflect.Value) error {
	switch n.kind {
	case kindStruct:
		return d.structure(n.str, start, v)
	case kindList:
		return d.list(n, v)
	case kindMap:
		return d.mapping(n, v)
	}
	s, err := d.text()
	if err != nil {
		return err
	}
	if n.kind != kindString && n.kind != kindBlob {
		s = strings.TrimSpace(s)
	}
	if !setText(n, v, s, timeISO8601) {
		return errXML
	}
	return nil
}

func (d *xmlDecoder) structure(p *structPlan, start xml.StartElement, v reflect.Value) error {
	for i := range p.fields {
		f := &p.fields[i]
		if !f.attr {
			continue
		}
		_, local, _ := strings.Cut(f.wire, ":")
		for _, a := range start.Attr {
			if a.Name.Local == nonEmpty(local, f.wire) && !setText(f.node, f.place(v), a.Value, timeISO8601) {
				return errXML
			}
		}
	}
	seen := map[*field]bool{}
	return d.children(func(child xml.StartElement) error {
		f := p.byName[child.Name.Local]
		if f == nil || f.attr {
			return d.skipUnknown()
		}
		if f.node.flat && f.node.kind == kindList {
			return d.append(f.node, child, v.Field(f.index))
		}
		if f.node.flat && f.node.kind == kindMap {
			return d.entry(f.node, v.Field(f.index))
		}
		// One element, one value: a second one would hide the first.
		if seen[f] {
			return errXML
		}
		seen[f] = true
		return d.value(f.node, child, f.place(v))
	})
}

// skipUnknown passes over an element that the model does not know.
func (d *xmlDecoder) skipUnknown() error {
	for level := 1; level > 0; {
		tok, err := d.token()
		if err != nil {
			return err
		}
		switch tok.(type) {
		case xml.StartElement:
			level++
		case xml.EndElement:
			level--
		}
	}
	return nil
}

// append reads one element of a list into v, the list.
func (d *xmlDecoder) append(n *node, child xml.StartElement, v reflect.Value) error {
	e := reflect.New(n.elem.typ).Elem()
	if err := d.value(n.elem, child, e); err != nil {
		return err
	}
	v.Set(reflect.Append(v, e))
	return nil
}

func (d *xmlDecoder) list(n *node, v reflect.Value) error {
	v.Set(reflect.MakeSlice(n.typ, 0, 4))
	name := nonEmpty(n.elemName(), "member")
	return d.children(func(child xml.StartElement) error {
		if child.Name.Local != name {
			return errXML
		}
		return d.append(n, child, v)
	})
}

func (d *xmlDecoder) mapping(n *node, v reflect.Value) error {
	v.Set(reflect.MakeMap(n.typ))
	return d.children(func(child xml.StartElement) error {
		if child.Name.Local != "entry" {
			return errXML
		}
		return d.entry(n, v)
	})
}

// entry reads the key and the value of one map entry.
func (d *xmlDecoder) entry(n *node, v reflect.Value) error {
	if v.IsNil() {
		v.Set(reflect.MakeMap(n.typ))
	}
	var key *string
	e := reflect.New(n.elem.typ).Elem()
	err := d.children(func(child xml.StartElement) error {
		switch child.Name.Local {
		case nonEmpty(n.keyName, "key"):
			s, err := d.text()
			key = &s
			return err
		case nonEmpty(n.elemName(), "value"):
			return d.value(n.elem, child, e)
		}
		return d.skipUnknown()
	})
	if err != nil {
		return err
	}
	if key == nil {
		return errXML
	}
	v.SetMapIndex(reflect.ValueOf(*key), e)
	return nil
}
