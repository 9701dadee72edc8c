//! HTTP proxies between this machine and the others: which one a request goes
//! through (golang.org/x/net/http/httpproxy, as net/http uses it).
//!
//! The variables are read here and nowhere else, so that an error, `airgo
//! doctor` and the client itself agree about them. Beyond Go, `ALL_PROXY`
//! counts, and the system's settings on macOS and Windows. A proxy may speak
//! SOCKS, `socks5://`, as for Go.

use crate::net::text::host as host_of;
use airgo_gomod::Setting;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;
use std::net::IpAddr;
use std::sync::Arc;

/// The four variables' values; empty where unset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpProxyVars {
    /// `HTTP_PROXY`: for http:// addresses.
    pub http: Setting,
    /// `HTTPS_PROXY`: for https:// addresses.
    pub https: Setting,
    /// `ALL_PROXY`: for those that the others say nothing about.
    pub all: Setting,
    /// `NO_PROXY`: hosts, domains, addresses and networks that are asked without one.
    pub no: Setting,
}

impl HttpProxyVars {
    /// Takes them from a lookup, upper case before lower case, empty as unset.
    /// `HTTP_PROXY` is ignored in a CGI program, where a client can set it.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| {
            let found = [name.to_owned(), name.to_ascii_lowercase()];
            found.iter().filter_map(|n| lookup(n)).find(|v| !v.is_empty()).unwrap_or_default()
        };
        let cgi = lookup("REQUEST_METHOD").is_some();
        Self {
            http: Setting::addresses(if cgi { String::new() } else { get("HTTP_PROXY") }),
            https: Setting::addresses(get("HTTPS_PROXY")),
            all: Setting::addresses(get("ALL_PROXY")),
            no: Setting::words(get("NO_PROXY")),
        }
    }

    /// Those of this process.
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Those that are set, by name.
    pub(crate) fn proxies(&self) -> impl Iterator<Item = (&'static str, &Setting)> {
        let all = [("HTTP_PROXY", &self.http), ("HTTPS_PROXY", &self.https), ("ALL_PROXY", &self.all)];
        all.into_iter().filter(|(_, value)| !value.is_empty())
    }

    /// Whether none names a proxy.
    pub fn is_empty(&self) -> bool {
        self.http.is_empty() && self.https.is_empty() && self.all.is_empty()
    }
}

/// Whether a variable's value is the address of an HTTP or SOCKS proxy.
pub(crate) fn is_usable(value: &Setting) -> bool {
    address(value.reveal()).is_some()
}

fn is_socks(url: &Url) -> bool {
    matches!(url.scheme(), "socks4" | "socks4a" | "socks5" | "socks5h")
}

/// A bare host is an http:// address, and so is one of another scheme where it
/// has a port, for to Go the scheme of a proxy that is none of its own says
/// nothing; SOCKS has a port of its own, and the proxy resolves the names, as for
/// Go.
fn address(value: &str) -> Option<Url> {
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let mut url = Url::parse(&with_scheme).ok().filter(Url::has_host)?;
    if !matches!(url.scheme(), "http" | "https") && !is_socks(&url) {
        url.port()?;
        let (_, rest) = with_scheme.split_once("://")?;
        url = Url::parse(&format!("http://{rest}")).ok().filter(Url::has_host)?;
    }
    if is_socks(&url) {
        url.set_port(url.port().or(Some(1080))).ok()?;
        let remote = if url.scheme().starts_with("socks5") { "socks5h" } else { "socks4a" };
        url.set_scheme(remote).ok()?;
    }
    Some(url)
}

/// The variables, understood.
#[derive(Clone)]
pub(crate) struct HttpProxies {
    vars: HttpProxyVars,
    matcher: Arc<Matcher>,
}

/// One proxy for one request.
pub(crate) struct Via {
    /// May hold credentials: never to be shown.
    pub(crate) url: Url,
    /// Its host and port.
    pub(crate) shown: String,
    /// The variable that says so, where what it says is not an address of a proxy:
    /// nothing may be asked, and not around the proxy either.
    pub(crate) unusable: Option<&'static str>,
}

/// Where nothing answers, as Go's dialling of no port: what goes through an
/// unusable proxy must not go out without one.
const NOWHERE: &str = "http://127.0.0.1:0/";

impl HttpProxies {
    pub(crate) fn new(vars: &HttpProxyVars) -> Self {
        let matcher = if vars.is_empty() && cfg!(any(windows, target_vendor = "apple")) {
            Matcher::from_system()
        } else {
            // The matcher passes over what it does not know: it decides which variable
            // and whether NO_PROXY, never what the proxy is.
            let stand_in = |value: &Setting| if value.is_empty() { "" } else { NOWHERE };
            let builder = Matcher::builder().http(stand_in(&vars.http)).https(stand_in(&vars.https));
            builder.all(stand_in(&vars.all)).no(vars.no.reveal()).build()
        };
        Self { vars: vars.clone(), matcher: Arc::new(matcher) }
    }

