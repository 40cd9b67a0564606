package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/blob"
	"github.com/bawn-dev/bawn/internal/blob/fileblob"
	"github.com/bawn-dev/bawn/internal/blob/memblob"
	"github.com/bawn-dev/bawn/internal/console"
	"github.com/bawn-dev/bawn/internal/execute"
	"github.com/bawn-dev/bawn/internal/function"
	"github.com/bawn-dev/bawn/internal/gateway"
	"github.com/bawn-dev/bawn/internal/journal"
	"github.com/bawn-dev/bawn/internal/mail"
	"github.com/bawn-dev/bawn/internal/seal"
	"github.com/bawn-dev/bawn/internal/service/apigateway"
	"github.com/bawn-dev/bawn/internal/service/cloudformation"
	"github.com/bawn-dev/bawn/internal/service/cognitoidentity"
	"github.com/bawn-dev/bawn/internal/service/cognitoidp"
	"github.com/bawn-dev/bawn/internal/service/dynamodb"
	"github.com/bawn-dev/bawn/internal/service/iam"
	"github.com/bawn-dev/bawn/internal/service/lambda"
	"github.com/bawn-dev/bawn/internal/service/logs"
	"github.com/bawn-dev/bawn/internal/service/s3"
	"github.com/bawn-dev/bawn/internal/service/sts"
	"github.com/bawn-dev/bawn/internal/shape"
	shapeapigateway "github.com/bawn-dev/bawn/internal/shape/apigateway"
	shapeapigatewayv2 "github.com/bawn-dev/bawn/internal/shape/apigatewayv2"
	shapecloudformation "github.com/bawn-dev/bawn/internal/shape/cloudformation"
	shapecognitoidentity "github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
	shapecognitoidp "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	shapedynamodb "github.com/bawn-dev/bawn/internal/shape/dynamodb"
	shapeiam "github.com/bawn-dev/bawn/internal/shape/iam"
	shapelambda "github.com/bawn-dev/bawn/internal/shape/lambda"
	shapelogs "github.com/bawn-dev/bawn/internal/shape/logs"
	shapes3 "github.com/bawn-dev/bawn/internal/shape/s3"
	shapests "github.com/bawn-dev/bawn/internal/shape/sts"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/driver"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/internal/store/pebblestore"
)

// parts is everything a Server is wired of.
type parts struct {
	db      *store.DB
	blobs   blob.Store
	keyring *seal.Keyring
	journal *journal.Journal
	inbox   *mail.Inbox
	door    *awsapi.Door
	gateway *gateway.Gateway
	pool    *function.Pool

	iam             *iam.Service
	sts             *sts.Service
	cognitoidp      *cognitoidp.Service
	cognitoidentity *cognitoidentity.Service
	dynamodb        *dynamodb.Service
	s3              *s3.Service
	lambda          *lambda.Service
	logs            *logs.Service
	apigateway      *apigateway.Service
	cloudformation  *cloudformation.Service
}

// journalSize is how many requests are kept for `bawn requests` and `bawn why`.
const journalSize = 5000

// models are the wire models of all services, built or not.
func models() []*shape.Model {
	return []*shape.Model{
		shapeapigateway.Model, shapeapigatewayv2.Model, shapecloudformation.Model, shapecognitoidentity.Model, shapecognitoidp.Model,
		shapedynamodb.Model, shapeiam.Model, shapelambda.Model, shapelogs.Model, shapes3.Model, shapests.Model, console.Model(),
	}
}

// assemble opens the stores, then builds floor on floor.
func (s *Server) assemble(ctx context.Context) error {
	if err := s.openStores(); err != nil {
		return err
	}
	c := s.config
	s.journal = journal.New(journalSize, c.Log)
	s.inbox = mail.NewInbox(s.db, c.Clock, c.IDs, mail.DefaultLimit)
	var err error
	if s.iam, err = iam.New(iam.Config{DB: s.db, Keyring: s.keyring, Clock: c.Clock, IDs: c.IDs, Account: c.Account, Log: c.Log}); err != nil {
		return err
	}
	s.door = awsapi.NewDoor(c.Account, s.iam)
	for _, step := range []func(context.Context) error{s.assembleAccess, s.assembleData, s.assembleFunctions, s.assembleStacks} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	s.register()
	s.assembleGateway()
	return nil
}

