package pebblestore

import (
	"testing"

	"github.com/bawn-dev/bawn/internal/store/driver"
	"github.com/bawn-dev/bawn/internal/store/storetest"
)

func TestSuite(t *testing.T) {
	storetest.Run(t, storetest.Engine{Open: openAny, Durable: true})
}

func openAny(t testing.TB, dir string) driver.Store {
	t.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
