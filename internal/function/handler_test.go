package function

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// handlerCase is one handler and what a call of it must give.
type handlerCase struct {
	name    string
	files   map[string]string // index.js unless named otherwise
	handler string
	runtime string
	payload string
	change  func(*Spec)
	want    string // the payload, as JSON; "" to not compare
	errType string // the errorType of an error
	errHas  string // in the errorMessage
	log     string // in the log
}

func js(text string) map[string]string  { return map[string]string{"index.js": text} }
func mjs(text string) map[string]string { return map[string]string{"index.mjs": text} }

var handlerCases = []handlerCase{
	{name: "async", files: js(`exports.handler = async (e) => ({got: e.a})`), payload: `{"a":1}`, want: `{"got":1}`},
	{name: "esm", files: mjs(`export const handler = async (e) => e`), payload: `[1,2]`, want: `[1,2]`},
	{name: "esm by package.json", files: map[string]string{"index.js": `export async function handler() { return import.meta.url.startsWith("file:") }`, "package.json": `{"type":"module"}`}, want: `true`},
	{name: "esm top-level await", files: mjs(`const v = await Promise.resolve(7); export const handler = async () => v`), want: `7`},
	{name: "cjs", files: map[string]string{"index.cjs": `exports.handler = async () => "cjs"`}, want: `"cjs"`},
	{name: "nested name in a folder", files: map[string]string{"src/app.js": `exports.api = {v1: {name: "n", get() { return Promise.resolve(this.name) }}}`}, handler: "src/app.api.v1.get", want: `"n"`},
	{name: "default export of a bundler", files: map[string]string{"index.mjs": `export default {handler: async () => 3}`}, want: `3`},
	{name: "requires its own files", files: map[string]string{"index.js": `const x = require("./lib/x"); exports.handler = async () => x`, "lib/x.js": `module.exports = "x"`}, want: `"x"`},
	{name: "undefined", files: js(`exports.handler = async () => {}`), want: `null`},
	{name: "empty payload", files: js(`exports.handler = async (e) => e`), payload: "", want: `{}`},
	{name: "unicode", files: js(`exports.handler = async (e) => e.s + "\u00e9\ud83d\ude00"`), payload: `{"s":"ü"}`, want: `"üé😀"`},
	{name: "callback", files: js(`exports.handler = (e, c, cb) => { setTimeout(() => cb(null, 5), 5) }`), want: `5`},
	{name: "callback error", files: js(`exports.handler = (e, c, cb) => cb(new TypeError("bad"))`), errType: "TypeError", errHas: "bad", log: "ERROR\tInvoke Error"},
	{name: "callback string error", files: js(`exports.handler = (e, c, cb) => cb("just text")`), errType: "string", errHas: "just text"},
	{name: "callback waits for the loop", files: js(`exports.handler = (e, c, cb) => { const t = Date.now(); cb(null, "x"); setTimeout(() => console.log("late"), 30) }`), want: `"x"`, log: "late"},
	{name: "callback need not wait", files: js(`exports.handler = (e, c, cb) => { c.callbackWaitsForEmptyEventLoop = false; cb(null, "now"); setTimeout(() => {}, 60000) }`), want: `"now"`},
	{name: "callback refused by nodejs24.x", files: js(`exports.handler = (e, c, cb) => cb(null, 1)`), runtime: "nodejs24.x", errType: "Runtime.CallbackHandlerDeprecated"},
	{name: "old runtime name", files: js(`exports.handler = (e, c, cb) => cb(null, process.env.AWS_EXECUTION_ENV)`), runtime: "nodejs8.10", want: `"AWS_Lambda_nodejs8.10"`},
	{name: "context.succeed", files: js(`exports.handler = (e, c) => c.succeed("s")`), want: `"s"`},
	{name: "context.fail", files: js(`exports.handler = (e, c) => c.fail(new Error("f"))`), errType: "Error", errHas: "f"},
	{name: "context.done", files: js(`exports.handler = (e, c) => c.done(null, "d")`), want: `"d"`},
	{name: "sync handler never answers", files: js(`exports.handler = () => { }`), want: `null`},
	{name: "async handler never settles", files: js(`exports.handler = async () => new Promise(() => {})`), errType: "Runtime.NodeJsExit"},
	{name: "throws", files: js(`exports.handler = async () => { throw new RangeError("r") }`), errType: "RangeError", errHas: "r"},
	{name: "throws at once", files: js(`exports.handler = () => { throw new RangeError("r") }`), errType: "RangeError", errHas: "r"},
	{name: "custom error name", files: js(`class NotesError extends Error { constructor(m) { super(m); this.name = "NotesError"; this.extra = 1 } }; exports.handler = async () => { throw new NotesError("n") }`), errType: "NotesError", log: `"extra":1`},
	{name: "rejects with no error", files: js(`exports.handler = async () => { throw {a: 1} }`), errType: "object", errHas: "[object Object]"},
	{name: "cannot stringify", files: js(`exports.handler = async () => { const a = {}; a.a = a; return a }`), errType: "Runtime.MarshalError", errHas: "Unable to stringify response body"},
	{name: "response too large", files: js(`exports.handler = async () => "x".repeat(7 << 20)`), errType: "Function.ResponseSizeTooLarge", errHas: "6291556"},
	{name: "uncaught exception", files: js(`exports.handler = () => { setTimeout(() => { throw new Error("later") }, 1) }`), errType: "Error", errHas: "later", log: "Uncaught Exception"},
	{name: "unhandled rejection", files: js(`exports.handler = async () => { Promise.reject(new Error("lost")); await new Promise(r => setTimeout(r, 1000)) }`), errType: "Runtime.UnhandledPromiseRejection", errHas: "Error: lost", log: "Unhandled Promise Rejection"},
	{name: "process.exit", files: js(`exports.handler = async () => process.exit(3)`), errType: "Runtime.ExitError", errHas: "Runtime exited with error: exit status 3"},
	{name: "process.exit 0", files: js(`exports.handler = async () => process.exit(0)`), errType: "Runtime.ExitError", errHas: "Runtime exited without providing a reason"},
	{name: "no module", files: js(``), handler: "nothing.handler", errType: "Runtime.ImportModuleError", errHas: "Cannot find module"},
	{name: "missing dependency", files: js(`require("not-there")`), errType: "Runtime.ImportModuleError", errHas: "Error: Cannot find module 'not-there'"},
	{name: "missing dependency in esm", files: mjs(`import "not-there"; export const handler = async () => 1`), errType: "Runtime.ImportModuleError", errHas: "not-there"},
	{name: "missing sdk gets a hint", files: js(`require("aws-sdk")`), errType: "Runtime.ImportModuleError", log: "npm install --save-dev aws-sdk"},
	{name: "syntax error", files: js(`exports.handler = async ( => 1`), errType: "Runtime.UserCodeSyntaxError", errHas: "SyntaxError"},
	{name: "throws while loading", files: js(`throw new EvalError("load")`), errType: "EvalError", errHas: "load"},
	{name: "exits while loading", files: js(`process.exit(4)`), errType: "Runtime.ExitError", errHas: "exit status 4"},
	{name: "hangs while loading", files: mjs(`await new Promise(() => {}); export const handler = 1`), errType: "Runtime.NodeJsExit"},
	{name: "not exported", files: js(`exports.other = 1`), errType: "Runtime.HandlerNotFound", errHas: "index.handler is undefined or not exported"},
	{name: "not a function", files: js(`exports.handler = 1`), errType: "Runtime.HandlerNotFound", errHas: "index.handler is not a function"},
	{name: "streaming", files: js(`exports.handler = awslambda.streamifyResponse(async () => {})`), errType: "Runtime.NotBuilt", errHas: "streamifyResponse"},
	{name: "malformed name", files: js(``), handler: "index", errType: "Runtime.MalformedHandlerName", errHas: "Bad handler"},
	{name: "name leads out", files: js(``), handler: "../index.handler", errType: "Runtime.MalformedHandlerName"},
	{name: "console levels", files: js(`exports.handler = async () => { console.warn("w %d", 1); console.error("e\nf"); console.debug({a: 1}) }`), want: `null`, log: "\tid-1\tWARN\tw 1"},
	{name: "json log format", files: js(`exports.handler = async () => { console.debug("no"); console.info("yes") }`), change: func(s *Spec) { s.LogFormat = "JSON"; s.LogLevel = "INFO" }, want: `null`, log: `"level":"INFO","requestId":"id-1","message":"yes"`},
	{name: "raw output is logged", files: js(`exports.handler = async () => { process.stdout.write("raw\n"); require("fs").writeSync(2, "err\n") }`), want: `null`, log: "raw"},
	{name: "child processes", files: js(`exports.handler = async () => require("child_process").execSync("echo $((1+1))").toString().trim()`), want: `"2"`},
	{name: "writes its tmp", files: js(`const fs = require("fs"), p = require("path").join(require("os").tmpdir(), "x"); exports.handler = async () => { fs.writeFileSync(p, "1"); return fs.readFileSync(p, "utf8") }`), want: `"1"`},
	{name: "resolves localhost", files: js(`exports.handler = async () => (await require("dns").promises.lookup("127.0.0.1")).address`), want: `"127.0.0.1"`},
	{name: "function environment", files: js(`exports.handler = async () => [process.env.TABLE, process.env._HANDLER, process.env.AWS_REGION, process.env.AWS_LAMBDA_FUNCTION_NAME, process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE, process.env.LAMBDA_TASK_ROOT === __dirname]`), change: func(s *Spec) { s.Env = map[string]string{"TABLE": "t"} }, want: `["t","index.handler","us-east-1","f","256",true]`},
	{name: "node options of the function", files: js(`exports.handler = async () => typeof globalThis.gc`), change: func(s *Spec) { s.Env = map[string]string{"NODE_OPTIONS": "--stack-trace-limit=3"} }, want: `"undefined"`},
}

