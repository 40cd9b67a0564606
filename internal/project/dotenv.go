package project

import (
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// dotenv loads the project's .env files: .env.STAGE.local, .env.local,
// .env.STAGE, .env, the earlier one winning and the environment over all. What
// they set is visible to ${env:} only, as with useDotenv; the plugin
// serverless-dotenv-plugin also gives it to the functions.
func (c *compiler) dotenv() {
	stage, err := c.r.stage()
	if err != nil {
		return // reported when the stage is read
	}
	c.provider.dotenv = map[string]string{}
	for _, name := range []string{".env." + stage + ".local", ".env.local", ".env." + stage, ".env"} {
		data, err := c.read(filepath.Join(c.o.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			c.fail(document.Position{File: name}, "cannot read it: %v", err)
			continue
		}
		for _, kv := range parseDotenv(string(data), c.environ) {
			if _, ok := c.provider.dotenv[kv[0]]; !ok {
				c.provider.dotenv[kv[0]] = kv[1]
			}
			if _, ok := c.environ[kv[0]]; !ok {
				c.environ[kv[0]] = kv[1]
			}
		}
	}
}

var (
	dotenvLine     = regexp.MustCompile(`^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)$`)
	dotenvVariable = regexp.MustCompile(`\\?\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))`)
)

// parseDotenv reads KEY=value lines: quotes, comments, \n within double quotes,
// values over several lines within quotes, $NAME and ${NAME}.
func parseDotenv(data string, environ map[string]string) [][2]string {
	var out [][2]string
	known := map[string]string{}
	lines := strings.Split(strings.ReplaceAll(data, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		m := dotenvLine.FindStringSubmatch(lines[i])
		if m == nil {
			continue
		}
		key, value := m[1], strings.TrimSpace(m[2])
		expand := true
		if value != "" && strings.IndexByte("\"'`", value[0]) >= 0 {
			q := value[0]
			text := m[2][strings.IndexByte(m[2], q)+1:]
			for strings.IndexByte(text, q) < 0 && i+1 < len(lines) {
				i++
				text += "\n" + lines[i]
			}
			if end := strings.LastIndexByte(text, q); end >= 0 {
				text = text[:end]
			}
			if q == '"' {
				text = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\"`, `"`).Replace(text)
			}
			value, expand = text, q != '\''
		} else if at := strings.Index(value, " #"); at >= 0 {
			value = strings.TrimSpace(value[:at])
		} else if strings.HasPrefix(value, "#") {
			value = ""
		}
		if expand {
			value = dotenvVariable.ReplaceAllStringFunc(value, func(v string) string {
				if v[0] == '\\' {
					return v[1:]
				}
				name := strings.Trim(v, "${}")
				if have, ok := environ[name]; ok {
					return have
				}
				return known[name]
			})
		}
		known[key] = value
		out = append(out, [2]string{key, value})
	}
	return out
}
