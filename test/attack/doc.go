// Package attack holds the attack cases that Bawn must withstand, each a test
// named with its number (TestAttack07...), run over real connections against a
// whole server. A number means the same case in every package: 1-14 are signatures
// and object storage, 15-30 policies, sts and the server itself, 31-43 sign-in
// and identity pools. Packages have tests of their own with these numbers;
// here the whole way of a request is meant.
//
// What is attacked but not built is tested too: it must answer by name that it
// is not built. When it gets built, its test fails and wants to be written.
package attack
