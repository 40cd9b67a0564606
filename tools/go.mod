module github.com/bawn-dev/bawn/tools

go 1.26.0
