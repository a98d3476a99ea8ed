//! Splitting a module in two: what is called before anything else is asked for, and a rest that is loaded when it is first called.
//!
//! A function of the rest that the first half refers to is there as a few instructions that load the rest and call the function
//! by its place in the table, where the rest puts it. The rest refers to the first half's memory, table, globals and
//! functions, so that both behave as the one module that they were.

use std::collections::{BTreeMap, HashMap, HashSet};

use walrus::ir::Value;
use walrus::passes::gc;
use walrus::{
    ConstExpr, ElementId, ElementItems, ElementKind, FunctionBuilder, FunctionId, FunctionKind,
    GlobalId, GlobalKind, ImportKind, ImportedFunction, MemoryId, Module, Table, TableId, ValType,
};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What the first half imports to load the rest: wasm-bindgen's name for `loadRest` begins so.
const LOAD: &str = "__wbg_loadRest";
/// What the rest calls the first half.
const FIRST: &str = "first";
/// The names of marks begin so.
const MARK: &str = "called ";

/// The two halves.
pub(crate) struct Halves {
    pub(crate) first: Vec<u8>,
    pub(crate) rest: Vec<u8>,
}

/// A module as the functions that it defines, numbered in their order, which is the same whenever it is read.
struct Read {
    module: Module,
    functions: Vec<FunctionId>,
    memories: Vec<MemoryId>,
    tables: Vec<TableId>,
    globals: Vec<GlobalId>,
    /// The table that functions are called by.
    table: TableId,
}

impl Read {
    fn new(wasm: &[u8]) -> Result<Read> {
        let module = Module::from_buffer(wasm)?;
        let table = module.tables.main_function_table()?.ok_or("it has no table of functions")?;
        Ok(Read {
            functions: module.funcs.iter().map(|it| it.id()).collect(),
            memories: module.memories.iter().map(|it| it.id()).collect(),
            tables: module.tables.iter().map(|it| it.id()).collect(),
            globals: module.globals.iter().map(|it| it.id()).collect(),
            module,
            table,
        })
    }

    fn is_local(&self, number: usize) -> bool {
        matches!(self.module.funcs.get(self.functions[number]).kind, FunctionKind::Local(_))
    }

    /// The functions in the table: places of each segment from its first on.
    fn elements(&self) -> Result<Vec<(ElementId, i32, Vec<FunctionId>)>> {
        let in_table = self.module.elements.iter().filter_map(|it| match (&it.kind, &it.items) {
            (ElementKind::Active { table, offset }, items) if *table == self.table => {
                Some((it.id(), offset, items))
            }
            _ => None,
        });
        in_table
            .map(|(id, offset, items)| match (offset, items) {
                (ConstExpr::Value(Value::I32(first)), ElementItems::Functions(functions)) => {
                    Ok((id, *first, functions.clone()))
                }
                _ => Err("a segment of the table is not a plain list of functions".into()),
            })
            .collect()
    }
}

/// The module with a mark in every function: an exported global that is 1 once it was called.
pub(crate) fn marked(wasm: &[u8]) -> Result<Vec<u8>> {
    let Read { mut module, functions, .. } = Read::new(wasm)?;
    for (number, function) in functions.into_iter().enumerate() {
        let FunctionKind::Local(_) = module.funcs.get(function).kind else { continue };
        let zero = ConstExpr::Value(Value::I32(0));
        let mark = module.globals.add_local(ValType::I32, true, false, zero);
        module.exports.add(&format!("{MARK}{number}"), mark);
        let body = module.funcs.get_mut(function).kind.unwrap_local_mut().builder_mut();
        body.func_body().const_at(0, Value::I32(1)).global_set_at(1, mark);
    }
    Ok(module.emit_wasm())
}

/// Splits a module; `called` are the numbers of the functions that stay in the first half.
pub(crate) fn split(wasm: &[u8], called: &HashSet<usize>) -> Result<Halves> {
    let mut first = Read::new(wasm)?;
    let is_rest = |number: &usize| first.is_local(*number) && !called.contains(number);
    let rest: Vec<usize> = (0..first.functions.len()).filter(is_rest).collect();
    let places = Read::new(wasm)?.places(&rest)?;
    let (other, needed) = rest_of(Read::new(wasm)?, &rest, &places)?;
    for (name, item) in needed {
        first.export(&name, item);
    }
    first.leave_out(&rest, &places)?;
    Ok(Halves { first: first.module.emit_wasm(), rest: other })
}

