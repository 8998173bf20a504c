//! A reader of pickles that knows what a saved state dict consists of and nothing else.
//!
//! A pickle is a program for a stack machine, and Python's may call any function. This one makes dictionaries, lists,
//! tuples, numbers, strings and descriptions of tensors; asked to call anything else, it stops. libtorch's own reader would do, but
//! for one thing: it has no `OrderedDict`, which is what `state_dict()` gives.
//! Opcodes: `pickletools.py` of CPython; the calls: `torch/_utils.py`.

use std::collections::HashMap;

use crate::error::{Result, fail};

/// What the stack machine works with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Tuple(Vec<Value>),
    List(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// The name of a function or class.
    Global(String),
    Storage(Storage),
    Tensor(StoredTensor),
}

/// Numbers that are kept outside of the pickle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storage {
    /// PyTorch's class, such as `FloatStorage`.
    pub class: String,
    /// What it is called there: the name of a file below `data/`, or the place in a list.
    pub key: String,
    pub count: i64,
}

/// A view of a storage, in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredTensor {
    pub storage: Storage,
    pub offset: i64,
    pub size: Vec<i64>,
    pub stride: Vec<i64>,
}

impl Value {
    /// What it is called in messages.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) | Self::Int(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::Tuple(_) | Self::List(_) => "a list",
            Self::Dict(_) => "a dictionary",
            Self::Global(_) => "a class",
            Self::Storage(_) => "a storage",
            Self::Tensor(_) => "a tensor",
        }
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
}

/// The value of the pickle that begins at `start`, which becomes the place behind it.
///
/// # Errors
/// `ModelMalformed` with the byte, for torn pickles, unknown opcodes, and calls of anything but what rebuilds tensors.
pub(super) fn read(bytes: &[u8], start: &mut usize) -> Result<Value> {
    let mut machine =
        Machine { bytes, at: *start, stack: Vec::new(), marks: Vec::new(), memo: HashMap::new() };
    loop {
        let at = machine.at;
        let opcode = machine.byte()?;
        if opcode == b'.' {
            *start = machine.at;
            return machine.pop();
        }
        if !(machine.constant(opcode)? || machine.container(opcode)? || machine.reference(opcode)?) {
            fail!(
                ModelMalformed,
                "byte {at} of its pickle is opcode {opcode:#04x}, which no state dict needs"
            );
        }
    }
}