// openStores opens the database, the blobs and the master key.
func (s *Server) openStores() (err error) {
	var engine driver.Store
	if s.config.Ephemeral {
		engine, s.blobs, s.keyring = memstore.New(), memblob.New(s.config.IDs, s.config.Clock), seal.Generate()
	} else {
		if s.keyring, err = s.masterKey(); err != nil {
			return err
		}
		if engine, err = pebblestore.Open(s.data.join("store"), pebblestore.Options{Logger: s.config.Log}); err != nil {
			return err
		}
	}
	s.db = store.New(engine)
	s.onClose(s.db.Close)
	if !s.config.Ephemeral {
		s.blobs, err = fileblob.Open(s.data.join("blobs"), s.config.IDs)
	}
	return err
}

// masterKey opens the master key, or makes it at the first start. Where a
// store is already, a missing key is not made anew: everything sealed in the
// store would be lost for good.
func (s *Server) masterKey() (*seal.Keyring, error) {
	path := s.data.join("master.key")
	if _, err := os.Stat(s.data.join("store")); err != nil {
		return seal.LoadOrCreate(path)
	}
	keyring, err := seal.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the master key of this data folder is missing; put %s back, or start over with: bawn reset", path)
	}
	return keyring, err
}

// assembleAccess builds the services that say who somebody is.
func (s *Server) assembleAccess(context.Context) (err error) {
	c := s.config
	s.cognitoidp, err = cognitoidp.New(cognitoidp.Config{
		Account: c.Account, Region: c.Region, DB: s.db, Keyring: s.keyring, Mailer: s.inbox, Clock: c.Clock, IDs: c.IDs, Log: c.Log,
	})
	if err != nil {
		return err
	}
	s.onClose(func() error { s.cognitoidp.Close(); return nil })
	s.cognitoidentity = cognitoidentity.New(cognitoidentity.Config{
		DB: s.db, Keyring: s.keyring, Clock: c.Clock, IDs: c.IDs, Account: c.Account, Region: c.Region, Roles: s.iam, Tokens: s.cognitoidp, Log: c.Log,
	})
	s.sts = sts.New(sts.Config{Clock: c.Clock, Account: c.Account, Roles: s.iam, WebIdentities: s.cognitoidentity})
	return nil
}

// assembleData builds the services that keep what applications store.
func (s *Server) assembleData(context.Context) (err error) {
	c := s.config
	s.dynamodb = dynamodb.New(dynamodb.Config{DB: s.db, Clock: c.Clock, IDs: c.IDs})
	s.onClose(s.dynamodb.Close)
	s.s3 = s3.New(s3.Config{
		DB: s.db, Blobs: s.blobs, Clock: c.Clock, IDs: c.IDs, Sealer: s.keyring.Sealer("s3 objects"),
		Account: c.Account, Region: c.Region, Principals: s.iam, Logger: c.Log,
	})
	s.onClose(s.s3.Close)
	s.logs, err = logs.New(logs.Config{DB: s.db, Clock: c.Clock, IDs: c.IDs, Logger: c.Log, Account: c.Account, Region: c.Region})
	if err != nil {
		return err
	}
	s.onClose(s.logs.Close)
	return nil
}

// assembleFunctions builds the pool of processes and the lambda service.
func (s *Server) assembleFunctions(context.Context) error {
	c := s.config
	runDir, err := os.MkdirTemp("", "bawn-run-")
	if err != nil {
		return fmt.Errorf("make a folder for functions: %w", err)
	}
	s.onClose(removeAll(runDir))
	// Functions may run as users of their own; they see nothing in here but
	// what is theirs.
	if err := os.Chmod(runDir, 0o711); err != nil { //nolint:gosec // searchable, not readable
		return err
	}
	node, err := exec.LookPath("node")
	if err != nil {
		node = "" // calls say that Node is missing; doctor says what to do
	}
	s.pool, err = function.New(function.Config{
		Node: node, RunDir: runDir, Hidden: s.hidden(), Endpoint: func() string { return s.endpoint }, Region: c.Region, Account: c.Account,
		Clock: c.Clock, IDs: c.IDs, Logger: c.Log, Credentials: &executionRoles{sts: s.sts}, Logs: s.logs, NoSandbox: c.NoSandbox,
	})
	if err != nil {
		return err
	}
	s.onClose(s.pool.Close)
	code := s.data.join("code")
	if c.Ephemeral {
		code = filepath.Join(runDir, "code")
	}
	if err := os.MkdirAll(code, 0o755); err != nil { //nolint:gosec // functions of other users read their code below
		return err
	}
	root := ""
	if c.Dev {
		root = c.ProjectDir
		if root == "" {
			root = s.data.path
		}
	}
	s.lambda, err = lambda.New(lambda.Config{
		DB: s.db, Clock: c.Clock, IDs: c.IDs, Logger: c.Log, Account: c.Account, Region: c.Region, CodeDir: code,
		LocalCodeRoot: root, Runner: &runner{pool: s.pool}, Roles: s.iam,
	})
	if err != nil {
		return err
	}
	s.onClose(s.lambda.Close)
	return nil
}