/// What the rest needs of the first half, by position.
#[derive(Clone, Copy)]
enum Needed {
    Function(usize),
    Memory(usize),
    Table(usize),
    Global(usize),
}

impl Read {
    /// Those functions of the rest that the first half refers to, with their places in the table.
    fn places(mut self, rest: &[usize]) -> Result<BTreeMap<usize, i32>> {
        for &number in rest {
            self.replace(number, None);
        }
        gc::run(&mut self.module);
        let mut places = HashMap::new();
        for (_, start, functions) in self.elements()? {
            for (place, function) in (start..).zip(functions) {
                places.entry(function).or_insert(place);
            }
        }
        let left: HashSet<FunctionId> = self.module.funcs.iter().map(|it| it.id()).collect();
        let mut end = self.module.tables.get(self.table).initial as i32;
        let referred = rest.iter().filter(|&&number| left.contains(&self.functions[number]));
        Ok(referred
            .map(|&number| {
                let place = places.get(&self.functions[number]).copied().unwrap_or_else(|| {
                    end += 1;
                    end - 1
                });
                (number, place)
            })
            .collect())
    }

    /// Replaces the functions of the rest by the way to them.
    fn leave_out(&mut self, rest: &[usize], places: &BTreeMap<usize, i32>) -> Result<()> {
        let import = self.module.imports.iter().find(|it| it.name.starts_with(LOAD));
        let Some(&ImportKind::Function(load)) = import.map(|it| &it.kind) else {
            return Err("it imports nothing that loads the rest".into());
        };
        let need = self.need(load);
        for &number in rest {
            self.replace(number, places.get(&number).map(|&place| (need, place)));
        }
        reach(self.module.tables.get_mut(self.table), places.values().copied());
        gc::run(&mut self.module);
        Ok(())
    }

    /// A function that loads the rest unless it was.
    fn need(&mut self, load: FunctionId) -> FunctionId {
        let zero = ConstExpr::Value(Value::I32(0));
        let is_there = self.module.globals.add_local(ValType::I32, true, false, zero);
        let mut builder = FunctionBuilder::new(&mut self.module.types, &[], &[]);
        builder.func_body().global_get(is_there).if_else(
            None,
            |_| {},
            |otherwise| {
                otherwise.i32_const(1).global_set(is_there).call(load);
            },
        );
        builder.finish(Vec::new(), &mut self.module.funcs)
    }

    /// Replaces a function by a call of what is at a place of the table, or for the time being by nothing.
    fn replace(&mut self, number: usize, way: Option<(FunctionId, i32)>) {
        let Read { module, functions, table, .. } = self;
        let ty = module.funcs.get(functions[number]).ty();
        let (params, results) = module.types.params_results(ty);
        let (params, results) = (params.to_vec(), results.to_vec());
        let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
        let args: Vec<_> = params.iter().map(|&it| module.locals.add(it)).collect();
        let mut body = builder.func_body();
        match way {
            None => {
                body.unreachable();
            }
            Some((need, place)) => {
                body.call(need);
                for &arg in &args {
                    body.local_get(arg);
                }
                body.i32_const(place).call_indirect(ty, *table);
            }
        }
        let function = builder.local_func(args);
        module.funcs.get_mut(functions[number]).kind = FunctionKind::Local(function);
    }

    fn export(&mut self, name: &str, item: Needed) {
        let module = &mut self.module;
        match item {
            Needed::Function(number) => module.exports.add(name, self.functions[number]),
            Needed::Memory(number) => module.exports.add(name, self.memories[number]),
            Needed::Table(number) => module.exports.add(name, self.tables[number]),
            Needed::Global(number) => module.exports.add(name, self.globals[number]),
        };
    }
}

