package function

import (
	"log/slog"
	"runtime"
	"time"

	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
)

// Config says how functions are run. The zero value of a field means its default.
type Config struct {
	// Node is the absolute path of the node program. Without it every call of a
	// Node function fails with a RuntimeMissing error.
	Node string
	// NodeModules are folders searched for packages that are found nowhere else
	// (NODE_PATH), for example one with aws-sdk for old runtimes.
	NodeModules []string
	// RunDir is an existing folder for the runtime's files and the functions'
	// temporary files. Its parents must be searchable by other users for
	// processes to get a user of their own. It is emptied by Close.
	RunDir string
	// Hidden are folders no function may be given, even if a Spec asks for one
	// that contains them: the data folder with the keys.
	Hidden []string
	// Endpoint returns AWS_ENDPOINT_URL for functions; nil or "" sets none.
	Endpoint func() string
	// Region and Account fill AWS_REGION and AWS_ACCOUNT_ID.
	Region, Account string

	Clock       clock.Clock
	IDs         *ids.Source
	Logger      *slog.Logger
	Credentials CredentialSource // nil: functions get no credentials
	Logs        LogSink

	// Reserve is how many started Node processes wait without code. Default 2; -1 for none.
	Reserve int
	// MaxEnvironments limits the processes of all functions. Default 100.
	MaxEnvironments int
	// Concurrency is the account's limit of calls at the same time. Default 1000.
	Concurrency int
	// IdleTime after which an unused environment ends. Default 10 minutes.
	IdleTime time.Duration
	// QueueTime a call waits at most for a process. Default 10 seconds.
	QueueTime time.Duration
	// Spread is how many environments of one version are started at once for
	// calls that find none idle, and how many very short calls share; beyond it
	// a call first waits a moment for one to become free. Default twice the
	// number of processors.
	Spread int

	// Launcher is the command that starts a process in the sandbox: a program
	// whose main calls LauncherMain. Default: the running program itself.
	Launcher string
	// Sandbox limits the level that is tried. Default: the best that works.
	Sandbox Level
	// NoSandbox runs functions at L0.
	NoSandbox bool
}

const (
	initTime   = 10 * time.Second
	scaleDelay = 20 * time.Millisecond
	// briefCall is how short calls must be to share environments; patience is
	// how long such a call leaves idle environments alone, reluctance how long
	// it waits before it asks for another.
	briefCall   = 1500 * time.Microsecond
	patience    = 5 * time.Millisecond
	reluctance  = 200 * time.Millisecond
	tailSize    = 4 << 10
	maxPayload  = 6<<20 + 100
	maxResponse = 6<<20 + 100
	maxLogText  = 256 << 10
	maxPreload  = 32 << 10
)

func (c *Config) setDefaults() {
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.IDs == nil {
		c.IDs = ids.New(nil)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Logs == nil {
		c.Logs = NoLogs{}
	}
	if c.Endpoint == nil {
		c.Endpoint = func() string { return "" }
	}
	setInt(&c.Reserve, 2)
	setInt(&c.MaxEnvironments, 100)
	setInt(&c.Concurrency, 1000)
	setInt(&c.Spread, 2*runtime.NumCPU())
	if c.IdleTime == 0 {
		c.IdleTime = 10 * time.Minute
	}
	if c.QueueTime == 0 {
		c.QueueTime = 10 * time.Second
	}
	if c.Sandbox == 0 {
		c.Sandbox = LevelNamespace
	}
	if c.NoSandbox {
		c.Sandbox = LevelNone
	}
}

func setInt(p *int, def int) {
	switch {
	case *p == 0:
		*p = def
	case *p < 0:
		*p = 0
	}
}