    /// Whether user name and password are in the address of this one's proxy.
    pub(crate) fn sends_login(&self, url: &Url) -> bool {
        self.via(url).is_some_and(|via| !via.url.username().is_empty())
    }

    /// The proxy that this address is asked through; none for this machine itself.
    pub(crate) fn via(&self, url: &Url) -> Option<Via> {
        let host = url.host_str()?.trim_matches(['[', ']']);
        let loopback = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if loopback || host.eq_ignore_ascii_case("localhost") {
            return None;
        }
        let found = self.matcher.intercept(&url.as_str().parse().ok()?)?;
        // The matcher keeps credentials apart; reqwest wants them in the address.
        let own = match url.scheme() {
            "https" => ("HTTPS_PROXY", &self.vars.https),
            _ => ("HTTP_PROXY", &self.vars.http),
        };
        let (name, raw) = if own.1.is_empty() { ("ALL_PROXY", &self.vars.all) } else { own };
        let url = if raw.is_empty() { address(&found.uri().to_string()) } else { address(raw.reveal()) };
        match url {
            Some(url) => Some(Via { shown: host_of(&url), url, unusable: None }),
            None => Some(Via {
                url: Url::parse(NOWHERE).ok()?,
                shown: format!("in {name}"),
                unusable: Some(name),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(vars: &HttpProxyVars, url: &str) -> Option<String> {
        HttpProxies::new(vars).via(&Url::parse(url).unwrap()).map(|v| v.shown)
    }

    fn vars(pairs: &[(&str, &str)]) -> HttpProxyVars {
        HttpProxyVars::from_lookup(|name| {
            pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
        })
    }

    #[test]
    fn the_scheme_and_no_proxy_decide() {
        let set = vars(&[
            ("HTTPS_PROXY", ""),
            ("https_proxy", "http://robot:s3cret@squid.example:3128"),
            ("HTTP_PROXY", "plain.example:8080"),
            ("NO_PROXY", "corp.example, 10.0.0.0/8"),
        ]);
        assert_eq!(via(&set, "https://proxy.example/m").as_deref(), Some("squid.example:3128"));
        assert_eq!(via(&set, "http://proxy.example/m").as_deref(), Some("plain.example:8080"));
        for direct in [
            "https://goproxy.corp.example/",
            "https://corp.example/",
            "http://10.1.2.3/",
            "http://127.0.0.1:3000/",
            "http://localhost:3000/",
            "http://[::1]:3000/",
        ] {
            assert_eq!(via(&set, direct), None, "{direct}");
        }
        assert!(!format!("{set:?}").contains("s3cret"));
        let found = HttpProxies::new(&set).via(&Url::parse("https://a.example").unwrap()).unwrap();
        assert_eq!(found.url.password(), Some("s3cret"));
    }

    /// What Go does with each, but for the error's words: no value sends a request
    /// around the proxy.
    #[test]
    fn an_address_that_is_no_proxys_is_never_passed_over() {
        for (value, wanted) in [
            ("ftp://squid.example:3128", Some("squid.example:3128")),
            ("quic://u:s3cret@squid.example:3128", Some("squid.example:3128")),
            ("HTTP://squid.example", Some("squid.example")),
            ("ftp://squid.example", None),
            ("http://[bad", None),
            ("foo bar", None),
            ("http://squid.example:99999", None),
            ("://x", None),
        ] {
            let set = vars(&[("HTTPS_PROXY", value), ("NO_PROXY", "corp.example")]);
            let proxies = HttpProxies::new(&set);
            let via = proxies.via(&Url::parse("https://proxy.example/m").unwrap()).unwrap();
            match wanted {
                Some(wanted) => assert_eq!((via.shown.as_str(), via.unusable), (wanted, None), "{value}"),
                None => {
                    assert_eq!((via.url.as_str(), via.unusable), (NOWHERE, Some("HTTPS_PROXY")), "{value}");
                }
            }
            for direct in ["https://corp.example/", "https://localhost/", "http://proxy.example/"] {
                assert!(proxies.via(&Url::parse(direct).unwrap()).is_none(), "{value}: {direct}");
            }
        }
    }

    #[test]
    fn all_proxy_stands_in_and_cgi_is_distrusted() {
        let all = vars(&[("ALL_PROXY", "http://all.example")]);
        assert_eq!(via(&all, "http://a.example").as_deref(), Some("all.example"));
        assert_eq!(via(&all, "https://a.example").as_deref(), Some("all.example"));
        let cgi = vars(&[("HTTP_PROXY", "http://evil.example"), ("REQUEST_METHOD", "GET")]);
        assert_eq!(via(&cgi, "http://a.example"), None);
        assert!(vars(&[]).is_empty());
    }
}
