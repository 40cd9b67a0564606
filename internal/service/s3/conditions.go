package s3

import (
	"strconv"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
)

// checkConditions holds an object against the conditions of a read, in S3's
// order (API reference, GetObject): an If-Match that holds makes
// If-Unmodified-Since count for nothing, an If-None-Match that holds makes
// If-Modified-Since count for nothing.
func checkConditions(in *shape.GetObjectInput, o *objectRecord) error {
	if in.IfMatch != nil {
		if !etagListed(*in.IfMatch, o.ETag) {
			return preconditionFailed("If-Match")
		}
	} else if in.IfUnmodifiedSince != nil && o.Modified.After(*in.IfUnmodifiedSince) {
		return preconditionFailed("If-Unmodified-Since")
	}
	if in.IfNoneMatch != nil {
		if etagListed(*in.IfNoneMatch, o.ETag) {
			return notModified(quote(o.ETag), o.Modified)
		}
	} else if in.IfModifiedSince != nil && !o.Modified.After(in.IfModifiedSince.Truncate(time.Second)) {
		return notModified(quote(o.ETag), o.Modified)
	}
	return nil
}

// byteRange is the part of an object that is read.
type byteRange struct {
	start, length int64
	partial       bool
}

// spanOf reads the Range or partNumber of a request. A Range that is not of
// one of the three simple forms, several ranges among them, counts for
// nothing, as S3 takes it.
func spanOf(in *shape.GetObjectInput, size int64) (byteRange, error) {
	whole := byteRange{length: size}
	if in.PartNumber != nil {
		if in.Range != nil {
			return whole, invalidRequest("Cannot specify both Range header and partNumber query parameter")
		}
		if *in.PartNumber < 1 || *in.PartNumber > 10_000 {
			return whole, invalidArgument("partNumber", strconv.Itoa(int(*in.PartNumber)), "Part number must be an integer between 1 and 10000, inclusive")
		}
		if *in.PartNumber > 1 {
			return whole, (&awsapi.Error{Code: "InvalidPartNumber", Status: 416, Message: "The requested partnumber is not satisfiable"}).
				With("PartNumberRequested", strconv.Itoa(int(*in.PartNumber))).With("ActualPartCount", "1")
		}
		whole.partial = size > 0
		return whole, nil
	}
	first, last, ok := parseRange(value(in.Range))
	switch {
	case !ok:
		return whole, nil
	case first < 0: // the last bytes
		if last == 0 || size == 0 {
			return whole, invalidRange(*in.Range, size)
		}
		n := min(last, size)
		return byteRange{start: size - n, length: n, partial: true}, nil
	case first >= size:
		return whole, invalidRange(*in.Range, size)
	}
	if last < 0 || last >= size {
		last = size - 1
	}
	return byteRange{start: first, length: last - first + 1, partial: true}, nil
}

// parseRange reads bytes=A-B, bytes=A- (last is -1) and bytes=-N (first is -1).
func parseRange(header string) (first, last int64, ok bool) {
	spec, found := strings.CutPrefix(header, "bytes=")
	from, to, dash := strings.Cut(strings.TrimSpace(spec), "-")
	if !found || !dash {
		return 0, 0, false
	}
	number := func(s string) (int64, bool) {
		n, err := strconv.ParseUint(s, 10, 63)
		return int64(n), err == nil
	}
	if from == "" {
		last, ok = number(to)
		return -1, last, ok
	}
	if first, ok = number(from); !ok {
		return 0, 0, false
	}
	if to == "" {
		return first, -1, true
	}
	last, ok = number(to)
	return first, last, ok && last >= first
}
