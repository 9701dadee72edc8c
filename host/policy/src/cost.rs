//! What compiling a component will cost, estimated before it is compiled.
//!
//! Nothing in wasmtime bounds compilation, and some shapes cost Cranelift time
//! far beyond their size: 15 KB of loops in loops took 2.7 s, 83 KB of loops
//! over a thousand locals 10.9 s and 500 MB. The estimate adds up what was
//! measured for such shapes, in nanoseconds of one core of a slow machine;
//! ordinary code costs little more than its bytes. It is the same on every
//! machine, unlike a deadline.

use wasmparser::{BlockType, FunctionBody, Operator, Parser, Payload, TypeRef};

use crate::{Limits, PluginError};

/// A byte of ordinary code.
const BYTE: u64 = 1_000;
/// A block, for each other block of its function.
const BLOCK_PAIR: u64 = 10;
/// A block, for each local of its function: values meet where branches do.
const BLOCK_LOCAL: u64 = 100;
/// A loop, for each local of its function.
const LOOP_LOCAL: u64 = 2_200;
/// A loop, for each loop that it lies in.
const LOOP_DEPTH: u64 = 200;
/// A value that a call or branch hands over.
const VALUE: u64 = 500;
/// Values that a result beyond the first counts as: it goes through memory.
const RESULT: u64 = 30;

/// Parameters and results of a function type: with more, a call of two bytes
/// is a thousand moves. Compilers that target components stay far below.
const MAX_PARAMS: u64 = 100;
const MAX_RESULTS: u64 = 16;

/// What the largest type counts as.
const MAX_VALUES: u64 = MAX_PARAMS + MAX_RESULTS * RESULT;

/// Refuses a component whose compilation would cost too much.
pub fn check(bytes: &[u8], limits: &Limits) -> Result<(), PluginError> {
    let mut modules: Vec<Module> = Vec::new();
    let mut micros = 0u64;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(PluginError::malformed)?;
        match &payload {
            Payload::Version { .. } => modules.push(Module::default()),
            Payload::End(_) => drop(modules.pop()),
            _ => {}
        }
        let Some(module) = modules.last_mut() else { continue };
        micros = micros.saturating_add(module.payload(payload)?.div_ceil(1_000));
    }
    // All of it, for somebody who trusts the plugin has to know what to allow.
    super::prescan::at_most("units of compile cost", micros, limits.compile_cost)
}

/// Parameters and results.
type Arity = (u64, u64);

/// What is known of a core module when its code comes.
#[derive(Default)]
struct Module {
    types: Vec<Arity>,
    /// Arity by function index, imported functions first.
    functions: Vec<Arity>,
    imported: usize,
    bodies: usize,
}

impl Module {
    /// The nanoseconds that a section adds.
    fn payload(&mut self, payload: Payload<'_>) -> Result<u64, PluginError> {
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    let ty = ty.map_err(PluginError::malformed)?;
                    let (params, results) = (ty.params().len() as u64, ty.results().len() as u64);
                    super::prescan::at_most("parameters of one function", params, MAX_PARAMS)?;
                    super::prescan::at_most("results of one function", results, MAX_RESULTS)?;
                    self.types.push((params, results));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if let TypeRef::Func(ty) = import.map_err(PluginError::malformed)?.ty {
                        self.functions.push(self.arity(ty));
                        self.imported += 1;
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.functions.push(self.arity(ty.map_err(PluginError::malformed)?));
                }
            }
            Payload::CodeSectionEntry(body) => {
                let own = self.functions.get(self.imported + self.bodies).copied().unwrap_or_default();
                self.bodies += 1;
                return self.function(&body, own);
            }
            _ => {}
        }
        Ok(0)
    }

    fn arity(&self, ty: u32) -> Arity {
        self.types.get(ty as usize).copied().unwrap_or((MAX_PARAMS, MAX_RESULTS))
    }

    fn block(&self, ty: BlockType) -> Arity {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(ty) => self.arity(ty),
        }
    }

    fn function(&self, body: &FunctionBody<'_>, (params, results): Arity) -> Result<u64, PluginError> {
        let range = body.range();
        let mut shape = Shape { bytes: range.end.saturating_sub(range.start) as u64, ..Shape::default() };
        shape.locals = params;
        for group in body.get_locals_reader().map_err(PluginError::malformed)? {
            shape.locals += u64::from(group.map_err(PluginError::malformed)?.0);
        }
        let mut open: Vec<bool> = Vec::new();
        let mut most_values = values((0, results));
        for operator in body.get_operators_reader().map_err(PluginError::malformed)? {
            let mut blocks = 0;
            let mut handed = 0;
            match operator.map_err(PluginError::malformed)? {
                Operator::Block { blockty } => {
                    open.push(false);
                    (blocks, handed) = (1, values(self.block(blockty)));
                }
                Operator::If { blockty } => {
                    open.push(false);
                    (blocks, handed) = (3, values(self.block(blockty)));
                }
                Operator::Loop { blockty } => {
                    shape.loop_depths += shape.open_loops;
                    shape.open_loops += 1;
                    shape.loops += 1;
                    open.push(true);
                    (blocks, handed) = (2, values(self.block(blockty)));
                }
                Operator::End => shape.open_loops -= u64::from(open.pop() == Some(true)),
                Operator::Br { .. } | Operator::BrIf { .. } | Operator::Return => {
                    (blocks, handed) = (1, most_values);
                }
                Operator::BrTable { targets } => {
                    (blocks, handed) = (1, (u64::from(targets.len()) + 1) * (most_values + 1));
                }
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    let callee = self.functions.get(function_index as usize);
                    handed = values(callee.copied().unwrap_or((MAX_PARAMS, MAX_RESULTS)));
                }
                Operator::CallIndirect { type_index, .. }
                | Operator::ReturnCallIndirect { type_index, .. } => {
                    handed = values(self.arity(type_index));
                }
                _ => {}
            }
            if blocks > 0 {
                // A branch hands over what some block of the function takes.
                most_values = most_values.max(handed.min(MAX_VALUES));
            }
            shape.blocks += blocks;
            shape.values += handed;
        }
        Ok(shape.nanoseconds())
    }
}

fn values((params, results): Arity) -> u64 {
    params + results.min(1) + results.saturating_sub(1) * RESULT
}

/// What of a function its cost goes by.
#[derive(Default)]
struct Shape {
    bytes: u64,
    locals: u64,
    blocks: u64,
    loops: u64,
    /// Over all loops, the loops that each lies in.
    loop_depths: u64,
    open_loops: u64,
    /// Values that calls and branches hand over.
    values: u64,
}

impl Shape {
    fn nanoseconds(&self) -> u64 {
        // Every factor is below 2^20 (limits::function_bytes, prescan's
        // locals), but a limit may be raised: saturate.
        let times = |a: u64, b: u64, c: u64| a.saturating_mul(b).saturating_mul(c);
        times(BYTE, self.bytes, 1)
            .saturating_add(times(BLOCK_PAIR, self.blocks, self.blocks))
            .saturating_add(times(BLOCK_LOCAL, self.blocks, self.locals))
            .saturating_add(times(LOOP_LOCAL, self.loops, self.locals))
            .saturating_add(times(LOOP_DEPTH, self.loop_depths, 1))
            .saturating_add(times(VALUE, self.values, 1))
    }
}
