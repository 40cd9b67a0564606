package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/document"
	"github.com/bawn-dev/bawn/internal/project"
	"github.com/bawn-dev/bawn/internal/server"
)

// development is one run of `bawn dev`: the server, the project as it was last
// loaded, and the loop that follows its files.
type development struct {
	app       *app
	dir, data string
	options   *devOptions
	listening *server.Listening
	paint     painter
	began     time.Time

	server  *server.Server
	bundler *project.Bundler
	current *project.Project
	bundles []*project.Bundle
	// notes are those of the latest project, by their text.
	notes map[string]bool
}

func (d *development) run(ctx context.Context, config server.Config) error {
	d.bundler = project.NewBundler()
	defer d.bundler.Close()
	loaded, err := d.load()
	if err != nil {
		return projectFailure(err)
	}
	if config.Region == "" {
		config.Region = loaded.Region
	}
	if d.server, err = server.Start(ctx, config, d.listening); err != nil {
		return err
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		d.server.Close(stop)
	}()
	deployed, err := d.deploy(ctx, loaded)
	if err != nil {
		return err
	}
	d.banner(deployed)
	if d.options.open && deployed != nil && deployed.Outputs["ServiceEndpoint"] != "" {
		openBrowser(ctx, deployed.Outputs["ServiceEndpoint"])
	}
	return d.loop(ctx)
}

// load reads the project's files.
func (d *development) load() (*project.Project, error) {
	region := d.options.region
	if region == "" {
		region = server.DefaultRegion
	}
	options := map[string]string{}
	if d.options.stage != "" {
		options["stage"] = d.options.stage
	}
	if d.options.region != "" {
		options["region"] = d.options.region
	}
	params := map[string]string{}
	for _, p := range d.options.params {
		name, value, _ := strings.Cut(p, "=")
		params[name] = value
	}
	data, err := filepath.Abs(d.data)
	if err != nil {
		return nil, err
	}
	loaded, err := project.Load(project.Options{
		Dir: d.dir, Data: data, Options: options, Params: params, Environ: environ(),
		Account: server.DefaultAccount, Region: region, InstanceID: "local",
		APIEndpoint: d.listening.Endpoint + "/_api/{api}",
	})
	if errors.Is(err, project.ErrNone) {
		return loaded, nil // an empty Bawn, until a project file comes
	}
	return loaded, err
}

// environ is this process's environment for ${env:}. Functions never see it.
func environ() map[string]string {
	env := map[string]string{}
	for _, line := range os.Environ() {
		if k, v, ok := strings.Cut(line, "="); ok {
			env[k] = v
		}
	}
	return env
}

// deploy bundles and deploys a loaded project and writes what clients need.
// It returns nil without an error for a folder without a project.
func (d *development) deploy(ctx context.Context, p *project.Project) (*server.Deployment, error) {
	if p.Kind == project.None {
		d.current, d.bundles = p, nil
		return nil, d.server.WriteOutputs(&server.Deployment{Outputs: map[string]string{}})
	}
	bundles, err := p.Bundle(ctx, d.bundler)
	if err != nil {
		return nil, projectFailure(err)
	}
	d.printNotes(p.Warnings)
	d.printFaults(bundles)
	deployed, err := d.server.Deploy(ctx, p)
	if err != nil {
		return nil, d.deployFailure(p, err)
	}
	d.current, d.bundles = p, bundles
	if err := d.server.WriteOutputs(deployed); err != nil {
		return nil, err
	}
	return deployed, d.writeNames(p)
}

// printNotes prints the notes of a project that were not printed before: a
// deployment follows every change of a file.
func (d *development) printNotes(notes []*document.Error) {
	said := d.notes
	d.notes = map[string]bool{}
	for _, n := range notes {
		text := n.What + "\n" + n.Fix
		if d.notes[text] = true; !said[text] {
			printProblem(d.app.errOut, d.paint, n, "note")
		}
	}
}

func (d *development) printFaults(bundles []*project.Bundle) {
	for _, b := range bundles {
		for _, e := range b.Problems {
			printProblem(d.app.errOut, d.paint, e, "fault")
		}
	}
}

// deployFailure names the resource that failed and its place in the files.
func (d *development) deployFailure(p *project.Project, err error) error {
	var failed *server.DeployError
	var refused *awsapi.Error
	switch {
	case errors.As(err, &failed):
	case errors.As(err, &refused):
		failed = &server.DeployError{Reason: refused.Message}
	default:
		return err
	}
	f := &failure{what: "the deployment of " + p.StackName + " failed; everything is as it was before", why: failed.Reason}
	if failed.LogicalID != "" {
		f.what = failed.LogicalID + ": " + f.what
		f.where = p.Locate(failed.LogicalID, failed.Path...).String()
	}
	return f
}

// namesFile tells the other commands the functions' full names.
const namesFile = "functions.json"

func (d *development) writeNames(p *project.Project) error {
	names := map[string]string{}
	for _, f := range p.Functions {
		names[f.Key] = f.Name
	}
	text, err := json.Marshal(names)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.data, namesFile), text, 0o600)
}

// fullName returns the deployed name of a function named as in the project.
func fullName(data, name string) string {
	text, err := os.ReadFile(filepath.Join(data, namesFile))
	if err != nil {
		return name
	}
	var names map[string]string
	if json.Unmarshal(text, &names) == nil && names[name] != "" {
		return names[name]
	}
	return name
}

// loop prints requests and follows the files until the context ends.
func (d *development) loop(ctx context.Context) error {
	watcher, err := project.NewWatcher()
	if err != nil {
		return err
	}
	defer func() { _ = watcher.Close() }()
	if err := watcher.Set(d.inputs()); err != nil {
		return err
	}
	entries := d.server.Journal().Subscribe(ctx, 1024)
	for {
		select {
		case <-ctx.Done():
			if !d.app.json {
				put(d.app.out, "\nstopped\n")
			}
			return nil
		case err := <-d.server.Failed():
			return err
		case e, ok := <-entries:
			if ok {
				d.printEntries(e, entries)
			}
		case changed, ok := <-watcher.Changes:
			if !ok {
				return nil
			}
			d.follow(ctx, changed)
			if err := watcher.Set(d.inputs()); err != nil {
				return err
			}
		}
	}
}

// inputs are all files whose change matters.
func (d *development) inputs() []string {
	files := slices.Clone(d.current.Inputs)
	for _, b := range d.bundles {
		files = append(files, b.Inputs...)
	}
	return files
}

// follow deploys what a change of files asks for. A fault is printed, and the
// stack stays as it was.
func (d *development) follow(ctx context.Context, changed []string) {
	began := time.Now()
	loaded, err := d.load()
	if err != nil {
		d.watchBroken(loaded)
		report(d.app.errOut, d.paint, projectFailure(err))
		return
	}
	if _, err := d.deploy(ctx, loaded); err != nil {
		if ctx.Err() == nil {
			report(d.app.errOut, d.paint, err)
		}
		return
	}
	names := make([]string, len(changed))
	for i, f := range changed {
		names[i] = relativeTo(d.dir, f)
	}
	d.line("deployed", strings.Join(names, ", "), time.Since(began))
}

// watchBroken keeps following the files of a project that did not load.
func (d *development) watchBroken(p *project.Project) {
	if p == nil {
		return
	}
	for _, f := range p.Inputs {
		if !slices.Contains(d.current.Inputs, f) {
			d.current.Inputs = append(d.current.Inputs, f)
		}
	}
}

func relativeTo(dir, file string) string {
	if r, err := filepath.Rel(dir, file); err == nil {
		return r
	}
	return file
}
