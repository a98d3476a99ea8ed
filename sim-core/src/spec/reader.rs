//! A serde deserialiser over the generic tree that knows the place of every error.
//!
//! What serde derives for a type is compiled once for each way in which it can be visited, and is most of what reading costs in
//! bytes: each method visits in the one way that it has checked, and what does not depend on the type is kept out of them.

use super::path::Segment;
use super::read::{Fault, describe};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde_json::Value;

/// A deserialiser over a tree.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a Value);

impl<'a> Reader<'a> {
    fn mismatch(self, expected: &str) -> Fault {
        Fault::new(format!("expected {expected}, found {}", describe(self.0)))
    }

    /// The fields of something: `of` says what.
    fn fields(self, of: &str, fields: &[&str]) -> Result<Entries<'a>, Fault> {
        match self.0 {
            Value::Object(map) => match map.keys().find(|key| !fields.contains(&key.as_str())) {
                Some(key) => Err(Fault::no_field(of, key, fields)),
                None => Ok(Entries::of(self.0)),
            },
            // `()` is a struct of which no field is written.
            Value::Null => Ok(Entries::of(self.0)),
            _ => Err(self.mismatch(&format!("the fields of {of}"))),
        }
    }

    /// The items of a list; of a tuple there are `n`.
    fn items(self, n: Option<usize>) -> Result<Items<'a>, Fault> {
        match (self.0, n) {
            (Value::Array(list), Some(n)) if list.len() != n => {
                Err(Fault::new(format!("expected {n} values, found {}", list.len())))
            }
            (Value::Array(list), _) => Ok(Items { list, next: 0 }),
            (_, Some(n)) => Err(self.mismatch(&format!("{n} values in parentheses"))),
            (_, None) => Err(self.mismatch("a list")),
        }
    }

    /// One of the variants of an enum.
    fn variant(self, name: &str, variants: &[&str]) -> Result<Variant<'a>, Fault> {
        let noun = words(name);
        let (name, content) = match self.0 {
            Value::String(name) => (name, None),
            Value::Object(map) => match map.iter().next() {
                Some((name, content)) if map.len() == 1 => (name, Some(content)),
                _ => return Err(Fault::several(&noun, map, variants)),
            },
            _ => return Err(self.mismatch(&a(&noun))),
        };
        if !variants.contains(&name.as_str()) {
            let fault = Fault::unknown(&noun, name, variants);
            return Err(if content.is_some() { fault.within((&**name).into()) } else { fault });
        }
        Ok(Variant { name, content })
    }

    /// A whole number up to `max`; `4.0` is one.
    fn whole(self, max: u64) -> Result<u64, Fault> {
        let whole = match self.0 {
            Value::Number(n) => n.as_u64().or_else(|| {
                n.as_f64()
                    .filter(|f| f.fract() == 0.0 && (0.0..=9e15).contains(f))
                    .map(|f| f as u64)
            }),
            _ => None,
        };
        match whole {
            Some(n) if n <= max => Ok(n),
            Some(n) => Err(Fault::new(format!("{n} is too large: at most {max}"))),
            None => Err(self.mismatch("a whole number, 0 or more")),
        }
    }
}

/// Words for a type's name: `MmppState` is "mmpp state".
fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

pub(super) fn a(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {noun}")
}