// hidden are the places of the data folder no function may see.
func (s *Server) hidden() []string {
	return []string{s.data.join("master.key"), s.data.join("store"), s.data.join("blobs"), s.data.join("settings.json"), s.data.join("env")}
}

// assembleStacks builds API Gateway and CloudFormation.
func (s *Server) assembleStacks(context.Context) error {
	c := s.config
	s.apigateway = apigateway.New(apigateway.Config{DB: s.db, Clock: c.Clock, IDs: c.IDs, Account: c.Account, Region: c.Region, CheckTemplate: execute.CheckTemplate})
	s.cloudformation = cloudformation.New(cloudformation.Config{
		DB: s.db, Door: s.door, Clock: c.Clock, IDs: c.IDs, Log: c.Log, Sealer: s.keyring.Sealer("cloudformation stacks"),
		Account: c.Account, Region: c.Region,
	})
	s.onClose(s.cloudformation.Close)
	return nil
}

// register gives every service to the door.
func (s *Server) register() {
	control := console.New(s.journal, s.inbox, s.status)
	for _, service := range []*awsapi.Service{
		{Name: "iam", Table: s.iam.Operations(), Deny: iam.Deny},
		{Name: "sts", Table: s.sts.Operations(), Deny: sts.Deny},
		{Name: "cognito-idp", Table: s.cognitoidp.Operations()},
		{Name: "cognito-identity", Table: s.cognitoidentity.Operations()},
		{Name: "dynamodb", Table: s.dynamodb.Operations(), Deny: dynamodb.Deny},
		{Name: "s3", Table: s.s3.Operations(), Deny: s3.Deny, Anonymous: true},
		{Name: "cloudformation", Table: s.cloudformation.Operations(), Deny: cloudformation.Deny},
		{Name: "apigatewayv2", Table: awsapi.NewTable()},
		{Name: "bawn", Table: control.Operations()},
		s.lambda.Service(), s.logs.Service(), s.apigateway.Service(),
	} {
		s.door.Register(service)
	}
}

// assembleGateway builds the data plane and the gate before everything.
func (s *Server) assembleGateway() {
	c := s.config
	plane := execute.New(execute.Config{
		Account: c.Account, Region: c.Region, APIs: s.apigateway, Authorizer: s.iam,
		Functions: &stageFunctions{door: s.door, account: c.Account}, Tokens: &stageTokens{pools: s.cognitoidp},
	})
	s.gateway = gateway.New(gateway.Config{
		Account: c.Account, Region: c.Region, TrustLoopback: c.Dev, Door: s.door, Credentials: s.iam, Journal: s.journal,
		Clock: c.Clock, IDs: c.IDs, Log: c.Log, Models: models(), Stage: plane,
		Hosted: &poolDocuments{pools: s.cognitoidp, endpoint: s.endpoint}, Buckets: s.s3,
	})
}

// status is what GetStatus answers.
func (s *Server) status() console.Status {
	st := console.Status{
		Version: s.config.Version, Endpoint: s.endpoint, Account: s.config.Account, Region: s.config.Region, Data: s.data.path,
		Sandbox: s.Sandbox(), StartedMs: float64(s.config.Clock.Now().Sub(s.began).Milliseconds()),
	}
	if node, err := exec.LookPath("node"); err == nil {
		st.Node = node
	}
	return st
}
