module torture

go 1.24

require github.com/airgo-dev/airgo/plugins/go v0.0.0

replace github.com/airgo-dev/airgo/plugins/go => ../..