macro_rules! whole_numbers {
    ($($method:ident: $type:ty,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.visit_u64(self.whole(<$type>::MAX as u64)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(*b),
            Value::Number(n) => match (n.as_u64(), n.as_i64()) {
                (Some(n), _) => visitor.visit_u64(n),
                (None, Some(n)) => visitor.visit_i64(n),
                (None, None) => visitor.visit_f64(n.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(s) => visitor.visit_borrowed_str(s),
            Value::Array(list) => visitor.visit_seq(Items { list, next: 0 }),
            Value::Object(_) => visitor.visit_map(Entries::of(self.0)),
        }
    }

    whole_numbers! {
        deserialize_u8: u8, deserialize_u16: u16, deserialize_u32: u32, deserialize_u64: u64,
        deserialize_i8: i8, deserialize_i16: i16, deserialize_i32: i32, deserialize_i64: i64,
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.as_f64() {
            Some(number) => visitor.visit_f64(number),
            None => Err(self.mismatch("a number")),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Bool(b) => visitor.visit_bool(*b),
            _ => Err(self.mismatch("`true` or `false`")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::String(s) => visitor.visit_borrowed_str(s),
            _ => Err(self.mismatch("text in quotes")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(self.items(None)?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, n: usize, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(self.items(Some(n))?)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        n: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(n, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Object(_) => visitor.visit_map(Entries::of(self.0)),
            _ => Err(self.mismatch("names with values")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_map(self.fields(&a(&words(name)), fields)?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(self.variant(name, variants)?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    serde::forward_to_deserialize_any! { char bytes byte_buf unit unit_struct ignored_any }
}

/// The items of a list.
struct Items<'a> {
    list: &'a [Value],
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(value) = self.list.get(self.next) else { return Ok(None) };
        self.next += 1;
        match seed.deserialize(Reader(value)) {
            Ok(item) => Ok(Some(item)),
            Err(fault) => Err(fault.within(Segment::Index(self.next - 1))),
        }
    }
}

/// The entries of a map.
struct Entries<'a> {
    entries: Option<serde_json::map::Iter<'a>>,
    value: Option<(&'a str, &'a Value)>,
}

impl<'a> Entries<'a> {
    /// Those of a value; there are none in what is no map.
    fn of(value: &'a Value) -> Entries<'a> {
        Entries { entries: value.as_object().map(|map| map.iter()), value: None }
    }

    /// The value of the key that was read last, and the key.
    fn value(&mut self) -> Result<(&'a str, &'a Value), Fault> {
        self.value.take().ok_or_else(|| Fault::new("a value is missing".into()))
    }

    /// The next key; its value is kept for when it is asked for.
    fn next(&mut self) -> Option<&'a str> {
        let (key, value) = self.entries.as_mut()?.next()?;
        self.value = Some((key, value));
        Some(key)
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let Some(key) = self.next() else { return Ok(None) };
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (key, value) = self.value()?;
        seed.deserialize(Reader(value)).map_err(|fault| fault.within_key(key))
    }
}

/// A variant, `name` or `name(content)`.
struct Variant<'a> {
    name: &'a str,
    content: Option<&'a Value>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        Ok((seed.deserialize(BorrowedStrDeserializer::<Fault>::new(self.name))?, self))
    }
}

impl<'a> Variant<'a> {
    /// Says of a fault that it is in the parentheses, if there are any.
    fn place(&self, fault: Fault) -> Fault {
        if self.content.is_some() { fault.within_key(self.name) } else { fault }
    }

    /// What is in the parentheses, where something has to be.
    fn content(&self) -> Result<Reader<'a>, Fault> {
        let name = self.name;
        let missing = || Fault::new(format!("`{name}` needs a value: {name}(…)"));
        self.content.map(Reader).ok_or_else(missing)
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.content {
            None | Some(Value::Null) => Ok(()),
            Some(value) => {
                let message = format!("`{}` takes no value, found {}", self.name, describe(value));
                Err(Fault::new(message).within(self.name.into()))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self.content()?).map_err(|fault| fault.within_key(self.name))
    }

    fn tuple_variant<V: Visitor<'de>>(self, n: usize, visitor: V) -> Result<V::Value, Fault> {
        let content = self.content()?;
        content.deserialize_tuple(n, visitor).map_err(|fault| fault.within_key(self.name))
    }

    /// A bare name stands for a variant of which no field is written.
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let content = Reader(self.content.unwrap_or(&Value::Null));
        let read = content.fields(&format!("`{}`", self.name), fields);
        read.and_then(|fields| visitor.visit_map(fields)).map_err(|fault| self.place(fault))
    }
}
