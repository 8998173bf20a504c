//! Makes this program's view of the library from `include/diapir/diapir.h`: types, constants, the table of
//! functions, and what fills texts into options. The header is cbindgen's work and always has the same shape,
//! so that a small reader does.
#![allow(clippy::print_stdout, reason = "cargo reads what a build script prints")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;

const HEADER: &str = "../include/diapir/diapir.h";

fn main() -> Outcome<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={HEADER}");
    let text = std::fs::read_to_string(HEADER).map_err(|error| format!("{HEADER}: {error}"))?;
    let header = Header::read(&text)?;
    let folder = std::env::var("OUT_DIR")?;
    for (name, text) in
        [("abi", header.abi()?), ("functions", header.functions()?), ("prepared", header.prepared()?)]
    {
        std::fs::write(Path::new(&folder).join(format!("{name}.rs")), text)?;
    }
    Ok(())
}

/// A field or a parameter.
struct Variable {
    name: String,
    kind: String,
}

impl Variable {
    /// Of `const char *crs`.
    fn read(text: &str) -> Outcome<Self> {
        let text = text.trim();
        let start = text.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        let kind = rust_type(&text[..start]).map_err(|error| format!("{text}: {error}"))?;
        Ok(Self { name: text[start..].to_owned(), kind })
    }

    fn is_pointer(&self) -> bool {
        self.kind.starts_with('*') || self.kind.ends_with("_fn")
    }
}

/// The Rust name of a C type. Enums travel as `int32_t`.
fn rust_type(c: &str) -> Outcome<String> {
    let c = c.trim().trim_start_matches("struct ").replace("const struct ", "const ");
    if let Some(inner) = c.strip_suffix('*') {
        let inner = inner.trim();
        // `T *const *`: a pointer to constant pointers.
        if let Some(inner) = inner.strip_suffix("const").filter(|inner| inner.ends_with('*')) {
            return Ok(format!("*const {}", rust_type(inner)?));
        }
        return Ok(match inner.strip_prefix("const ") {
            Some(inner) => format!("*const {}", rust_type(inner)?),
            None => format!("*mut {}", rust_type(inner)?),
        });
    }
    Ok(match c.as_str() {
        "bool" => "bool",
        "uint8_t" => "u8",
        "int32_t" => "i32",
        "uint32_t" => "u32",
        "int64_t" => "i64",
        "uint64_t" => "u64",
        "size_t" => "usize",
        "float" => "f32",
        "double" => "f64",
        "char" => "c_char",
        "void" => "c_void",
        name if name.starts_with("diapir_") => name,
        name => return Err(format!("{name:?} is no type that this program knows").into()),
    }
    .to_owned())
}

struct Struct {
    name: String,
    /// None in an opaque one.
    fields: Vec<Variable>,
}

impl Struct {
    /// Whether it has an `_init` function.
    fn grows(&self) -> bool {
        self.fields.first().is_some_and(|field| field.name == "struct_size")
    }
}

struct Function {
    name: String,
    parameters: Vec<Variable>,
    answer: String,
}

impl Function {
    /// Of `diapir_status diapir_x(int32_t a)` or `void (*diapir_fn)(int32_t a)`.
    fn read(text: &str) -> Outcome<Self> {
        let text = text.replace("(*", "").replacen(")(", "(", 1);
        let (head, parameters) = text.split_once('(').ok_or("a function without parameters")?;
        let Variable { name, kind } = Variable::read(head)?;
        let parameters = parameters.trim().trim_end_matches(')').split(',');
        let parameters = parameters.filter(|text| text.trim() != "void").map(Variable::read);
        Ok(Self { name, parameters: parameters.collect::<Outcome<_>>()?, answer: kind })
    }

    /// `fn(i32) -> i32`, without the names of parameters.
    fn signature(&self) -> String {
        let kinds: Vec<&str> = self.parameters.iter().map(|parameter| parameter.kind.as_str()).collect();
        let answer = if self.answer == "c_void" { String::new() } else { format!(" -> {}", self.answer) };
        format!("({}){answer}", kinds.join(", "))
    }
}

#[derive(Default)]
struct Header {
    constants: Vec<(String, String)>,
    structs: Vec<Struct>,
    callbacks: Vec<Function>,
    functions: Vec<Function>,
}

impl Header {
    fn read(text: &str) -> Outcome<Self> {
        let mut header = Self::default();
        let mut code = String::new();
        for line in without_comments(text).lines() {
            match line.strip_prefix("#define DIAPIR_") {
                Some(constant) => {
                    if let Some((name, value)) = constant.split_once(' ') {
                        header.constants.push((format!("DIAPIR_{name}"), value.to_owned()));
                    }
                }
                // The forms that an enum has in C and C++ are numbers here.
                None if line.starts_with('#')
                    || line.starts_with("typedef enum")
                    || line.starts_with("  : ") => {}
                None if line.starts_with("typedef ") && line.ends_with("int32_t diapir_status;") => {}
                None => {
                    code += line;
                    code.push(' ');
                }
            }
        }
        let code = code.split_whitespace().collect::<Vec<_>>().join(" ").replace("extern \"C\" {", "");
        for item in items(&code) {
            header.item(item).map_err(|error| format!("{HEADER}: {item}: {error}"))?;
        }
        Ok(header)
    }

