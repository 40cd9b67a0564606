package memstore_test

import (
	"testing"

	"github.com/bawn-dev/bawn/internal/store/driver"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/internal/store/storetest"
)

func TestSuite(t *testing.T) {
	storetest.Run(t, storetest.Engine{
		Open: func(testing.TB, string) driver.Store { return memstore.New() },
	})
}