func TestHandlers(t *testing.T) {
	p, logs := newPool(t, func(c *Config) { c.Reserve = 2 })
	for i, tc := range handlerCases {
		t.Run(tc.name, func(t *testing.T) {
			spec := newSpec(t, tc.files)
			spec.ARN += "-" + itoa(i)
			spec.LogGroup += "-" + itoa(i)
			if tc.handler != "" {
				spec.Handler = tc.handler
			}
			if tc.runtime != "" {
				spec.Runtime = tc.runtime
			}
			if tc.change != nil {
				tc.change(spec)
			}
			r := invoke(t, p, spec, tc.payload)
			tc.check(t, r, logs.text(spec.LogGroup))
		})
	}
}

func (tc *handlerCase) check(t *testing.T, r *Result, log string) {
	if tc.want != "" && (r.FunctionError != "" || string(r.Payload) != tc.want) {
		t.Errorf("got %s %s, want %s", r.FunctionError, r.Payload, tc.want)
	}
	if tc.errType != "" {
		var doc struct {
			ErrorType, ErrorMessage string
			Trace                   []string
		}
		if err := json.Unmarshal(r.Payload, &doc); err != nil {
			t.Fatalf("error document %s: %v", r.Payload, err)
		}
		if r.FunctionError != "Unhandled" || doc.ErrorType != tc.errType || !strings.Contains(doc.ErrorMessage, tc.errHas) {
			t.Errorf("got %q %s, want %s with %q", r.FunctionError, r.Payload, tc.errType, tc.errHas)
		}
	}
	if !strings.Contains(log, tc.log) {
		t.Errorf("the log lacks %q:\n%s", tc.log, log)
	}
	if strings.Contains(log, "REPORT") && !strings.Contains(log, "END RequestId: id-1") {
		t.Errorf("the log lacks END:\n%s", log)
	}
}

