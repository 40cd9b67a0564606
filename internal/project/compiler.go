package project

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// compiler turns one serverless.yml into a template.
type compiler struct {
	*loader
	r       *resolver
	p       *Project
	file    string
	environ map[string]string

	problems Problems
	warnings []*document.Error
	// unknownPlugins may give keys a meaning that is not known here.
	unknownPlugins []string

	provider  providerSettings
	functions []*functionSettings
	resources *document.Node
	outputs   *document.Node
	extra     []document.Member // other sections of the template, from resources
}

// maxProblems bounds a report.
const maxProblems = 25

func (c *compiler) report(e *document.Error) {
	if len(c.problems) < maxProblems && !slices.ContainsFunc(c.problems, func(o *document.Error) bool { return *o == *e }) {
		c.problems = append(c.problems, e)
	}
}

func (c *compiler) fail(pos document.Position, format string, args ...any) {
	c.report(document.Errorf(pos, format, args...))
}

func (c *compiler) warn(pos document.Position, format string, args ...any) {
	c.warnings = append(c.warnings, document.Errorf(pos, format, args...))
}

// unbuilt reports something the framework knows and Bawn does not build.
func (c *compiler) unbuilt(pos document.Position, what string) {
	e := document.Errorf(pos, "%s is not built in Bawn", what)
	if c.o.WarnUnbuilt {
		c.warnings = append(c.warnings, e.WithFix("it is left out"))
		return
	}
	c.report(e.WithFix("remove it"))
}

// resolve replaces the variables of a value; faults are reported.
func (c *compiler) resolve(n *document.Node) *document.Node {
	out, err := c.r.node(n)
	if err != nil {
		var e *document.Error
		if errors.As(err, &e) {
			c.report(e)
		} else {
			c.fail(n.Pos, "%v", err)
		}
		return nil
	}
	if out != nil && out.Kind == document.Null {
		return nil
	}
	return out
}

// foreign says whether a key belongs to a plugin by its form.
func (c *compiler) foreign(key string) bool { return strings.HasPrefix(key, "x-") }

// knownPlugins are replaced by what Bawn does itself.
var knownPlugins = map[string]string{
	"serverless-bundle":                  "Bawn bundles functions itself",
	"serverless-webpack":                 "Bawn bundles functions itself",
	"serverless-esbuild":                 "Bawn bundles functions itself",
	"serverless-plugin-typescript":       "Bawn bundles functions itself",
	"serverless-plugin-esbuild":          "Bawn bundles functions itself",
	"serverless-offline":                 "Bawn serves the API itself",
	"serverless-offline-aws-eventbridge": "Bawn serves the API itself",
	"serverless-dynamodb-local":          "Bawn has its own tables",
	"serverless-dynamodb":                "Bawn has its own tables",
	"serverless-s3-local":                "Bawn has its own buckets",
	"serverless-dotenv-plugin":           "Bawn reads .env itself",
	"serverless-prune-plugin":            "there are no old versions to prune",
}

func (c *compiler) compile(root *document.Node) {
	top := c.object(root, "the project")
	plugins := c.plugins(c.resolve(top.get("plugins")))
	if plugins["serverless-dotenv-plugin"] || c.resolvedBool(top, "useDotenv") {
		c.dotenv()
		c.provider.dotenvToFunctions = plugins["serverless-dotenv-plugin"]
	}
	c.service(top)
	stage, err := c.r.stage()
	if err != nil {
		c.resolve(root.Get("provider").Get("stage"))
		return
	}
	c.p.Stage = stage
	if c.r.options["stage"] == "" {
		c.r.options = withOption(c.r.options, "stage", stage)
	}
	c.readProvider(c.resolve(top.get("provider")))
	if c.r.options["region"] == "" && c.p.Region != "" {
		c.r.options = withOption(c.r.options, "region", c.p.Region)
	}
	if len(c.problems) > 0 {
		return
	}
	c.readFunctions(c.resolve(top.get("functions")))
	user := c.resolve(top.get("resources"))
	top.unbuilt("layers", "stepFunctions")
	top.ignore("frameworkVersion", "app", "org", "tenant", "custom", "params", "stages", "package", "build", "outputs",
		"configValidationMode", "variablesResolutionMode", "unresolvedVariablesNotificationMode",
		"deprecationNotificationMode", "disabledDeprecations", "console", "licenseKey", "enableLocalInstallationFallback",
		"projectDir", "dashboard")
	top.done()
	if len(c.problems) > 0 {
		return
	}
	c.emit(user)
}

