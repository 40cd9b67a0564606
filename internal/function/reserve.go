package function

import (
	"slices"
	"strings"
	"time"
)

// reserve is the started processes that have no function yet. A process may
// read only what it was started for, so they are all for one set of folders:
// those of the project in dev, else those of a function that is growing.
type reserve struct {
	dirs    []string
	preload []byte // files to load ahead, as an environment of these dirs told
	waiting []*environment
	filling bool
}

// startVariables are read by Node when it starts; a function that sets one
// needs a process of its own.
func startVariables(spec *Spec) []string {
	var out []string
	for k, v := range spec.Env {
		if strings.HasPrefix(k, "NODE_") || strings.HasPrefix(k, "LD_") || strings.HasPrefix(k, "OPENSSL_") || k == "SSL_CERT_FILE" {
			out = append(out, k+"="+v)
		}
	}
	slices.Sort(out)
	return out
}

// baseVariables are in every process's environment from its start. This list
// and the INIT frame are all a function gets: nothing is inherited.
func baseVariables() []string {
	return []string{"PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin", "LANG=en_US.UTF-8", "TZ=:UTC"}
}

// launch starts an environment of spec, from the reserve if it has a fitting process.
func (p *Pool) launch(spec *Spec, limit time.Duration) (*environment, error) {
	box := p.sandbox()
	dirs, err := p.cfg.readDirs(spec)
	if err != nil {
		return nil, err
	}
	own := startVariables(spec)
	var e *environment
	if len(own) == 0 {
		e = p.takeReserve(dirs)
	}
	if e == nil {
		proc, err := p.spawn.node(box, dirs, append(baseVariables(), own...))
		if err != nil {
			return nil, err
		}
		e = p.newEnvironment(proc)
	}
	if err := e.assign(spec, limit); err != nil {
		e.stop()
		return nil, err
	}
	return e, nil
}

func (p *Pool) takeReserve(dirs []string) *environment {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := len(p.reserve.waiting); n > 0 && slices.Equal(p.reserve.dirs, dirs); n-- {
		e := p.reserve.waiting[0]
		p.reserve.waiting = p.reserve.waiting[1:]
		if !e.proc.ended() {
			return e
		}
		p.background(e.stop)
	}
	return nil
}

// Prepare readies the reserve for a function's folders, before its first call.
func (p *Pool) Prepare(spec *Spec) {
	if p.cfg.Node == "" || !Supported(spec.Runtime) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refill(spec, true, nil)
}

// refill points the reserve at spec's folders and fills it. Functions outside a
// group share with nobody, so the reserve turns to one only if it is growing.
// Called with the lock held.
//
// loaded is what an environment of spec has found worth loading ahead.
func (p *Pool) refill(spec *Spec, growing bool, loaded []byte) {
	if p.closed || p.cfg.Reserve == 0 || spec.GroupDir == "" && !growing {
		return
	}
	dirs, err := p.cfg.readDirs(spec)
	if err != nil {
		return
	}
	if !slices.Equal(dirs, p.reserve.dirs) {
		for _, e := range p.reserve.waiting {
			p.background(e.stop)
		}
		p.reserve.dirs, p.reserve.waiting, p.reserve.preload = dirs, nil, nil
	}
	if spec.GroupDir != "" && len(loaded) > len(p.reserve.preload) {
		p.reserve.preload = loaded
		for _, e := range p.reserve.waiting {
			e.preload(loaded)
		}
	}
	p.background(p.fillReserve)
}

// fillReserve starts processes until the reserve is full, one at a time and not
// while calls wait for theirs.
func (p *Pool) fillReserve() {
	p.mu.Lock()
	if p.reserve.filling {
		p.mu.Unlock()
		return
	}
	p.reserve.filling = true
	defer func() {
		p.reserve.filling = false
		p.mu.Unlock()
	}()
	for !p.closed && p.cfg.Node != "" && p.reserve.dirs != nil && len(p.reserve.waiting) < p.cfg.Reserve {
		dirs, preload := p.reserve.dirs, p.reserve.preload
		p.mu.Unlock()
		proc, err := p.spawn.node(p.sandbox(), dirs, baseVariables())
		p.mu.Lock()
		if err != nil {
			p.cfg.Logger.Warn("reserve process", "error", err)
			return
		}
		e := p.newEnvironment(proc)
		e.preload(preload)
		if p.closed || !slices.Equal(dirs, p.reserve.dirs) {
			p.background(e.stop)
			continue
		}
		p.reserve.waiting = append(p.reserve.waiting, e)
	}
}
