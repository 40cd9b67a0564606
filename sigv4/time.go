package sigv4

import "time"

// timeFormat is ISO 8601's basic format, as X-Amz-Date has it.
const timeFormat = "20060102T150405Z"

// parseTime reads timeFormat without allocating.
func parseTime(s string) (time.Time, bool) {
	if len(s) != len(timeFormat) || s[8] != 'T' || s[15] != 'Z' {
		return time.Time{}, false
	}
	year, ok1 := digits(s[0:4])
	month, ok2 := digits(s[4:6])
	day, ok3 := digits(s[6:8])
	hour, ok4 := digits(s[9:11])
	minute, ok5 := digits(s[11:13])
	second, ok6 := digits(s[13:15])
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if t.Year() != year || int(t.Month()) != month || t.Day() != day {
		return time.Time{}, false
	}
	return t, true
}

func digits(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// dateHeaderFormats are what a Date header may hold: HTTP's format, RFC 822's
// variants that old clients send, and ISO 8601.
var dateHeaderFormats = [...]string{
	"Mon, 02 Jan 2006 15:04:05 GMT",
	time.RFC1123Z,
	time.RFC1123,
	time.RFC850,
	time.RFC3339,
}

// parseDateHeader reads a Date header.
func parseDateHeader(s string) (time.Time, bool) {
	if t, ok := parseTime(s); ok {
		return t, true
	}
	for _, f := range dateHeaderFormats {
		if t, err := time.Parse(f, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// SkewFor returns how far the clock of a client may be off for a service,
// named as in the credential scope: 5 minutes where AWS's messages say so,
// else 15.
func SkewFor(service string) time.Duration {
	switch service {
	case "execute-api", "lambda", "kms", "route53", "monitoring":
		return 5 * time.Minute
	}
	return 15 * time.Minute
}
