package function

import "testing"

// The parts of aws-sdk v2 that the runtime hooks, in v2's own layout: an entry
// that loads node_loader, which loads core and then makes the global
// configuration anew; clients load the core without the entry.
var sdkV2 = map[string]string{
	"node_modules/aws-sdk/package.json":        `{"name":"aws-sdk","version":"2.1693.0","main":"lib/aws.js"}`,
	"node_modules/aws-sdk/lib/aws.js":          `require("./node_loader"); module.exports = require("./core");`,
	"node_modules/aws-sdk/lib/node_loader.js":  `const AWS = require("./core"); AWS.Config.prototype.keys.region = () => "from-loader"; AWS.config = new AWS.Config();`,
	"node_modules/aws-sdk/clients/dynamodb.js": `require("../lib/node_loader"); const AWS = require("../lib/core"); module.exports = function DynamoDB(o) { this.config = new AWS.Config(Object.assign({}, AWS.config.values, o)).values };`,
	"node_modules/aws-sdk/lib/core.js": `const AWS = {}; module.exports = AWS;
AWS.Config = function Config(o) { this.values = {}; for (const k of Object.keys(this.keys)) { const d = this.keys[k]; this.values[k] = o && o[k] !== undefined ? o[k] : (typeof d === "function" ? d() : d) } };
AWS.Config.prototype.keys = {endpoint: undefined, s3ForcePathStyle: false, region: undefined, other: 1};
AWS.Config.prototype.update = function (o) { Object.assign(this.values, o) };
AWS.config = new AWS.Config();`,
}

func TestSDKV2GetsItsEndpoint(t *testing.T) {
	p, _ := newPool(t, func(c *Config) { c.Endpoint = func() string { return "http://127.0.0.1:4566" } })
	const all = `{"endpoint":"http://127.0.0.1:4566","s3ForcePathStyle":true,"region":"us-east-1","other":1}`
	for name, tc := range map[string]struct{ file, code, want string }{
		"whole":    {"index.js", `const AWS = require("aws-sdk"); exports.handler = async () => AWS.config.values`, all},
		"client":   {"index.js", `const D = require("aws-sdk/clients/dynamodb"); exports.handler = async () => new D().config`, all},
		"esm":      {"index.mjs", `import AWS from "aws-sdk"; export const handler = async () => AWS.config.values`, all},
		"own":      {"index.js", `const D = require("aws-sdk/clients/dynamodb"); exports.handler = async () => new D({endpoint: "http://own"}).config.endpoint`, `"http://own"`},
		"ignored":  {"index.js", `process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true"; const AWS = require("aws-sdk"); exports.handler = async () => AWS.config.values.s3ForcePathStyle`, `false`},
		"new conf": {"index.js", `const AWS = require("aws-sdk"); exports.handler = async () => new AWS.Config({region: "eu-west-1"}).values.region`, `"eu-west-1"`},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{tc.file: tc.code}
			for k, v := range sdkV2 {
				files[k] = v
			}
			spec := newSpec(t, files)
			spec.ARN += name
			if r := invoke(t, p, spec, `{}`); string(r.Payload) != tc.want {
				t.Errorf("got %s, want %s", r.Payload, tc.want)
			}
		})
	}
}
