package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// helloBody is what the reference servers, the function and the MOCK method
// answer.
const helloBody = `{"hello":"world"}`

// nodeHello is the bare Node server.
const nodeHello = `
const http = require("http");
const body = '` + helloBody + `';
http.createServer((request, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}).listen(0, "127.0.0.1", function () { console.log(this.address().port); });
`

// reference is a running reference server.
type reference struct {
	address string
	cmd     *exec.Cmd
}

func (r *reference) stop() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// startReference starts a program that prints its port.
func startReference(ctx context.Context, name string, args ...string) (*reference, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &reference{cmd: cmd}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		r.stop()
		return nil, fmt.Errorf("%s did not print its port: %w", name, err)
	}
	r.address = net.JoinHostPort("127.0.0.1", strings.TrimSpace(line))
	return r, nil
}

func startNode(ctx context.Context) (*reference, error) {
	return startReference(ctx, "node", "-e", nodeHello)
}

// startGo starts this program again as the bare net/http server.
func startGo(ctx context.Context) (*reference, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return startReference(ctx, self, "-reference")
}

// serveReference is the bare net/http server: it answers GET /N with N bytes,
// and any other path with helloBody.
func serveReference(ctx context.Context, out io.Writer) error {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, l.Addr().(*net.TCPAddr).Port)
	page := []byte(strings.Repeat("x", 1<<20))
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		if n, err := strconv.Atoi(r.URL.Path[1:]); err == nil && n <= len(page) {
			w.Header().Set("Content-Length", strconv.Itoa(n))
			_, _ = w.Write(page[:n])
			return
		}
		_, _ = io.WriteString(w, helloBody)
	}))
}

// plainGet is a request to a reference server.
func plainGet(address, path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\n\r\n")
}

// plainPost is one with a body.
func plainPost(address, path string, body []byte) []byte {
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n", path, address, len(body))
	return append([]byte(head), body...)
}

// appendSync appends size bytes and calls fdatasync, again and again.
func appendSync(dir string, size int, length time.Duration) (rate, error) {
	f, err := os.CreateTemp(dir, "append-*")
	if err != nil {
		return rate{}, err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	defer f.Close()
	block := make([]byte, size)
	n := 0
	began := time.Now()
	for time.Since(began) < length {
		block[0] = byte(n)
		if _, err := f.Write(block); err != nil {
			return rate{}, err
		}
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			return rate{}, err
		}
		n++
	}
	if n == 0 {
		return rate{}, errors.New("no sync in time")
	}
	elapsed := time.Since(began)
	return rate{PerSecond: float64(n) / elapsed.Seconds(), P50: elapsed / time.Duration(n)}, nil
}
