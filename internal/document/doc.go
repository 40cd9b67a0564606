// Package document reads YAML and JSON into one tree in which every value
// knows its file, line and column, so that an error in a project or in a
// CloudFormation template can point at its place.
//
// It knows the short-form tags of CloudFormation (!Ref, !Sub, !GetAtt ...) and
// expands them to the long form ({"Fn::Sub": ...}), because both readers of
// such files need exactly that; otherwise it knows no service. Anchors, aliases
// and merge keys are resolved within a bound on the size of the tree.
//
// May import: nothing of Bawn.
package document
