package execute

import (
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/sigv4"
)

func templateExchange() *exchange {
	return &exchange{plane: &Plane{account: testAccount}, out: &Response{Status: 200}, params: []param{{"id", "7"}}, query: []parameter{{"q", `a"b`}},
		in: &Request{Method: "GET", Stage: "dev", APIID: "abcde12345", Body: []byte(`{"a":{"b":[1,"x"]},"s":"v"}`), Env: &awsapi.Environment{RequestID: "id", Now: testNow, SourceIP: "127.0.0.1"},
			Header: []sigv4.Header{{Name: "Origin", Value: "https://a"}}, Caller: &awsapi.Caller{}}}
}

func TestTemplates(t *testing.T) {
	for in, want := range map[string]string{
		`plain {"a":1} $ # 5$ #x \$context \#if`:                                                                                       `plain {"a":1} $ # 5$ #x $context #if`,
		`${context.stage}-${context.stage}x$!context.nothing.`:                                                                         `dev-devx.`,
		`$input.params('id') $input.params("q") $input.params('origin') [$input.params('none')]`:                                       `7 a"b https://a []`,
		`$input.json('$.a') $input.json('$') $input.path('$.s') $input.body`:                                                           `{"b":[1,"x"]} {"a":{"b":[1,"x"]},"s":"v"} v {"a":{"b":[1,"x"]},"s":"v"}`,
		`#set($x = "v-$context.stage")$x $x.toUpperCase() $x.length()`:                                                                 `v-dev V-DEV 5`,
		`#if($input.params('id') == "7")yes#{else}no#{end}s#{x}`:                                                                       `yess#{x}`,
		`#if(1 < 2 && !(1 >= 2) || false)a#elseif(true)b#else c#end`:                                                                   `a`,
		`#if($undefined)a#elseif($input.params('id') != "7")b#else c#end`:                                                              ` c`,
		`#if(true)#if(false)x#else y#end z#end`:                                                                                        ` y z`,
		`## a comment` + "\n" + `after`:                                                                                                `after`,
		`$util.escapeJavaScript("it's")$util.base64Encode('hi')$util.base64Decode('aGk=')$util.urlEncode('a b')$util.urlDecode('a+b')`: `it\'saGk=hia+ba b`,
		`$util.parseJson('{"k":{"z":"deep"}}').k.z`:                                                                                    `deep`,
		`#set($p = $input.path('$'))$p.get('s')$p.a.none`:                                                                              `v`,
		`#set($o = "https://a.example")#if($o.matches("https://.*\.example|x"))m#end#if($o.matches("a"))n#end`:                         `m`,
		`#if('' == $input.params('zz'))empty#end`:                                                                                      `empty`,
		`#set($context.responseOverride.status = 418)x`:                                                                                `x`,
		`'it''s'  "a""b"`:      `'it''s'  "a""b"`,
		`#set($q = 'it''s')$q`: `it's`,
	} {
		tpl, err := parseTemplate(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		got, err := tpl.run(templateExchange(), nil)
		if err != nil || string(got) != want {
			t.Errorf("%s\nis %q, %v\nwant %q", in, got, err, want)
		}
	}
}

func TestTemplatesRefused(t *testing.T) {
	for _, in := range []string{
		`#foreach($x in $y)#end`, `#if(true)`, `#if(true)a#else b#else c#end`, `#end`, `#else`, `#set($x)`, `#set($x = )`, `#set(x = 1)`, `#if()a#end`, `#if($a ==)b#end`,
		`$input.stuff('x')`, `$util.rot13('x')`, `$input`, `$input.params()`, `#set($context.stage = 'x')`, `$x.wipe()`, `${context.stage`, `$input.params('x`, `#if('a'.matches('a'))#end`,
		`#if($x.matches("("))a#end`, strings.Repeat("#if(true)", 60) + strings.Repeat("#end", 60), `#if(` + strings.Repeat("(", 100) + `1` + strings.Repeat(")", 100) + `)#end`, `#if(` + strings.Repeat("!", 1000) + `true)#end`,
		strings.Repeat("x", maxTemplate+1),
	} {
		if _, err := parseTemplate(in); err == nil {
			t.Errorf("%.60s is accepted", in)
		}
	}
}

func TestTemplateBounds(t *testing.T) {
	tpl, err := parseTemplate(`#set($a = "` + strings.Repeat("x", 1000) + `")` + strings.Repeat(`#set($a = "$a$a")`, 40) + `$a`)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := tpl.run(templateExchange(), nil); err == nil {
		t.Errorf("a template made %d bytes", len(out))
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add(`#set($o = $input.params("Origin"))#if($o.matches("a|b") && !$x)$context.stage#else${o}#end`)
	f.Fuzz(func(t *testing.T, s string) {
		tpl, err := parseTemplate(s)
		if err != nil {
			return
		}
		out, err := tpl.run(templateExchange(), nil)
		if err == nil && len(out) > maxTemplateOutput {
			t.Fatal("too large")
		}
	})
}
