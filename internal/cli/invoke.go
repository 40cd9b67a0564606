package cli

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"
)

func (a *app) invokeCommand() *cobra.Command {
	var path, payload string
	c := &cobra.Command{
		Use: "invoke FUNCTION", Short: "Call a function with an event and print its answer", Args: exactly(1, "the name of a function"),
		Long: "Calls a function with the event in --path FILE (- for standard input) or --payload JSON.\nThe function may be named as in serverless.yml or by its full name.",
		RunE: func(cmd *cobra.Command, args []string) error {
			event, err := readEvent(cmd.InOrStdin(), path, payload)
			if err != nil {
				return err
			}
			c, err := newClient(a.dataFolder())
			if err != nil {
				return err
			}
			name := fullName(a.dataFolder(), args[0])
			got, err := c.send(cmd.Context(), "lambda", http.MethodPost, "/2015-03-31/functions/"+url.PathEscape(name)+"/invocations",
				map[string]string{"X-Amz-Log-Type": "Tail", "Content-Type": "application/json"}, event)
			if err != nil {
				return err
			}
			if got.status >= 300 {
				return got.failure("invoke " + args[0])
			}
			return a.printInvoke(args[0], got)
		},
	}
	c.Flags().StringVar(&path, "path", "", "file with the event, - for standard input")
	c.Flags().StringVar(&payload, "payload", "", "the event itself")
	return c
}

func (a *app) printInvoke(name string, got *answer) error {
	log, err := base64.StdEncoding.DecodeString(got.header.Get("X-Amz-Log-Result"))
	if err != nil {
		log = nil
	}
	functionError := got.header.Get("X-Amz-Function-Error")
	if a.json {
		out := map[string]any{"payload": json.RawMessage(got.body), "log": string(log)}
		if !json.Valid(got.body) {
			out["payload"] = string(got.body)
		}
		if functionError != "" {
			out["functionError"] = functionError
		}
		if err := putJSON(a.out, out); err != nil {
			return err
		}
	} else {
		put(a.errOut, "%s", paintFor(a.errOut).dim(string(log)))
		put(a.out, "%s\n", got.body)
	}
	if functionError != "" {
		return &failure{what: "the function " + name + " failed (" + functionError + ")", todo: []string{"its log: bawn logs " + name}}
	}
	return nil
}

// readEvent returns the event of an invocation; {} when none was given.
func readEvent(stdin io.Reader, path, payload string) ([]byte, error) {
	event := []byte(payload)
	switch {
	case path == "-":
		b, err := io.ReadAll(io.LimitReader(stdin, 6<<20))
		if err != nil {
			return nil, err
		}
		event = b
	case path != "":
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, &failure{what: "cannot read the event", where: path, why: err.Error()}
		}
		event = b
	}
	if len(event) == 0 {
		return []byte("{}"), nil
	}
	if !json.Valid(event) {
		return nil, &usageError{&failure{what: "the event is not JSON", where: path}}
	}
	return event, nil
}
