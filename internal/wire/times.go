package wire

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

const (
	iso8601      = "2006-01-02T15:04:05Z"
	iso8601Milli = "2006-01-02T15:04:05.000Z"
)

// maxEpoch is the last second of the year 9999.
const maxEpoch = 253402300799

// parseEpoch reads seconds since 1970, with a fraction or without.
func parseEpoch(s string) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0).UTC(), n >= -maxEpoch && n <= maxEpoch
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > maxEpoch {
		return time.Time{}, false
	}
	// AWS's times have milliseconds.
	return time.UnixMilli(int64(math.Round(f * 1000))).UTC(), true
}

// parseTime reads a time in the given format; other is the one that the
// protocol uses where the model names none.
func parseTime(s string, format, other timeFormat) (time.Time, bool) {
	if format == timeDefault {
		format = other
	}
	switch format {
	case timeUnix:
		return parseEpoch(s)
	case timeRFC822:
		t, err := http.ParseTime(s)
		return t.UTC(), err == nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		// Without a zone, and the basic form that some clients write.
		for _, layout := range []string{"2006-01-02T15:04:05", "20060102T150405Z", "2006-01-02"} {
			if t, err = time.Parse(layout, s); err == nil {
				break
			}
		}
	}
	return t.UTC(), err == nil
}

// appendTime writes a time; milli asks for milliseconds also where they are 0.
func appendTime(dst []byte, t time.Time, format, other timeFormat, milli bool) []byte {
	if format == timeDefault {
		format = other
	}
	t = t.UTC()
	switch format {
	case timeUnix:
		return appendEpoch(dst, t)
	case timeRFC822:
		return t.AppendFormat(dst, http.TimeFormat)
	}
	if milli || t.Nanosecond() >= int(time.Millisecond) {
		return t.AppendFormat(dst, iso8601Milli)
	}
	return t.AppendFormat(dst, iso8601)
}

// appendEpoch writes seconds since 1970 with up to three decimals.
func appendEpoch(dst []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	if ms < 0 || ms%1000 == 0 {
		return strconv.AppendFloat(dst, float64(ms)/1000, 'f', -1, 64)
	}
	dst = append(strconv.AppendInt(dst, ms/1000, 10), '.')
	frac := ms % 1000
	return append(dst, byte('0'+frac/100), byte('0'+frac/10%10), byte('0'+frac%10))
}
