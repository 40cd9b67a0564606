package memblob_test

import (
	"testing"

	"github.com/bawn-dev/bawn/internal/blob"
	"github.com/bawn-dev/bawn/internal/blob/blobtest"
	"github.com/bawn-dev/bawn/internal/blob/memblob"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
)

func TestSuite(t *testing.T) {
	blobtest.Run(t, func(testing.TB) blob.Store { return memblob.New(ids.New(nil), clock.System{}) })
}
