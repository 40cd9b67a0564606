package execute

import "unicode/utf8"

// appendString writes s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD.
func appendString(dst []byte, s string) []byte { return appendQuoted(dst, s) }

// plain marks the bytes that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

func appendQuoted[T string | []byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			i++
			start = i
			continue
		}
		size := runeAt(s, i)
		if size == 0 {
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\ufffd`...)
			i++
			start = i
			continue
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// runeAt returns the size of the UTF-8 sequence at s[i], 0 for none.
func runeAt[T string | []byte](s T, i int) int {
	end := min(len(s), i+utf8.UTFMax)
	var b [utf8.UTFMax]byte
	n := copy(b[:], s[i:end])
	r, size := utf8.DecodeRune(b[:n])
	if r == utf8.RuneError && size <= 1 {
		return 0
	}
	return size
}

// appendMember writes "name":"value", with a comma before it unless it is the
// first of its object.
func appendMember(dst []byte, name, value string) []byte {
	dst = appendComma(dst)
	dst = appendString(dst, name)
	dst = append(dst, ':')
	return appendString(dst, value)
}

// appendName writes "name": with a comma before it unless it is the first.
func appendName(dst []byte, name string) []byte {
	dst = appendComma(dst)
	dst = appendString(dst, name)
	return append(dst, ':')
}

func appendComma(dst []byte) []byte {
	if last := dst[len(dst)-1]; last != '{' && last != '[' && last != ',' {
		dst = append(dst, ',')
	}
	return dst
}

// appendOrNull writes "name":"value", or null for an empty value.
func appendOrNull(dst []byte, name, value string) []byte {
	if value != "" {
		return appendMember(dst, name, value)
	}
	dst = appendName(dst, name)
	return append(dst, "null"...)
}
