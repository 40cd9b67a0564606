// Package attack holds the attack cases that Bawn must withstand, each a test
// named with its number (TestAttack07...), run over real connections against a
// whole server. The numbers are those of the list in SECURITY.md's test plan:
// 1-14 signatures and object storage, 15-30 policies, sts and the server
// itself, 31-43 sign-in and identity pools. Packages have tests of their own
// with the same numbers; here the whole way of a request is meant.
//
// What is attacked but not built is tested too: it must answer by name that it
// is not built. When it gets built, its test fails and wants to be written.
package attack
