// Package bawn holds the rules of the house as tests (floors_test.go,
// budget_test.go). The program is cmd/bawn; ARCHITECTURE.md tells the way.
package bawn
