//! What encoders and decoders give.

use tch::Tensor;

use crate::model::describe::Field;

/// Maps of different sizes, with what each of their pixels sees: an encoder's, largest first, or a decoder's, deepest first.
#[derive(Debug, Default)]
pub(in crate::model) struct Features {
    pub maps: Vec<Tensor>,
    pub fields: Vec<Field>,
}

impl Features {
    pub(in crate::model) fn push(&mut self, map: &Tensor, field: Field) {
        self.maps.push(map.shallow_clone());
        self.fields.push(field);
    }
}