    fn item(&mut self, item: &str) -> Outcome<()> {
        if let Some(rest) = item.strip_prefix("enum ") {
            let (_, body) = rest.split_once('{').ok_or("an enum without values")?;
            for value in body.trim_end_matches(['}', ' ']).split(',').filter(|value| !value.trim().is_empty())
            {
                let (name, number) = value.split_once('=').ok_or("a value without a number")?;
                self.constants.push((name.trim().to_owned(), number.trim().to_owned()));
            }
        } else if let Some(rest) = item.strip_prefix("typedef struct ") {
            let end = rest.find([' ', '{']).ok_or("a struct without a name")?;
            let body =
                rest.split_once('{').map_or("", |(_, body)| body.split('}').next().unwrap_or_default());
            let fields = body.split(';').filter(|field| !field.trim().is_empty()).map(Variable::read);
            self.structs
                .push(Struct { name: rest[..end].to_owned(), fields: fields.collect::<Outcome<_>>()? });
        } else if let Some(rest) = item.strip_prefix("typedef ") {
            if rest.contains("(*") {
                self.callbacks.push(Function::read(rest)?);
            }
        } else if item.contains('(') {
            self.functions.push(Function::read(item)?);
        }
        Ok(())
    }

    /// Types and constants.
    fn abi(&self) -> Outcome<String> {
        let mut text = String::new();
        for (name, value) in &self.constants {
            let kind = if value.contains('.') { "f64" } else { "i32" };
            writeln!(text, "pub(crate) const {name}: {kind} = {value};")?;
        }
        let statuses = self.constants.iter().filter_map(|(name, _)| name.strip_prefix("DIAPIR_STATUS_"));
        let statuses: Vec<String> =
            statuses.map(|name| format!("(DIAPIR_STATUS_{name}, \"{name}\")")).collect();
        writeln!(text, "/// The statuses that this host knows, by number and name.")?;
        writeln!(text, "pub(crate) const STATUSES: &[(diapir_status, &str)] = &[{}];", statuses.join(", "))?;
        for callback in &self.callbacks {
            let (name, signature) = (&callback.name, callback.signature());
            writeln!(text, "pub(crate) type {name} = Option<unsafe extern \"C\" fn{signature}>;")?;
        }
        for Struct { name, fields } in &self.structs {
            let pointers = fields.iter().any(Variable::is_pointer);
            let derives = match (fields.is_empty(), pointers) {
                (true, _) => "",
                (false, true) => "#[derive(Clone, Copy)]",
                (false, false) => "#[derive(Clone, Copy, serde::Serialize)]",
            };
            writeln!(text, "#[repr(C)]{derives}\npub(crate) struct {name} {{")?;
            for field in fields {
                let skip = if !pointers && field.name == "struct_size" { "#[serde(skip)] " } else { "" };
                writeln!(text, "    {skip}pub(crate) {}: {},", field.name, field.kind)?;
            }
            writeln!(text, "{}}}", if fields.is_empty() { "    _private: [u8; 0],\n" } else { "" })?;
        }
        Ok(text)
    }

    /// The table of functions, in the words of the macro of `api.rs`.
    fn functions(&self) -> Outcome<String> {
        let mut text = String::from("functions! {\n");
        for function in &self.functions {
            let name = function.name.strip_prefix("diapir_").ok_or("a function of somebody else")?;
            writeln!(text, "    fn {name}{};", function.signature())?;
        }
        Ok(text + "}\n")
    }

    /// Which `_init` function prepares which struct, and the setters of texts.
    fn prepared(&self) -> Outcome<String> {
        let mut text = String::new();
        for Struct { name, fields } in self.structs.iter().filter(|found| found.grows()) {
            let short = name.strip_prefix("diapir_").ok_or("a struct of somebody else")?;
            writeln!(text, "prepared!({name}, {short}_init);")?;
            for field in fields.iter().filter(|field| field.kind == "*const c_char") {
                writeln!(text, "text!({name}, {0}, set_{0});", field.name)?;
            }
        }
        Ok(text)
    }
}

fn without_comments(text: &str) -> String {
    let (mut code, mut rest) = (String::new(), text);
    while let Some((before, comment)) = rest.split_once("/*") {
        code += before;
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    (code + rest).lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect()
}

/// What ends in a semicolon outside of braces.
fn items(code: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => {
                found.push(code[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}
