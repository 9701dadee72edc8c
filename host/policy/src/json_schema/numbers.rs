//! Numbers as JSON Schema compares them: by what they are, not by how they are
//! written. `1` is `1.0`, and neither is rounded for the other.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// Whether two values are equal.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => order(a, b).is_eq(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            let in_b = |(name, value)| b.get(name).is_some_and(|other| same(value, other));
            a.len() == b.len() && a.iter().all(in_b)
        }
        _ => a == b,
    }
}

/// Whether a number is whole.
pub fn is_integer(number: &Number) -> bool {
    whole(number).is_ok() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

/// A number of things, which may be written as `2.0`.
pub fn natural(value: &Value) -> Option<u64> {
    let number = value.as_number()?;
    if !is_integer(number) || order(number, &Number::from(0)).is_lt() {
        return None;
    }
    // More than any value can have is as good as the most.
    Some(number.as_u64().unwrap_or_else(|| number.as_f64().unwrap_or_default() as u64))
}

/// Which of two numbers is greater.
pub fn order(a: &Number, b: &Number) -> Ordering {
    match (whole(a), whole(b)) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(a), Err(b)) => float_order(b, a).reverse(),
        (Err(a), Ok(b)) => float_order(a, b),
        (Err(a), Err(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
    }
}

/// The number as it was written: without a point, or as a float.
fn whole(number: &Number) -> Result<i128, f64> {
    number.as_i128().ok_or_else(|| number.as_f64().unwrap_or_default())
}

/// Beyond 64 bits a cast gives the nearest that there is, which is as far off.
fn float_order(float: f64, whole: i128) -> Ordering {
    (float.floor() as i128).cmp(&whole).then_with(|| (float.fract() != 0.0).cmp(&false))
}
