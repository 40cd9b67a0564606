package postgresstore

import (
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a store and the server and cuts connections.
type proxy struct {
	target string
	l      net.Listener
	// cutAfter, if not 0, is about how many bytes of the client pass before a
	// connection is cut, with the answer to the last of them.
	cutAfter atomic.Int64
	// mute swallows what the server says; shut refuses new connections.
	mute, shut atomic.Bool
	cuts       atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newProxy(t testing.TB, target string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: target, l: l, conns: map[net.Conn]bool{}}
	t.Cleanup(func() {
		l.Close()
		p.cutAll()
	})
	go p.accept()
	return p
}

func (p *proxy) address() string { return p.l.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.l.Accept()
		if err != nil {
			return
		}
		if p.shut.Load() {
			client.Close()
			continue
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		var cut atomic.Bool
		end := func() {
			client.Close()
			server.Close()
			p.mu.Lock()
			defer p.mu.Unlock()
			delete(p.conns, client)
			delete(p.conns, server)
		}
		go func() {
			defer end()
			p.upward(client, server, &cut)
		}()
		go func() {
			defer end()
			p.downward(server, client, &cut)
		}()
	}
}

// upward forwards what the client says, until its bytes are used up: the last
// message still arrives, its answer does not.
func (p *proxy) upward(client, server net.Conn, cut *atomic.Bool) {
	buf := make([]byte, 16<<10)
	left := int64(-1)
	for {
		n, err := client.Read(buf)
		if after := p.cutAfter.Load(); after > 0 && left < 0 {
			left = 1 + rand.Int64N(after)
		}
		if left >= 0 {
			if left -= int64(n); left < 0 {
				cut.Store(true)
				p.cuts.Add(1)
				keep := n
				if rand.IntN(3) == 0 {
					keep = rand.IntN(n + 1) // or only a part of it
				}
				_, _ = server.Write(buf[:keep])
				if keep == n && rand.IntN(2) == 0 {
					// Cut once the server said something.
					_, _ = server.Read(buf[:1])
				}
				return
			}
		}
		if n > 0 {
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) downward(server, client net.Conn, cut *atomic.Bool) {
	buf := make([]byte, 16<<10)
	for {
		n, err := server.Read(buf)
		if n > 0 && !cut.Load() && !p.mute.Load() {
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil || cut.Load() {
			return
		}
	}
}

func (p *proxy) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}
