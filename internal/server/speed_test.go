package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/project"
	"github.com/bawn-dev/bawn/sigv4"
)

// BenchmarkStage sends signed requests through a stage to a Node function and
// to a MOCK integration, over real sockets: for profiles. `make bench` has the
// figures.
func BenchmarkStage(b *testing.B) {
	for _, path := range []string{"hello", "mock"} {
		b.Run(path, func(b *testing.B) { benchmarkStage(b, "/"+path) })
	}
}

func benchmarkStage(b *testing.B, path string) {
	port := 0
	ctx := context.WithoutCancel(b.Context())
	c := Config{Data: b.TempDir(), Ephemeral: true, Port: &port, Dev: true, ProjectDir: mustAbs(b, "../../test/bench/project")}
	l, err := Listen(ctx, c)
	if err != nil {
		b.Fatal(err)
	}
	s, err := Start(ctx, c, l)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close(ctx)
	p, err := project.Load(project.Options{Dir: c.ProjectDir, Data: c.Data, Account: DefaultAccount, Region: DefaultRegion, APIEndpoint: l.Endpoint + "/_api/{api}"})
	if err != nil {
		b.Fatal(err)
	}
	bundler := project.NewBundler()
	defer bundler.Close()
	if _, err := p.Bundle(ctx, bundler); err != nil {
		b.Fatal(err)
	}
	d, err := s.Deploy(ctx, p)
	if err != nil {
		b.Fatal(err)
	}
	request := signedRequest(s, strings.TrimPrefix(d.Outputs["ServiceEndpoint"], l.Endpoint)+path, l.Endpoint)
	b.ReportAllocs()
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(l.Endpoint, "http://"))
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		for pb.Next() {
			if _, err := io.WriteString(conn, request); err != nil {
				b.Error(err)
				return
			}
			resp, err := http.ReadResponse(r, nil)
			if err != nil || resp.StatusCode != http.StatusOK {
				b.Errorf("%v %v", resp, err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
		}
	})
}

// signedRequest is one GET as bytes, signed for the next minutes.
func signedRequest(s *Server, path, endpoint string) string {
	host := strings.TrimPrefix(endpoint, "http://")
	r := &sigv4.Request{Method: "GET", RawPath: path, Header: []sigv4.Header{{Name: "Host", Value: host}}}
	id, secret := s.Admin()
	sigv4.Sign(r, &sigv4.Signing{Credentials: sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret}, Region: s.Region(), Service: "execute-api", Time: time.Now()})
	text := fmt.Sprintf("GET %s HTTP/1.1\r\n", path)
	for _, h := range r.Header {
		text += h.Name + ": " + h.Value + "\r\n"
	}
	return text + "\r\n"
}
