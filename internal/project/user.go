package project

import (
	"slices"

	"github.com/bawn-dev/bawn/internal/document"
)

// templateSections are what resources may hold beside Resources and Outputs.
var templateSections = []string{
	"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions",
	"Resources", "Outputs", "Transform", "extensions", "Extensions",
}

// mergeUser puts the project's own resources over what was made: a map, or a
// list of maps. A resource of the same logical id is merged into the made one.
func (c *compiler) mergeUser(n *document.Node) {
	if n == nil {
		return
	}
	parts := []*document.Node{n}
	if n.Kind == document.List {
		parts = n.Items
	}
	var extensions []document.Member
	for _, part := range parts {
		if part.Kind == document.Null {
			continue
		}
		if part.Kind != document.Map {
			c.fail(part.Pos, "resources must be a map with Resources and Outputs, this is %s", part.Kind)
			continue
		}
		c.checkSections(part)
		for _, m := range part.Members {
			switch m.Key {
			case "Resources":
				c.mergeResources(m.Value)
			case "Outputs":
				mergeMap(c.outputs, m.Value, c, "Outputs")
			case "extensions", "Extensions":
				extensions = append(extensions, m.Value.Members...)
			case "Transform":
				c.unbuilt(m.KeyPos, "resources.Transform")
			case "AWSTemplateFormatVersion", "Description":
			default:
				c.mergeSection(m)
			}
		}
	}
	for _, m := range extensions {
		c.extend(m)
	}
}

func (c *compiler) checkSections(part *document.Node) {
	for _, m := range part.Members {
		if slices.Contains(templateSections, m.Key) {
			continue
		}
		e := document.Errorf(m.KeyPos, "resources has an unknown section %q", m.Key)
		switch near := nearest(m.Key, templateSections); {
		case m.Value.Get("Type") != nil:
			e = e.WithFix("a resource stands below \"Resources:\"")
		case near != "":
			e = e.WithFix("did you mean %q?", near)
		}
		c.report(e)
	}
}

func (c *compiler) mergeSection(m document.Member) {
	for i := range c.extra {
		if c.extra[i].Key == m.Key {
			mergeMap(c.extra[i].Value, m.Value, c, m.Key)
			return
		}
	}
	c.extra = append(c.extra, document.Member{Key: m.Key, KeyPos: m.KeyPos, Value: m.Value.Clone()})
}

func (c *compiler) mergeResources(n *document.Node) {
	if n.Kind == document.Null {
		return
	}
	if n.Kind != document.Map {
		c.fail(n.Pos, "Resources must be a map of logical ids, this is %s", n.Kind)
		return
	}
	for _, m := range n.Members {
		if m.Value.Kind == document.Null {
			c.report(document.Errorf(m.KeyPos, "the resource %s is empty", m.Key).WithFix("give it a Type and Properties, indented below its name"))
			continue
		}
		if have := c.resources.Get(m.Key); have != nil {
			merged := deepMerge(have, m.Value)
			c.resources.Set(m.Key, merged)
			c.rebind(have, merged)
			continue
		}
		if m.Value.Kind == document.Map && m.Value.Get("Type") == nil {
			c.report(document.Errorf(m.KeyPos, "the resource %s has no Type", m.Key).WithFix("for example \"Type: AWS::DynamoDB::Table\""))
			continue
		}
		c.resources.Members = append(c.resources.Members, document.Member{Key: m.Key, KeyPos: m.KeyPos, Value: m.Value.Clone()})
	}
}

// extend merges one entry of resources.extensions into a made resource: its
// attributes replace, its Properties are merged.
func (c *compiler) extend(m document.Member) {
	have := c.resources.Get(m.Key)
	if have == nil {
		c.report(document.Errorf(m.KeyPos, "extensions names %s, which is not in the template", m.Key).WithFix("extensions change what the framework makes, for example CreateLambdaFunction"))
		return
	}
	merged := have.Clone()
	for _, attribute := range m.Value.Members {
		if attribute.Key == "Properties" && merged.Get("Properties") != nil {
			merged.Set("Properties", deepMerge(merged.Get("Properties"), attribute.Value))
			continue
		}
		merged.Set(attribute.Key, attribute.Value)
	}
	c.resources.Set(m.Key, merged)
	c.rebind(have, merged)
}

// rebind keeps a function's handle on its properties when its resource was
// merged into a new tree.
func (c *compiler) rebind(old, merged *document.Node) {
	for _, f := range c.p.Functions {
		if f.code == old.Get("Properties") {
			f.code = merged.Get("Properties")
		}
	}
}

func mergeMap(into, from *document.Node, c *compiler, what string) {
	if from.Kind == document.Null {
		return
	}
	if from.Kind != document.Map {
		c.fail(from.Pos, "%s must be a map, this is %s", what, from.Kind)
		return
	}
	for _, m := range from.Members {
		if have := into.Get(m.Key); have != nil {
			into.Set(m.Key, deepMerge(have, m.Value))
			continue
		}
		into.Members = append(into.Members, document.Member{Key: m.Key, KeyPos: m.KeyPos, Value: m.Value.Clone()})
	}
}

// deepMerge puts b over a: maps by key, lists by index (as the framework does),
// anything else is replaced.
func deepMerge(a, b *document.Node) *document.Node {
	switch {
	case b == nil || b.Kind == document.Null:
		return a.Clone()
	case a == nil || a.Kind != b.Kind:
		return b.Clone()
	case a.Kind == document.Map:
		out := a.Clone()
		for _, m := range b.Members {
			if have := out.Get(m.Key); have != nil {
				out.Set(m.Key, deepMerge(have, m.Value))
				continue
			}
			out.Members = append(out.Members, document.Member{Key: m.Key, KeyPos: m.KeyPos, Value: m.Value.Clone()})
		}
		return out
	case a.Kind == document.List:
		out := a.Clone()
		for i, item := range b.Items {
			if i < len(out.Items) {
				out.Items[i] = deepMerge(out.Items[i], item)
				continue
			}
			out.Items = append(out.Items, item.Clone())
		}
		return out
	}
	return b.Clone()
}
