//! As much of CBOR (RFC 8949) as the JSON-like messages of AWS need.

use serde_json::{Map, Number, Value};

/// A point in time, in Unix seconds, as a member of a map or a list: `{"$time": 1}` in JSON.
const TIME: &str = "$time";

/// Writes a value. Numbers are floating-point.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(is) => out.push(if *is { 0xf5 } else { 0xf4 }),
        Value::Number(number) => write_float(number.as_f64().expect("a number"), out),
        Value::String(text) => {
            write_head(3, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(items) => {
            write_head(4, items.len(), out);
            for item in items {
                write(item, out);
            }
        }
        Value::Object(map) => {
            if let Some(seconds) = map.get(TIME) {
                out.push(0xc1);
                write(seconds, out);
            } else {
                write_head(5, map.len(), out);
                for (name, item) in map {
                    write(&Value::from(name.as_str()), out);
                    write(item, out);
                }
            }
        }
    }
}

fn write_float(number: f64, out: &mut Vec<u8>) {
    out.push(0xfb);
    out.extend_from_slice(&number.to_be_bytes());
}

fn write_head(major: u8, length: usize, out: &mut Vec<u8>) {
    out.push(major << 5 | 0x1a);
    out.extend_from_slice(&u32::try_from(length).expect("a short item").to_be_bytes());
}

/// Reads a value; a time is read as its number.
pub fn read(bytes: &[u8]) -> Value {
    let mut rest = bytes;
    let value = item(&mut rest).expect("no break");
    assert!(rest.is_empty(), "one item");
    value
}

/// The next item; `None` for the break that ends an item of unknown length.
fn item(rest: &mut &[u8]) -> Option<Value> {
    let head = take(rest, 1)[0];
    let (major, minor) = (head >> 5, head & 31);
    if head == 0xff {
        return None;
    }
    if major == 7 {
        return Some(simple(minor, rest));
    }
    let length = match minor {
        0..24 => Some(u64::from(minor)),
        24 => Some(number(take(rest, 1))),
        25 => Some(number(take(rest, 2))),
        26 => Some(number(take(rest, 4))),
        27 => Some(number(take(rest, 8))),
        31 => None,
        _ => panic!("no such length"),
    };
    Some(match major {
        0 => Value::from(length.expect("a number")),
        1 => Value::from(-1 - i64::try_from(length.expect("a number")).expect("a small number")),
        3 => {
            let length = usize::try_from(length.expect("a length")).expect("a short text");
            Value::from(String::from_utf8(take(rest, length).to_vec()).expect("UTF-8"))
        }
        4 => Value::Array(items(length, rest)),
        5 => {
            let mut parts = items(length.map(|length| length * 2), rest).into_iter();
            let mut map = Map::new();
            while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
                map.insert(name.as_str().expect("a name").to_owned(), value);
            }
            Value::Object(map)
        }
        6 => item(rest).expect("a tagged item"),
        _ => panic!("no bytes are expected"),
    })
}

fn items(length: Option<u64>, rest: &mut &[u8]) -> Vec<Value> {
    match length {
        Some(length) => (0..length).map(|_| item(rest).expect("an item")).collect(),
        None => std::iter::from_fn(|| item(rest)).collect(),
    }
}

fn simple(minor: u8, rest: &mut &[u8]) -> Value {
    let float = |number: f64| Number::from_f64(number).map_or(Value::Null, Value::Number);
    match minor {
        20 => Value::Bool(false),
        21 => Value::Bool(true),
        22 | 23 => Value::Null,
        26 => float(f64::from(f32::from_be_bytes(take(rest, 4).try_into().expect("four bytes")))),
        27 => float(f64::from_be_bytes(take(rest, 8).try_into().expect("eight bytes"))),
        other => panic!("the simple value {other}"),
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn take<'b>(rest: &mut &'b [u8], length: usize) -> &'b [u8] {
    let (taken, left) = rest.split_at(length);
    *rest = left;
    taken
}
