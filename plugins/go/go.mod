module github.com/airgo-dev/airgo/plugins/go

go 1.24
