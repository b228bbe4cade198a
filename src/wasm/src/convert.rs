//! JavaScript values to JSON values and back, losing nothing.

use js_sys::{Array, BigInt, JsString, Number, Object, Reflect};
use trusthandoff::decision::{Code, Reason};
use trusthandoff::json::{Float, Integer, Part, Value, pointer};
use trusthandoff::limits::MAX_NESTING;
use trusthandoff::time::Timestamp;
use wasm_bindgen::{JsCast, JsValue};

/// A plain object that is being made.
pub(crate) struct Record(Object);

impl Record {
    pub(crate) fn new() -> Self {
        Self(Object::new())
    }

    /// The same with one more member.
    pub(crate) fn with(self, key: &str, value: impl Into<JsValue>) -> Self {
        set(&self.0, key, &value.into());
        self
    }
}

impl From<Record> for JsValue {
    fn from(record: Record) -> Self {
        record.0.into()
    }
}

pub(crate) fn optional(text: Option<&str>) -> JsValue {
    text.map_or(JsValue::NULL, JsValue::from_str)
}

/// Fresh random bytes.
pub(crate) fn entropy<const N: usize>() -> Result<[u8; N], Reason> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), Reason> {
    getrandom::fill(bytes).map_err(|error| Reason::new(Code::InternalError, format!("no randomness: {error}")))
}

/// Milliseconds since 1970, fractions being microseconds.
pub(crate) fn moment(ms: f64) -> Result<Timestamp, Reason> {
    let micros = (ms * 1000.0).round();
    // NaN and the infinities become 0 or a bound by `as`; the range is checked on the float.
    if !(0.0..2.6e17).contains(&micros) {
        return Err(Reason::plain(Code::ClockInvalid));
    }
    #[allow(clippy::cast_possible_truncation)]
    Timestamp::from_micros(micros as i64).map_err(|_| Reason::plain(Code::ClockInvalid))
}

/// A tree of null-prototype objects and arrays, so that a `__proto__` key is a key like any other
/// (catalogue E17). Integers beyond 2^53 become `bigint`.
pub(crate) fn to_js(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Bool(b) => JsValue::from_bool(*b),
        Value::Int(n) => integer_to_js(n),
        Value::Float(x) => JsValue::from_f64(x.value()),
        Value::String(s) => JsValue::from_str(s),
        Value::Time(t) => JsValue::from_str(&t.zulu()),
        Value::Array(items) => items.iter().map(to_js).collect::<Array>().into(),
        Value::Object(members) => {
            let object = Object::create(JsValue::NULL.unchecked_ref());
            for (key, value) in members {
                set(&object, key, &to_js(value));
            }
            object.into()
        }
        Value::Raw(raw) => next(&mut raw.parts()).unwrap_or(JsValue::NULL),
    }
}

/// The value that comes next; `None` at the end of what it would stand in.
fn next<'a>(parts: &mut dyn Iterator<Item = Part<'a>>) -> Option<JsValue> {
    match parts.next()? {
        Part::Scalar(value) => Some(to_js(&value)),
        Part::Open(false) => Some(core::iter::from_fn(|| next(parts)).collect::<Array>().into()),
        Part::Open(true) => {
            let object = Object::create(JsValue::NULL.unchecked_ref());
            while let Some(Part::Key(key)) = parts.next() {
                set(&object, &key, &next(parts).unwrap_or(JsValue::NULL));
            }
            Some(object.into())
        }
        Part::Close | Part::Key(_) => None,
    }
}

fn integer_to_js(n: &Integer) -> JsValue {
    match n.to_i64() {
        #[allow(clippy::cast_precision_loss)]
        Some(small) if small.unsigned_abs() <= 9_007_199_254_740_991 => JsValue::from_f64(small as f64),
        // Canonical digits are always a bigint.
        _ => BigInt::new(&JsValue::from_str(n.as_str())).map_or(JsValue::NULL, JsValue::from),
    }
}

fn set(object: &Object, key: &str, value: &JsValue) {
    // Defining a member of an object made here cannot fail.
    let _ = Reflect::set(object, &JsValue::from_str(key), value);
}