func withOption(m map[string]string, key, value string) map[string]string {
	out := map[string]string{key: value}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func (c *compiler) resolvedBool(o *object, key string) bool {
	n := c.resolve(o.get(key))
	return n != nil && n.Text == "true"
}

func (c *compiler) plugins(n *document.Node) map[string]bool {
	found := map[string]bool{}
	if n != nil && n.Kind == document.Map { // the old form: modules and localPath
		n = n.Get("modules")
	}
	if n == nil {
		return found
	}
	for _, item := range n.Items {
		found[item.Text] = true
		if why, ok := knownPlugins[item.Text]; ok {
			c.warn(item.Pos, "the plugin %s is not needed: %s", item.Text, why)
			continue
		}
		c.unknownPlugins = append(c.unknownPlugins, item.Text)
		c.warnings = append(c.warnings, document.Errorf(item.Pos, "the plugin %s is not run: Bawn does not know it", item.Text).
			WithFix("what it would add is missing"))
	}
	return found
}

var serviceName = regexp.MustCompile(`^[a-zA-Z][0-9a-zA-Z-]*$`)

func (c *compiler) service(top *object) {
	n := c.resolve(top.get("service"))
	if n != nil && n.Kind == document.Map { // version 1: service: {name: ...}
		n = n.Get("name")
	}
	if !n.IsScalar() || n.Text == "" {
		c.report(document.Errorf(top.pos("service"), "the project has no service name").WithFix("add a line like \"service: notes\""))
		return
	}
	if !serviceName.MatchString(n.Text) {
		c.fail(n.Pos, "the service name %q must begin with a letter and have only letters, digits and hyphens", n.Text)
	}
	c.p.Service = n.Text
}

// emit writes the template in the framework's order.
func (c *compiler) emit(user *document.Node) {
	c.resources = &document.Node{Kind: document.Map, Pos: document.Position{File: c.file}}
	c.outputs = &document.Node{Kind: document.Map, Pos: document.Position{File: c.file}}
	c.emitLogGroups()
	c.emitRole()
	c.emitFunctions()
	c.emitAPI()
	c.mergeUser(user)
	c.finishDeployment()
	if len(c.problems) > 0 {
		return
	}
	t := document.Of(document.Position{File: c.file}, []document.Pair{
		{Key: "AWSTemplateFormatVersion", Value: "2010-09-09"},
		{Key: "Description", Value: "The AWS CloudFormation template for this Serverless application"},
	})
	for _, m := range c.extra {
		t.Set(m.Key, m.Value)
	}
	t.Set("Resources", c.resources)
	if len(c.outputs.Members) > 0 {
		t.Set("Outputs", c.outputs)
	}
	c.p.template = t
}

// add puts a resource into the template.
func (c *compiler) add(id string, pos document.Position, kind string, properties *document.Node, more ...document.Pair) {
	pairs := append([]document.Pair{{Key: "Type", Value: kind}, {Key: "Properties", Value: properties}}, more...)
	c.resources.Set(id, document.Of(pos, pairs))
}

func ref(id string) []document.Pair { return []document.Pair{{Key: "Ref", Value: id}} }

func getAtt(id, attribute string) []document.Pair {
	return []document.Pair{{Key: "Fn::GetAtt", Value: []string{id, attribute}}}
}

func join(separator string, items ...any) []document.Pair {
	return []document.Pair{{Key: "Fn::Join", Value: []any{separator, items}}}
}

func sub(text string) []document.Pair { return []document.Pair{{Key: "Fn::Sub", Value: text}} }