/// The rest alone, and what it needs of the first half by the names it has for it.
fn rest_of(
    mut read: Read,
    rest: &[usize],
    places: &BTreeMap<usize, i32>,
) -> Result<(Vec<u8>, Vec<(String, Needed)>)> {
    let segments = read.elements()?;
    let is_rest: HashSet<FunctionId> = rest.iter().map(|&number| read.functions[number]).collect();
    let mut at: BTreeMap<i32, FunctionId> =
        places.iter().map(|(&number, &place)| (place, read.functions[number])).collect();
    for (_, start, functions) in segments {
        at.extend((start..).zip(functions).filter(|(_, it)| is_rest.contains(it)));
    }
    let needs = read.borrow(&is_rest);
    let Read { mut module, table, .. } = read;
    reach(module.tables.get_mut(table), at.keys().copied());
    for (start, functions) in runs(at) {
        let offset = ConstExpr::Value(Value::I32(start));
        let element = module
            .elements
            .add(ElementKind::Active { table, offset }, ElementItems::Functions(functions));
        module.tables.get_mut(table).elem_segments.insert(element);
    }
    gc::run(&mut module);
    let kept: HashSet<String> = module.imports.iter().map(|it| it.name.clone()).collect();
    let needed = needs.into_iter().filter(|(name, _)| kept.contains(name)).collect();
    Ok((module.emit_wasm(), needed))
}

/// Makes a table as large as its places need.
fn reach(table: &mut Table, places: impl Iterator<Item = i32>) {
    let end = places.max().map_or(0, |last| last as u64 + 1);
    table.initial = table.initial.max(end);
    table.maximum = table.maximum.map(|maximum| maximum.max(table.initial));
}

/// Functions in places that follow each other.
fn runs(at: BTreeMap<i32, FunctionId>) -> Vec<(i32, Vec<FunctionId>)> {
    let mut runs: Vec<(i32, Vec<FunctionId>)> = Vec::new();
    for (place, function) in at {
        match runs.last_mut() {
            Some((start, run)) if *start + run.len() as i32 == place => run.push(function),
            _ => runs.push((place, vec![function])),
        }
    }
    runs
}

impl Read {
    /// Makes all but the functions of the rest an import from the first half.
    fn borrow(&mut self, is_rest: &HashSet<FunctionId>) -> Vec<(String, Needed)> {
        self.clear();
        let module = &mut self.module;
        let mut needs = Vec::new();
        for (number, &id) in self.functions.iter().enumerate() {
            if !is_rest.contains(&id) {
                let name = format!("f{number}");
                let import = module.imports.add(FIRST, &name, id);
                let it = module.funcs.get_mut(id);
                it.kind = FunctionKind::Import(ImportedFunction { import, ty: it.ty() });
                needs.push((name, Needed::Function(number)));
            }
        }
        for (number, &id) in self.memories.iter().enumerate() {
            let name = format!("m{number}");
            module.memories.get_mut(id).import = Some(module.imports.add(FIRST, &name, id));
            needs.push((name, Needed::Memory(number)));
        }
        for (number, &id) in self.tables.iter().enumerate() {
            let name = format!("t{number}");
            module.tables.get_mut(id).import = Some(module.imports.add(FIRST, &name, id));
            needs.push((name, Needed::Table(number)));
        }
        for (number, &id) in self.globals.iter().enumerate() {
            let name = format!("g{number}");
            module.globals.get_mut(id).kind = GlobalKind::Import(module.imports.add(FIRST, &name, id));
            needs.push((name, Needed::Global(number)));
        }
        needs
    }

    /// Takes out what the first half does once for both.
    fn clear(&mut self) {
        let module = &mut self.module;
        module.start = None;
        for id in module.exports.iter().map(|it| it.id()).collect::<Vec<_>>() {
            module.exports.delete(id);
        }
        for id in module.elements.iter().map(|it| it.id()).collect::<Vec<_>>() {
            module.elements.delete(id);
        }
        for id in module.data.iter().map(|it| it.id()).collect::<Vec<_>>() {
            module.data.delete(id);
        }
        for id in module.imports.iter().map(|it| it.id()).collect::<Vec<_>>() {
            module.imports.delete(id);
        }
        for &id in &self.memories {
            module.memories.get_mut(id).data_segments.clear();
        }
        for &id in &self.tables {
            module.tables.get_mut(id).elem_segments.clear();
        }
    }
}
