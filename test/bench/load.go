package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// rate is what one run of the load generator measured.
type rate struct {
	PerSecond float64
	P50, P99  time.Duration
}

// drive sends requests over conns connections for the given time, each
// connection taking the next request in turn.
func drive(ctx context.Context, address string, conns int, length time.Duration, requests [][]byte) (rate, error) {
	var wg sync.WaitGroup
	var next atomic.Int64
	took := make([][]time.Duration, conns)
	errs := make([]error, conns)
	began := time.Now()
	end := began.Add(length)
	for c := range conns {
		wg.Go(func() { took[c], errs[c] = driveOne(ctx, address, end, requests, &next) })
	}
	wg.Wait()
	elapsed := time.Since(began)
	for _, err := range errs {
		if err != nil {
			return rate{}, err // the others will say the same
		}
	}
	all := slices.Concat(took...)
	if len(all) == 0 {
		return rate{}, errors.New("no request was answered in time")
	}
	slices.Sort(all)
	return rate{
		PerSecond: float64(len(all)) / elapsed.Seconds(),
		P50:       all[len(all)/2],
		P99:       all[len(all)*99/100],
	}, nil
}

func driveOne(ctx context.Context, address string, end time.Time, requests [][]byte, next *atomic.Int64) ([]time.Duration, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(end.Add(10 * time.Second)); err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(conn, 16<<10)
	var took []time.Duration
	for now := time.Now(); now.Before(end); {
		if _, err := conn.Write(requests[int(next.Add(1))%len(requests)]); err != nil {
			return nil, err
		}
		if err := readAnswer(r); err != nil {
			return nil, err
		}
		then := time.Now()
		took = append(took, then.Sub(now))
		now = then
	}
	return took, nil
}

var contentLength = []byte("content-length:")

// readAnswer reads one answer of status 200 with a Content-Length.
func readAnswer(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(line) < 12 {
		return fmt.Errorf("not an answer: %q", line)
	}
	ok := string(line[9:12]) == "200"
	status := ""
	if !ok {
		status = strings.TrimSpace(string(line))
	}
	length := -1
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if len(line) > len(contentLength) && bytes.EqualFold(line[:len(contentLength)], contentLength) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):]))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("an answer without Content-Length")
	}
	if !ok {
		body, err := io.ReadAll(io.LimitReader(r, int64(min(length, 500))))
		return errors.Join(fmt.Errorf("the server answered %s: %s", status, body), err)
	}
	_, err = r.Discard(length)
	return err
}
