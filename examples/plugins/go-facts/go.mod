module github.com/airgo-dev/airgo/examples/plugins/go-facts

go 1.24

require github.com/airgo-dev/airgo/plugins/go v0.0.0

// In a plugin that `airgo plugin new --lang go` made, this is ./sdk.
replace github.com/airgo-dev/airgo/plugins/go => ../../../plugins/go
