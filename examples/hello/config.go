package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

// config says where to listen, how often one may ask, and how to greet.
type config struct {
	Listen    string            `toml:"listen" yaml:"listen"`
	PerSecond float64           `toml:"per_second" yaml:"per_second"`
	Greetings map[string]string `toml:"greetings" yaml:"greetings"`
}

func defaultConfig() config {
	return config{
		Listen:    "127.0.0.1:8080",
		PerSecond: 100,
		Greetings: map[string]string{
			"en": "Hello",
			"de": "Guten Tag",
			"fr": "Bonjour",
			"ja": "こんにちは",
			"sw": "Habari",
		},
	}
}

// loadConfig reads a file over the defaults; no file leaves the defaults.
func loadConfig(file string) (config, error) {
	cfg := defaultConfig()
	if file == "" {
		return cfg, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return cfg, err
	}
	switch ext := filepath.Ext(file); ext {
	case ".toml":
		err = toml.Unmarshal(data, &cfg)
	case ".yaml", ".yml":
		err = yaml.Unmarshal(data, &cfg)
	default:
		err = fmt.Errorf("unknown kind of file %q", ext)
	}
	if err != nil {
		return cfg, fmt.Errorf("%s: %w", file, err)
	}
	for tag := range cfg.Greetings {
		if _, err := language.Parse(tag); err != nil {
			return cfg, fmt.Errorf("%s: greeting %q: %w", file, tag, err)
		}
	}
	return cfg, nil
}
