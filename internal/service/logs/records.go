package logs

// groupRecord is one log group. Times are in milliseconds since 1970.
type groupRecord struct {
	Name      string            `json:"name"`
	Created   int64             `json:"created"`
	Retention int32             `json:"retention,omitempty"` // days; 0: for ever
	Tags      map[string]string `json:"tags,omitempty"`
	Protected bool              `json:"protected,omitempty"`
}

// streamRecord is one log stream.
type streamRecord struct {
	Name      string `json:"name"`
	Serial    string `json:"serial"` // 18 digits, part of event ids
	Created   int64  `json:"created"`
	First     int64  `json:"first,omitempty"` // least and greatest event time
	Last      int64  `json:"last,omitempty"`
	Ingested  int64  `json:"ingested,omitempty"`
	Bytes     int64  `json:"bytes,omitempty"`
	NextChunk int64  `json:"nextChunk"`
}
