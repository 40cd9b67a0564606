package s3

import (
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// page is an answer of ListObjectsV2 or ListObjects as a client reads it.
type page struct {
	Name, Prefix, Delimiter, ContinuationToken, NextContinuationToken, StartAfter, Marker, NextMarker, EncodingType string
	MaxKeys, KeyCount                                                                                               int
	IsTruncated                                                                                                     bool
	Contents                                                                                                        []struct {
		Key, ETag, StorageClass string
		Size                    int
		Owner                   struct{ ID string }
	}
	CommonPrefixes []struct{ Prefix string }
}

func (f *fixture) list(query string) page {
	f.Helper()
	var p page
	a := f.ok("GET", "/abc?"+query, nil)
	if err := xml.Unmarshal([]byte(a.body), &p); err != nil {
		f.Fatalf("%v\n%s", err, a.body)
	}
	return p
}

func (p *page) all() (keys []string) {
	for _, c := range p.Contents {
		keys = append(keys, c.Key)
	}
	for _, c := range p.CommonPrefixes {
		keys = append(keys, c.Prefix)
	}
	slices.Sort(keys)
	return keys
}

func TestList(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	for _, key := range []string{"a", "b/1", "b/2", "b/c/3", "b0", "d/", "public/x y+é"} {
		f.ok("PUT", "/abc/"+escape(key), key)
	}
	tests := []struct {
		query string
		want  []string
	}{
		{"list-type=2", []string{"a", "b/1", "b/2", "b/c/3", "b0", "d/", "public/x y+é"}},
		{"list-type=2&delimiter=%2F", []string{"a", "b/", "b0", "d/", "public/"}},
		{"list-type=2&prefix=b%2F", []string{"b/1", "b/2", "b/c/3"}},
		{"list-type=2&prefix=b%2F&delimiter=%2F", []string{"b/1", "b/2", "b/c/"}},
		{"list-type=2&prefix=b", []string{"b/1", "b/2", "b/c/3", "b0"}},
		{"list-type=2&prefix=zz", nil},
		{"list-type=2&start-after=b%2F2", []string{"b/c/3", "b0", "d/", "public/x y+é"}},
		{"list-type=2&start-after=b%2F2&delimiter=%2F", []string{"b/", "b0", "d/", "public/"}},
		{"list-type=2&max-keys=0", nil},
		{"list-type=2&encoding-type=url&prefix=public%2F", []string{"public/x%20y%2B%C3%A9"}},
		{"delimiter=%2F&marker=b%2F", []string{"b0", "d/", "public/"}},
		{"marker=b0", []string{"d/", "public/x y+é"}},
		{"list-type=2&delimiter=c%2F", []string{"a", "b/1", "b/2", "b/c/", "b0", "d/", "public/"}},
	}
	for _, tt := range tests {
		p := f.list(tt.query)
		if got := p.all(); !slices.Equal(got, tt.want) || p.IsTruncated || p.Name != "abc" {
			t.Errorf("%s: %q, want %q", tt.query, got, tt.want)
		}
	}
	// Amplify 6 throws unless all of these are echoed.
	p := f.list("list-type=2&prefix=b%2F&delimiter=%2F&max-keys=2")
	if p.Prefix != "b/" || p.Delimiter != "/" || p.MaxKeys != 2 || p.KeyCount != 2 || !p.IsTruncated || p.NextContinuationToken == "" {
		t.Errorf("%+v", p)
	}
	if p2 := f.list("list-type=2&prefix=b%2F&delimiter=%2F&max-keys=2&continuation-token=" + p.NextContinuationToken); p2.ContinuationToken != p.NextContinuationToken || p2.IsTruncated || len(p2.CommonPrefixes) != 1 {
		t.Errorf("%+v", p2)
	}
	p = f.list("list-type=2&fetch-owner=true&max-keys=1")
	if len(p.Contents) != 1 || p.Contents[0].Owner.ID != f.s.owner() || p.Contents[0].StorageClass != "STANDARD" || p.Contents[0].Size != 1 || p.Contents[0].ETag != etagOf("a") {
		t.Errorf("%+v", p)
	}
	f.want(400, "InvalidArgument", "GET", "/abc?list-type=2&max-keys=-1", nil)
	f.want(400, "InvalidArgument", "GET", "/abc?list-type=2&max-keys=x", nil)
	f.want(400, "InvalidArgument", "GET", "/abc?list-type=2&encoding-type=xml", nil)
	f.want(400, "InvalidArgument", "GET", "/abc?list-type=2&continuation-token=%21", nil)
}

// TestListPages compares pages of every size with a model: sorted keys, cut by
// hand.
func TestListPages(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	r := rand.New(rand.NewPCG(1, 2))
	var keys []string
	for range 60 {
		key := ""
		for range 1 + r.IntN(4) {
			key += string("ab/\xc3\xa9"[:3][r.IntN(3)])
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
			f.ok("PUT", "/abc/"+escape(key), "x")
		}
	}
	slices.Sort(keys)
	for _, prefix := range []string{"", "a", "a/", "b/a", "/"} {
		for _, delimiter := range []string{"", "/", "a", "ab"} {
			want := modelList(keys, prefix, delimiter)
			for _, size := range []int{1, 2, 3, 7, 1000} {
				for _, v2 := range []bool{true, false} {
					got := f.pages(prefix, delimiter, size, v2)
					if !slices.Equal(got, want) {
						t.Fatalf("prefix %q delimiter %q size %d v2 %v:\n got %q\nwant %q", prefix, delimiter, size, v2, got, want)
					}
				}
			}
		}
	}
}

func modelList(keys []string, prefix, delimiter string) (want []string) {
	for _, key := range keys {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		if i := strings.Index(key[len(prefix):], delimiter); delimiter != "" && i >= 0 {
			key = key[:len(prefix)+i+len(delimiter)]
		}
		if !slices.Contains(want, key) {
			want = append(want, key)
		}
	}
	slices.Sort(want)
	return want
}

func (f *fixture) pages(prefix, delimiter string, size int, v2 bool) (all []string) {
	f.Helper()
	base := fmt.Sprintf("max-keys=%d&prefix=%s&delimiter=%s", size, prefix, delimiter)
	if v2 {
		base += "&list-type=2"
	}
	next := ""
	for range 200 {
		p := f.list(base + next)
		all = append(all, p.all()...)
		if !p.IsTruncated {
			slices.Sort(all)
			return all
		}
		switch {
		case v2:
			next = "&continuation-token=" + p.NextContinuationToken
		case p.NextMarker != "":
			next = "&marker=" + escape(p.NextMarker)
		default:
			next = "&marker=" + escape(p.Contents[len(p.Contents)-1].Key)
		}
	}
	f.Fatal("a listing without an end")
	return nil
}
