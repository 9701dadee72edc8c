package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

func get(t *testing.T, cfg config, path, languages string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Header.Set("Accept-Language", languages)
	answer := httptest.NewRecorder()
	newServer(cfg, zerolog.Nop()).ServeHTTP(answer, request)
	return answer
}

func TestGreetsInTheReadersLanguage(t *testing.T) {
	for languages, want := range map[string]string{
		"":                   "Hello, Ada!",
		"fr-CH, en;q=0.8":    "Bonjour, Ada!",
		"de":                 "Guten Tag, Ada!",
		"tlh":                "Hello, Ada!",
		"ja-JP, ja;q=0.9":    "こんにちは, Ada!",
		"nonsense;;q=twelve": "Hello, Ada!",
	} {
		var got greeting
		require.NoError(t, json.Unmarshal(get(t, defaultConfig(), "/hello/Ada", languages).Body.Bytes(), &got))
		require.Equal(t, want, got.Text, languages)
		require.NotEmpty(t, got.ID)
	}
}

func TestAsksForPatience(t *testing.T) {
	cfg := defaultConfig()
	cfg.PerSecond = 0
	handler := newServer(cfg, zerolog.Nop())
	codes := []int{}
	for range 2 {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		codes = append(codes, answer.Code)
	}
	require.Equal(t, []int{http.StatusOK, http.StatusTooManyRequests}, codes)
}

func TestReadsBothKindsOfConfiguration(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"c.toml": "listen = \":1\"\n[greetings]\nen = \"Hi\"\n",
		"c.yaml": "listen: \":1\"\ngreetings:\n  en: Hi\n",
	} {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		cfg, err := loadConfig(file)
		require.NoError(t, err)
		require.Equal(t, ":1", cfg.Listen)
		require.Equal(t, "Hi", cfg.Greetings["en"])
		require.InDelta(t, 100, cfg.PerSecond, 0)
	}
	_, err := loadConfig(filepath.Join(dir, "missing.toml"))
	require.Error(t, err)
}

func TestSelfcheck(t *testing.T) {
	require.NoError(t, selfcheck(newServer(defaultConfig(), zerolog.Nop())))
}
