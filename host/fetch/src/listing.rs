//! Which versions a proxy lists for a module (`@v/list`): for what its author
//! says about them in the latest go.mod, never to choose a version by.

use crate::engine::Engine;
use crate::error::FetchError;
use crate::fetcher::Fetcher;
use crate::object::{Kind, Object};
use crate::proxylist::Hop;
use airgo_gomod::ModuleVersion;
use airgo_gomod::module::{escape_path, match_prefix_patterns};
use std::sync::Arc;
use std::time::Duration;

impl Fetcher {
    /// Asks for the lists of all these module paths at once, each proxy once
    /// and none for longer than `within`; an answer for each, in order. Modules
    /// that no proxy may be asked for are refused as [`FetchError::Off`].
    pub fn lists(&self, paths: &[String], within: Duration) -> Vec<Result<Vec<String>, FetchError>> {
        let tasks: Vec<_> = paths
            .iter()
            .map(|path| {
                let object = Object::new(ModuleVersion::new(path, ""), Kind::SumDb);
                let (engine, wanted) = (Arc::clone(&self.engine), object.clone());
                let task = self.spawn_task(&object, async move {
                    let answer = tokio::time::timeout(within, engine.list(&wanted)).await;
                    answer.unwrap_or(Err(FetchError::Cancelled(wanted)))
                });
                (object, task)
            })
            .collect();
        let wait = |(object, task): (Object, Option<_>)| {
            task.and_then(|t| self.wait(t)).unwrap_or(Err(FetchError::Lost(object)))
        };
        tasks.into_iter().map(wait).collect()
    }
}

impl Engine {
    async fn list(&self, object: &Object) -> Result<Vec<String>, FetchError> {
        let off = |after| FetchError::Off { module: object.module.clone(), after };
        let path = &object.module.path;
        if match_prefix_patterns(self.config.no_proxy_globs().reveal(), path) {
            return Err(off(None));
        }
        let Ok(escaped) = escape_path(path) else { return Err(off(None)) };
        let mut last = None;
        for hop in self.list.hops() {
            match hop {
                Hop::NoProxy => {}
                Hop::Off | Hop::Direct => break,
                Hop::Proxy(proxy, any_error) => {
                    match self
                        .file_once(object, &proxy.below(&escaped), "@v/list", self.config.limits.info)
                        .await
                    {
                        Ok(bytes) => return Ok(lines(&bytes)),
                        Err(e) if e.is_not_found() || *any_error => last = Some(e),
                        Err(e) => return Err(e),
                    }
                }
            }
        }
        Err(last.unwrap_or_else(|| off(None)))
    }
}

/// The first word of each line (cmd/go modfetch/proxy.go Versions).
fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}
