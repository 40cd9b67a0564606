package function

import "time"

const memoryCheck = 250 * time.Millisecond

// watch ends idle environments and those that use too much memory.
func (p *Pool) watch() {
	defer p.wg.Done()
	tick := time.NewTicker(memoryCheck)
	defer tick.Stop()
	reap := p.cfg.Clock.Now()
	for {
		select {
		case <-p.quit:
			return
		case <-tick.C:
		}
		p.checkMemory()
		if now := p.cfg.Clock.Now(); now.Sub(reap) > min(p.cfg.IdleTime/4, 10*time.Second) {
			reap = now
			p.reapIdle(now)
		}
	}
}

// reapIdle ends environments that were not used for long, that died, or whose
// credentials end soon.
func (p *Pool) reapIdle(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, v := range p.versions {
		kept := v.idle[:0]
		for _, e := range v.idle {
			if now.Sub(e.lastUsed) > p.cfg.IdleTime || !e.usable(now) {
				p.discard(v, e)
			} else {
				kept = append(kept, e)
			}
		}
		clear(v.idle[len(kept):])
		v.idle = kept
		if v.envs == 0 && len(v.waiters) == 0 && v.failure == nil {
			delete(p.versions, key)
		}
	}
}

// checkMemory kills busy processes over their memory size. Without cgroups this
// is a look every quarter of a second, not a wall.
func (p *Pool) checkMemory() {
	p.mu.Lock()
	busy := make([]*environment, 0, len(p.busy))
	for e := range p.busy {
		busy = append(busy, e)
	}
	p.mu.Unlock()
	for _, e := range busy {
		if residentKB(e.proc.proc.Pid) > e.spec.MemoryMB<<10 {
			e.proc.killForMemory()
		}
	}
}
