//! Which of a module's files count: those that the builds of the bundle have.

use std::cell::OnceCell;

use airgo_plugin::gosource::Expr;
use airgo_plugin::reach::{Builds, On, Reach, is_recorded};
use airgo_plugin::{Bundle, CheckError, ModuleInfo};

use crate::config::{Level, Rules};
use crate::feature::Feature;
use crate::part::{Part, Place};

/// Files of one module that hold the same.
pub struct Seen {
    pub files: usize,
    /// The first of them.
    pub file: String,
    pub line: Option<u32>,
    /// The operating systems that have them, where there are others.
    pub systems: Option<Vec<String>>,
    /// Whether the builds of the bundle have any; none where nobody asked.
    pub built: Option<bool>,
}

/// The bundle's builds.
pub struct Counter<'a> {
    bundle: &'a dyn Bundle,
    modules: &'a [ModuleInfo],
    level: Level,
    built: bool,
    builds: Builds,
    /// Whether the bundle says where imports start.
    recorded: bool,
    /// Found once, where it is needed at all.
    reach: OnceCell<Reach>,
}

impl<'a> Counter<'a> {
    pub fn new(bundle: &'a dyn Bundle, modules: &'a [ModuleInfo], rules: &Rules) -> Self {
        let info = bundle.info();
        let (builds, recorded) = (Builds::of(&info, &rules.tags), is_recorded(&info));
        let (level, built) = (rules.level, rules.built);
        Counter { bundle, modules, level, built, builds, recorded, reach: OnceCell::new() }
    }

    /// The files of a module that hold a feature and count; `all` are its parts.
    pub fn seen(
        &self,
        module: &ModuleInfo,
        all: &[Part],
        feature: Feature,
    ) -> Result<Option<Seen>, CheckError> {
        let (mut seen, mut on) = (None::<Seen>, On::default());
        for part in all.iter().filter(|part| part.feature == feature) {
            if self.level == Level::Package {
                let own = self.on(module, all, part)?;
                if own.is_none() {
                    continue;
                }
                on |= own;
            } else if self.built {
                on |= self.on(module, all, part)?;
            }
            let (file, line) = (part.file.clone(), part.line);
            let seen =
                seen.get_or_insert(Seen { files: 0, file: file.clone(), line, systems: None, built: None });
            seen.files += part.files;
            if file < seen.file {
                (seen.file, seen.line) = (file, line);
            }
        }
        match (&mut seen, self.level) {
            (Some(seen), Level::Package) => {
                let systems = self.builds.systems(on);
                seen.systems = systems.map(|systems| systems.into_iter().map(str::to_owned).collect());
            }
            (Some(seen), Level::Module) if self.built => seen.built = Some(!on.is_none()),
            _ => {}
        }
        Ok(seen)
    }

    /// Where a part is built.
    fn on(&self, module: &ModuleInfo, all: &[Part], part: &Part) -> Result<On, CheckError> {
        let mut on = On::default();
        for place in &part.places {
            on |= match place {
                Place::Package { dir, when } => self.package(module, dir, when)?,
                Place::Module => self.any(module)?,
                Place::Linked => {
                    let mut linking = On::default();
                    let cgo = all.iter().filter(|other| other.feature == Feature::Cgo);
                    for place in cgo.flat_map(|other| &other.places) {
                        linking |= match place {
                            Place::Package { dir, when } => self.package(module, dir, when)?,
                            Place::Module => self.any(module)?,
                            Place::Linked => On::default(),
                        };
                    }
                    linking
                }
            };
        }
        Ok(on)
    }

    fn package(&self, module: &ModuleInfo, dir: &str, when: &[String]) -> Result<On, CheckError> {
        // What was written is read again; else it would hold.
        let when: Vec<Expr> = when.iter().filter_map(|text| Expr::parse(text)).collect();
        let built = self.builds.on(&when);
        if built.is_none() || !self.recorded {
            return Ok(built);
        }
        let path = if dir.is_empty() { module.path.clone() } else { format!("{}/{dir}", module.path) };
        Ok(built.and(self.reach()?.on(&path)))
    }

    fn any(&self, module: &ModuleInfo) -> Result<On, CheckError> {
        let reached = !self.recorded || self.reach()?.any_of(module.index).is_some();
        Ok(if reached { self.builds.all() } else { On::default() })
    }

    fn reach(&self) -> Result<&Reach, CheckError> {
        if let Some(reach) = self.reach.get() {
            return Ok(reach);
        }
        let found = Reach::of(self.bundle, self.modules, &self.builds)?;
        Ok(self.reach.get_or_init(|| found))
    }
}
