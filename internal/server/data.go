package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// dataFolder is an opened data folder.
type dataFolder struct{ path string }

// settings are what later starts keep.
type settings struct {
	Port int `json:"port,omitempty"`
	// AccessKeyID and SecretAccessKey are the administrator's first key. They
	// stand here and in the env file (both 0600), so that the same keys serve
	// after a restart; the store holds the secret only sealed.
	AccessKeyID     string `json:"accessKeyId,omitempty"`
	SecretAccessKey string `json:"secretAccessKey,omitempty"`
}

// openData makes the folder (0700) if need be. A .gitignore keeps the keys
// out of the project's history.
func openData(path string) (*dataFolder, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", path, err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	ignore := filepath.Join(abs, ".gitignore")
	if _, err := os.Stat(ignore); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o600); err != nil {
			return nil, fmt.Errorf("write in the data folder: %w", err)
		}
	}
	return &dataFolder{abs}, nil
}

func (d *dataFolder) join(name string) string { return filepath.Join(d.path, name) }

// settings reads settings.json; an absent file gives the zero value.
func (d *dataFolder) settings() (settings, error) {
	var s settings
	text, err := os.ReadFile(d.join("settings.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s: %w", d.join("settings.json"), err)
	}
	return s, nil
}

func (d *dataFolder) keepSettings(s settings) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return d.write("settings.json", append(text, '\n'))
}

// write replaces a file of the folder (0600) so that a reader sees the old
// content or the new, never half of it, also after a crash.
func (d *dataFolder) write(name string, content []byte) error {
	f, err := os.CreateTemp(d.path, "."+name+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", d.join(name), err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // after the rename there is nothing to remove
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), d.join(name))
	}
	if err == nil {
		err = d.sync()
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", d.join(name), err)
	}
	return nil
}

// sync makes renames in the folder durable.
func (d *dataFolder) sync() error {
	dir, err := os.Open(d.path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if closeErr := dir.Close(); err == nil {
		err = closeErr
	}
	return err
}

// writeEnv writes the KEY=value lines that point AWS clients at this Bawn.
func (d *dataFolder) writeEnv(endpoint, region string, s settings) error {
	lines := []string{
		"AWS_ENDPOINT_URL=" + endpoint,
		"AWS_ACCESS_KEY_ID=" + s.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + s.SecretAccessKey,
		"AWS_REGION=" + region,
		"AWS_DEFAULT_REGION=" + region,
		"BAWN_CONSOLE_URL=" + endpoint + "/_/",
	}
	return d.write("env", []byte(strings.Join(lines, "\n")+"\n"))
}
