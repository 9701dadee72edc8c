package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"
	"golang.org/x/text/language"
	"golang.org/x/time/rate"
)

// greeting is what /hello/{name} answers.
type greeting struct {
	ID       uuid.UUID `json:"id"`
	Language string    `json:"language"`
	Text     string    `json:"text"`
}

type server struct {
	config  config
	tags    []language.Tag
	matcher language.Matcher
	limit   *rate.Limiter
	greeted *prometheus.CounterVec
}

func newServer(cfg config, log zerolog.Logger) http.Handler {
	s := &server{
		config: cfg,
		limit:  rate.NewLimiter(rate.Limit(cfg.PerSecond), int(cfg.PerSecond)+1),
		greeted: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hello_greetings_total",
			Help: "Greetings given, by language.",
		}, []string{"language"}),
	}
	// English first: the first tag is what the matcher falls back to.
	for tag := range cfg.Greetings {
		s.tags = append(s.tags, language.MustParse(tag))
	}
	sort.Slice(s.tags, func(i, j int) bool {
		a, b := s.tags[i].String(), s.tags[j].String()
		return a == "en" || b != "en" && a < b
	})
	s.matcher = language.NewMatcher(s.tags)
	registry := prometheus.NewRegistry()
	registry.MustRegister(s.greeted)

	r := chi.NewRouter()
	r.Use(middleware.Recoverer, logged(log), s.limited)
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	r.Get("/hello/{name}", s.hello)
	r.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return r
}

func (s *server) hello(w http.ResponseWriter, r *http.Request) {
	_, index := language.MatchStrings(s.matcher, r.Header.Get("Accept-Language"))
	tag := s.tags[index].String()
	s.greeted.WithLabelValues(tag).Inc()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(greeting{
		ID:       uuid.New(),
		Language: tag,
		Text:     fmt.Sprintf("%s, %s!", s.config.Greetings[tag], chi.URLParam(r, "name")),
	})
}

func (s *server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.limit.Allow() {
			http.Error(w, "slow down", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func logged(log zerolog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			next.ServeHTTP(w, r)
			log.Info().Str("method", r.Method).Str("path", r.URL.Path).Dur("took", time.Since(start)).Send()
		})
	}
}

// selfcheck asks each handler in this process: it needs no network at all.
func selfcheck(handler http.Handler) error {
	for path, want := range map[string]string{
		"/healthz":   "ok",
		"/hello/gap": "Hello, gap!",
		"/metrics":   "hello_greetings_total",
	} {
		// The counter shows up once somebody was greeted.
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/hello/warmup", nil))
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), want) {
			return fmt.Errorf("%s answered %d: %s", path, answer.Code, answer.Body)
		}
	}
	return nil
}
