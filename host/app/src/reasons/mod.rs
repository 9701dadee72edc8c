//! Why a module is there: the chains that lead to it from a main module.
//!
//! A go.mod of Go 1.17 and later lists all modules that a build needs, most of
//! them `// indirect`: that line says nothing of who needs one. So a chain goes
//! through the requirements of the modules that the project itself uses, or
//! better by what their packages import, where the sources are at hand.

mod files;
mod near;
mod packages;
mod paths;
mod requirements;
mod versions;

pub use near::near;
pub use packages::Imports;
pub use requirements::Requirements;

use airgo_bundle::Manifest;
use airgo_model::Line;
use airgo_policy::BundleView;
use paths::Brief;

/// One step after the other, the main module first.
pub type Steps = Vec<String>;

/// Steps of a chain that are shown at its start and at its end.
const SHOWN: (usize, usize) = (5, 6);

/// How a chain is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Each module has a package that a package of the one before imports.
    Imports,
    /// Each module is required by the go.mod of the one before.
    Requirements,
}

/// A shortest chain to a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// How it is known.
    pub by: By,
    /// The main module, then `module@version`; long ones are shortened in the
    /// middle.
    pub steps: Steps,
}

impl Reason {
    /// The chain in one line.
    pub fn line(&self) -> Line {
        let chain = self.steps.join(" -> ");
        match self.by {
            By::Imports => chain.into(),
            By::Requirements => format!("{chain} (by requirements)").into(),
        }
    }
}

/// The reasons for all modules of a manifest, found in one walk each. A reason
/// takes what it shows and no more, however long the chain: there may be as many
/// as modules.
pub struct Reasons {
    requirements: Requirements,
    imports: Option<Imports>,
}

impl Reasons {
    /// By requirements and, with the files of the modules, by imports.
    pub fn of(manifest: &Manifest, files: Option<&dyn BundleView>) -> Self {
        let imports = files.and_then(|view| Imports::read(manifest, view));
        Self { requirements: Requirements::of(manifest), imports }
    }

    /// A shortest chain to `path@version`, in a length that can be shown.
    pub fn of_module(&self, module: &str) -> Option<Reason> {
        let imported = self.imports.as_ref().and_then(|imports| imports.brief(module));
        let reason = |by| move |steps| Reason { by, steps };
        imported
            .map(reason(By::Imports))
            .or_else(|| self.requirements.brief(module).map(reason(By::Requirements)))
    }
}

/// A chain by its nodes, shortened as by [`shortened`].
fn steps_to<'n>(brief: &Brief, node: u32, name: impl Fn(u32) -> &'n str) -> Option<Steps> {
    let (first, left_out, last) = brief.to(node, SHOWN.0, SHOWN.1);
    let names = |nodes: Vec<u32>| nodes.into_iter().map(|node| name(node).to_owned()).collect::<Steps>();
    let mut steps = names(first);
    if left_out > 0 {
        steps.push(more(left_out));
        steps.extend(names(last));
    }
    (!steps.is_empty()).then_some(steps)
}

fn more(left_out: usize) -> String {
    format!("… {left_out} more …")
}

/// A chain with its middle replaced by a number.
pub fn shortened(mut steps: Steps) -> Steps {
    let (first, last) = SHOWN;
    if steps.len() > first + last + 1 {
        let left_out = steps.len() - first - last;
        steps.splice(first..first + left_out, [more(left_out)]);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_chains_lose_their_middle() {
        let steps = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>();
        assert_eq!(shortened(steps(12)), steps(12));
        let short = shortened(steps(20_000));
        assert_eq!(short.len(), 12);
        assert_eq!(short[4..7], ["4", "… 19989 more …", "19994"]);
    }
}
