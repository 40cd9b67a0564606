// Package project turns what a developer keeps in a folder into one
// CloudFormation template: a serverless.yml (Serverless Framework v1 to v4), or
// a plain CloudFormation template. It bundles the functions' sources with
// esbuild and watches every file that went in.
//
// The template has exactly the logical ids and resources that the Serverless
// Framework makes, so that Ref and Fn::GetAtt in a project's own resources, and
// its extensions, find what they name. Left out are the deployment bucket and
// function versions, which only serve uploads to the cloud.
//
// The way of a project: Load reads the file and its ${file()} parts as trees
// with positions, the resolver replaces variables, the compiler checks every
// key and emits resources (one file per subject), Bundle builds each function
// into BUILD/<function>/<hash>/, Template writes the JSON. What is not built is
// an error at its file, line and column; nothing is dropped in silence.
//
// In development a function's Code is {S3Bucket: LocalCodeBucket, S3Key: folder}.
//
// May import: internal/document. It reads files through Options.ReadFile (the
// sources themselves are read by esbuild and the watcher).
package project
