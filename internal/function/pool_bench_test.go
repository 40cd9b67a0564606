package function

import (
	"context"
	"sync/atomic"
	"syscall"
	"testing"
)

const benchPayload = `{"resource":"/notes/{id}","path":"/notes/17","httpMethod":"GET","headers":{"accept":"application/json","x-amz-date":"20260101T000000Z"},"queryStringParameters":null,"pathParameters":{"id":"17"},"requestContext":{"accountId":"000000000000","apiId":"abcdef0123","stage":"dev","identity":{"cognitoIdentityId":"us-east-1:00000000-0000-0000-0000-000000000000","sourceIp":"127.0.0.1"},"requestId":"00000000-0000-0000-0000-000000000000"},"body":null,"isBase64Encoded":false}`

const benchHandler = `exports.handler = async (event) => ({ statusCode: 200, headers: {"content-type":"application/json"}, body: JSON.stringify({ path: event.path }) });`

// BenchmarkInvoke measures warm calls through one environment and through as
// many as there are callers. platform-us/op is the processor time of this
// process (calls and bookkeeping), without the functions'.
func BenchmarkInvoke(b *testing.B) {
	b.Run("1", func(b *testing.B) { benchmarkInvoke(b, 1) })
	b.Run("4", func(b *testing.B) { benchmarkInvoke(b, 4) })
}

func benchmarkInvoke(b *testing.B, callers int) {
	p, _ := newPool(b, func(c *Config) { c.Logs = NoLogs{} })
	spec := newSpec(b, map[string]string{"index.js": benchHandler})
	call := func() {
		if r, err := p.Invoke(context.Background(), spec, &Invocation{Payload: []byte(benchPayload)}); err != nil || r.FunctionError != "" {
			b.Error(err, r)
		}
	}
	parallel(callers, 20*callers, call)
	before := cpuMicros(b)
	b.ResetTimer()
	parallel(callers, b.N, call)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric((cpuMicros(b)-before)/float64(b.N), "platform-us/op")
}

func parallel(callers, n int, call func()) {
	var left atomic.Int64
	left.Store(int64(n))
	done := make(chan struct{})
	for range callers {
		go func() {
			for left.Add(-1) >= 0 {
				call()
			}
			done <- struct{}{}
		}()
	}
	for range callers {
		<-done
	}
}

func cpuMicros(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1000
}