func TestContext(t *testing.T) {
	p, _ := newPool(t, nil)
	spec := newSpec(t, js(`exports.handler = async (e, c) => ({...c, left: c.getRemainingTimeInMillis() > 9000 && c.getRemainingTimeInMillis() <= 10000, waits: c.callbackWaitsForEmptyEventLoop, ends: [typeof c.done, typeof c.succeed, typeof c.fail], trace: process.env._X_AMZN_TRACE_ID})`))
	r, err := p.Invoke(t.Context(), spec, &Invocation{RequestID: "id-9", FunctionARN: spec.ARN + ":live", TraceID: "Root=1-2-3",
		ClientContext: []byte(`{"client":{"a":"b"}}`), CognitoIdentity: []byte(`{"cognitoIdentityId":"i"}`)})
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(r.Payload, &c); err != nil {
		t.Fatal(err)
	}
	stream, _ := c["logStreamName"].(string)
	if !strings.HasPrefix(stream, time.Now().UTC().Format("2006/01/02")+"/[$LATEST]") {
		t.Errorf("log stream %q", stream)
	}
	for key, want := range map[string]string{
		"awsRequestId": `"id-9"`, "invokedFunctionArn": `"` + spec.ARN + `:live"`, "functionName": `"f"`, "functionVersion": `"$LATEST"`,
		"memoryLimitInMB": `"256"`, "logGroupName": `"/aws/lambda/f"`, "clientContext": `{"client":{"a":"b"}}`,
		"identity": `{"cognitoIdentityId":"i"}`, "left": "true", "waits": "true", "ends": `["function","function","function"]`, "trace": `"Root=1-2-3"`,
	} {
		if got, _ := json.Marshal(c[key]); string(got) != want {
			t.Errorf("context.%s is %s, want %s", key, got, want)
		}
	}
}

// TestThawedConnections: a connection the other side closed while the function
// stood still is not used for the next call's request.
func TestThawedConnections(t *testing.T) {
	p, _ := newPool(t, nil)
	closed := make(chan struct{}, 100)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }))
	server.Config.IdleTimeout = 100 * time.Millisecond
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	spec := newSpec(t, js(`const http = require("http"), agent = new http.Agent({keepAlive: true});
exports.handler = (e) => new Promise((done, fail) => http.request(e.url, {agent, method: "POST"}, (r) => { r.resume(); r.on("end", () => done(r.statusCode)) }).on("error", fail).end("x"))`))
	for range 5 {
		if r := invoke(t, p, spec, `{"url":"`+server.URL+`"}`); string(r.Payload) != "200" {
			t.Fatalf("got %s", r.Payload)
		}
		<-closed
	}
}