/// A JSON value of a JavaScript value: safe integers and `bigint` are integers, other numbers are
/// floats, absent and `undefined` members are the same.
pub(crate) fn from_js(value: &JsValue) -> Result<Value, Reason> {
    read(value, "", 0)
}

fn read(value: &JsValue, at: &str, depth: usize) -> Result<Value, Reason> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    if let Some(b) = value.as_bool() {
        return Ok(Value::Bool(b));
    }
    if let Some(x) = value.as_f64() {
        return number(x, at);
    }
    if let Some(text) = value.dyn_ref::<JsString>() {
        return string(text, at).map(Value::String);
    }
    if value.is_bigint() {
        return bigint(value, at);
    }
    if depth == MAX_NESTING {
        return Err(Reason::at(Code::NestingTooDeep, format!("nested deeper than {MAX_NESTING} levels"), at));
    }
    if Array::is_array(value) {
        let items = value.unchecked_ref::<Array>();
        let read_item = |i: u32| read(&member(value, &i.into(), at)?, &pointer(at, &i.to_string()), depth + 1);
        return (0..items.length()).map(read_item).collect::<Result<_, _>>().map(Value::Array);
    }
    if is_plain(value) {
        return object(value, at, depth);
    }
    Err(Reason::at(Code::TypeMismatch, format!("`{at}` holds a value that JSON has no word for"), at))
}

fn object(value: &JsValue, at: &str, depth: usize) -> Result<Value, Reason> {
    let keys = Reflect::own_keys(value).map_err(|_| unreadable(at))?;
    let mut members = Vec::new();
    for key in keys.iter().filter(JsValue::is_string) {
        let name = string(key.unchecked_ref(), at)?;
        let path = pointer(at, &name);
        let held = member(value, &key, &path)?;
        if !held.is_undefined() {
            members.push((name, read(&held, &path, depth + 1)?));
        }
    }
    Ok(Value::Object(members))
}

fn number(x: f64, at: &str) -> Result<Value, Reason> {
    if Number::is_safe_integer(&JsValue::from_f64(x)) {
        #[allow(clippy::cast_possible_truncation)]
        return Ok(Value::Int(Integer::from(x as i64)));
    }
    if x.is_finite() && x.fract() == 0.0 {
        let message = format!("`{at}` is a whole number beyond 2^53, which may have lost digits; pass a bigint");
        return Err(Reason::at(Code::NumberUnsafe, message, at));
    }
    Float::new(x).map(Value::Float).ok_or_else(|| Reason::at(Code::NumberNotFinite, format!("`{at}` is not a finite number"), at))
}

fn bigint(value: &JsValue, at: &str) -> Result<Value, Reason> {
    let digits = value.unchecked_ref::<BigInt>().to_string(10).ok().and_then(|text| text.as_string());
    digits
        .and_then(|digits| Integer::from_digits(&digits))
        .map(Value::Int)
        .ok_or_else(|| Reason::at(Code::NumberTooLarge, format!("`{at}` has more than 308 digits"), at))
}

/// An unpaired surrogate must not silently become U+FFFD at this border (catalogue W3).
fn string(text: &JsString, at: &str) -> Result<String, Reason> {
    if text.is_valid_utf16() {
        return Ok(String::from(text));
    }
    Err(Reason::at(Code::InvalidUnicode, format!("`{at}` holds an unpaired surrogate"), at))
}

/// A getter or proxy of the caller may throw.
fn member(object: &JsValue, key: &JsValue, at: &str) -> Result<JsValue, Reason> {
    Reflect::get(object, key).map_err(|_| unreadable(at))
}

fn unreadable(at: &str) -> Reason {
    Reason::at(Code::TypeMismatch, format!("`{at}` could not be read"), at)
}

/// An object literal or one without a prototype; a `Date`, a `Map` or an instance of a class has no
/// meaning on the wire.
fn is_plain(value: &JsValue) -> bool {
    if !value.is_object() {
        return false;
    }
    match Reflect::get_prototype_of(value) {
        Ok(prototype) => prototype.is_null() || Reflect::get_prototype_of(&prototype).is_ok_and(|next| next.is_null()),
        Err(_) => false,
    }
}