impl Machine<'_> {
    /// Opcodes that push a constant.
    fn constant(&mut self, opcode: u8) -> Result<bool> {
        let value = match opcode {
            b'N' => Value::None,
            0x88 => Value::Bool(true),
            0x89 => Value::Bool(false),
            b'K' => Value::Int(self.byte()?.into()),
            b'M' => Value::Int(u16::from_le_bytes(self.array()?).into()),
            b'J' => Value::Int(i32::from_le_bytes(self.array()?).into()),
            0x8a => {
                let length = self.byte()?.into();
                Value::Int(self.long(length)?)
            }
            b'G' => Value::Float(f64::from_be_bytes(self.array()?)),
            b'X' => {
                let length = u32::from_le_bytes(self.array()?) as usize;
                Value::Text(self.text(length)?)
            }
            0x8c => {
                let length = self.byte()?.into();
                Value::Text(self.text(length)?)
            }
            _ => return Ok(false),
        };
        self.stack.push(value);
        Ok(true)
    }

    /// Opcodes that make and fill containers.
    fn container(&mut self, opcode: u8) -> Result<bool> {
        match opcode {
            b'(' => self.marks.push(self.stack.len()),
            b')' => self.stack.push(Value::Tuple(Vec::new())),
            b'}' => self.stack.push(Value::Dict(Vec::new())),
            b']' => self.stack.push(Value::List(Vec::new())),
            b't' => {
                let items = self.marked()?;
                self.stack.push(Value::Tuple(items));
            }
            0x85..=0x87 => {
                let items = self.last(usize::from(opcode - 0x84))?;
                self.stack.push(Value::Tuple(items));
            }
            b's' => {
                let items = self.last(2)?;
                self.set(items)?;
            }
            b'u' => {
                let items = self.marked()?;
                self.set(items)?;
            }
            b'a' => {
                let items = self.last(1)?;
                self.append(items)?;
            }
            b'e' => {
                let items = self.marked()?;
                self.append(items)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Opcodes that remember, name and call.
    fn reference(&mut self, opcode: u8) -> Result<bool> {
        match opcode {
            0x80 => drop(self.byte()?),
            0x95 => drop(self.array::<8>()?),
            b'q' => {
                let index = self.byte()?.into();
                self.remember(index)?;
            }
            b'r' => {
                let index = u32::from_le_bytes(self.array()?);
                self.remember(index)?;
            }
            0x94 => self.remember(self.memo.len() as u32)?,
            b'h' => {
                let index = self.byte()?.into();
                self.recall(index)?;
            }
            b'j' => {
                let index = u32::from_le_bytes(self.array()?);
                self.recall(index)?;
            }
            b'c' => {
                let name = format!("{}.{}", self.line()?, self.line()?);
                self.stack.push(Value::Global(name));
            }
            0x93 => {
                let name = match self.last(2)?.as_slice() {
                    [Value::Text(module), Value::Text(name)] => format!("{module}.{name}"),
                    _ => return self.torn("a class without a name"),
                };
                self.stack.push(Value::Global(name));
            }
            b'Q' => {
                let storage = storage(self.pop()?)?;
                self.stack.push(Value::Storage(storage));
            }
            b'R' => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                self.stack.push(call(&function, arguments)?);
            }
            b'b' => {
                // The versions of layers that PyTorch hangs on a state dict.
                let state = self.pop()?;
                if !matches!((self.stack.last(), &state), (Some(Value::Dict(_)), Value::Dict(_))) {
                    return self.torn("state for something that is no dictionary");
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn torn<T>(&self, what: &str) -> Result<T> {
        fail!(ModelMalformed, "its pickle is damaged at byte {}: {what}", self.at)
    }

    fn take(&mut self, count: usize) -> Result<&[u8]> {
        let end = self.at.checked_add(count).filter(|&end| end <= self.bytes.len());
        let Some(end) = end else { return self.torn("it ends too early") };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn text(&mut self, length: usize) -> Result<String> {
        let bytes = self.take(length)?.to_vec();
        String::from_utf8(bytes).or_else(|_| self.torn("a text is not UTF-8"))
    }

    fn line(&mut self) -> Result<String> {
        let rest = &self.bytes[self.at..];
        let Some(length) = rest.iter().position(|&byte| byte == b'\n') else {
            return self.torn("a name does not end");
        };
        let line = self.text(length)?;
        self.at += 1;
        Ok(line)
    }

    /// A little-endian integer in two's complement.
    fn long(&mut self, length: usize) -> Result<i64> {
        if length > 8 {
            return self.torn("a number is larger than 64 bits");
        }
        let bytes = self.take(length)?;
        let fill = if bytes.last().is_some_and(|last| last & 0x80 != 0) { 0xff } else { 0 };
        let mut whole = [fill; 8];
        whole[..length].copy_from_slice(bytes);
        Ok(i64::from_le_bytes(whole))
    }

    fn pop(&mut self) -> Result<Value> {
        match self.stack.pop() {
            Some(value) => Ok(value),
            None => self.torn("the stack is empty"),
        }
    }

    fn last(&mut self, count: usize) -> Result<Vec<Value>> {
        match self.stack.len().checked_sub(count) {
            Some(from) => Ok(self.stack.split_off(from)),
            None => self.torn("the stack is empty"),
        }
    }

    fn marked(&mut self) -> Result<Vec<Value>> {
        match self.marks.pop().filter(|&mark| mark <= self.stack.len()) {
            Some(mark) => Ok(self.stack.split_off(mark)),
            None => self.torn("there is no mark"),
        }
    }

    fn set(&mut self, items: Vec<Value>) -> Result<()> {
        let Some(Value::Dict(entries)) = self.stack.last_mut() else {
            return self.torn("entries for something that is no dictionary");
        };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.push((key, value));
        }
        Ok(())
    }

    fn append(&mut self, items: Vec<Value>) -> Result<()> {
        let Some(Value::List(list)) = self.stack.last_mut() else {
            return self.torn("items for something that is no list");
        };
        list.extend(items);
        Ok(())
    }

    fn remember(&mut self, index: u32) -> Result<()> {
        let Some(value) = self.stack.last().cloned() else {
            return self.torn("there is nothing to remember");
        };
        self.memo.insert(index, value);
        Ok(())
    }

    fn recall(&mut self, index: u32) -> Result<()> {
        match self.memo.get(&index).cloned() {
            Some(value) => self.stack.push(value),
            None => return self.torn("what is recalled was not remembered"),
        }
        Ok(())
    }
}

/// ("storage", class, key, device, count), the only thing that is kept outside of the pickle. Before PyTorch 1.6 a sixth told of
/// views; None said that it is no view.
fn storage(persistent: Value) -> Result<Storage> {
    let Value::Tuple(mut parts) = persistent else {
        fail!(ModelMalformed, "its pickle refers to {} outside of it, expected a storage", persistent.what());
    };
    if parts.len() == 6 && parts.last() == Some(&Value::None) {
        parts.pop();
    }
    match <[Value; 5]>::try_from(parts) {
        Ok([Value::Text(tag), Value::Global(class), Value::Text(key), _, Value::Int(count)])
            if tag == "storage" =>
        {
            let class = class.strip_prefix("torch.").unwrap_or(&class).to_owned();
            Ok(Storage { class, key, count })
        }
        _ => fail!(ModelMalformed, "its pickle describes a storage in an unknown way"),
    }
}

/// The few calls of a state dict.
fn call(function: &Value, arguments: Value) -> Result<Value> {
    let (Value::Global(name), Value::Tuple(arguments)) = (function, arguments) else {
        fail!(ModelMalformed, "its pickle calls {}, which is no function", function.what());
    };
    let mut arguments = arguments.into_iter();
    match name.as_str() {
        "collections.OrderedDict" => Ok(Value::Dict(Vec::new())),
        "torch._utils._rebuild_parameter" => match arguments.next() {
            Some(tensor @ Value::Tensor(_)) => Ok(tensor),
            _ => fail!(ModelMalformed, "its pickle makes a parameter of something that is no tensor"),
        },
        "torch._utils._rebuild_tensor_v2" => {
            let four = [arguments.next(), arguments.next(), arguments.next(), arguments.next()];
            let [
                Some(Value::Storage(storage)),
                Some(Value::Int(offset)),
                Some(Value::Tuple(size)),
                Some(Value::Tuple(stride)),
            ] = four
            else {
                fail!(ModelMalformed, "its pickle describes a tensor in an unknown way");
            };
            let (size, stride) = (integers(size)?, integers(stride)?);
            Ok(Value::Tensor(StoredTensor { storage, offset, size, stride }))
        }
        other => fail!(ModelMalformed, "it calls {other}, which is not run"),
    }
}

fn integers(values: Vec<Value>) -> Result<Vec<i64>> {
    let integer = |value: Value| match value {
        Value::Int(integer) => Ok(integer),
        other => fail!(ModelMalformed, "its pickle has {} for a length", other.what()),
    };
    values.into_iter().map(integer).collect()
}
