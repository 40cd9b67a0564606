// Package expression is DynamoDB's data model and expression language without
// a database: attribute values and items with their typed-JSON codec, decimal
// numbers of 38 digits, sizes, the binary form items are stored in and the
// order-preserving bytes their keys are sorted by; and the parser and evaluator
// of condition, filter, key-condition, projection and update expressions and of
// the legacy parameters (Expected, AttributeUpdates, KeyConditions ...), which
// are translated to the same evaluator.
//
// Everything here is pure: no clock, no store, no network. Expressions are
// compiled once and are immutable afterwards, so they can be cached and shared.
//
// Error texts are AWS's own, as clients and test suites compare them. Sources:
// the DynamoDB developer guide (naming rules, data types, item sizes, condition
// expressions, update expressions, reserved words) and recorded answers.
package expression
