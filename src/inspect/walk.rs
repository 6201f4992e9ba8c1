//! Going through all elements of a data set, nested ones included, with the character set that holds for each.

use crate::dicom::{
    Tag,
    charset::CharacterSet,
    dataset::{DataSet, Element, Value, find},
};

const SPECIFIC_CHARACTER_SET: Tag = Tag(0x0008, 0x0005);

/// One element on the way.
pub(crate) struct Visit<'a> {
    /// The element.
    pub(crate) element: &'a Element,
    /// Its value's bytes; empty for sequences and for what was not buffered.
    pub(crate) value: &'a [u8],
    /// The character set of the item it stands in, or the one inherited (PS3.5 7.5.3).
    pub(crate) charset: &'a CharacterSet,
    /// The sequences around it with the number of the item in each, outermost first.
    steps: &'a [(Tag, usize)],
    parents: &'a [Tag],
    level: &'a [Element],
}

impl Visit<'_> {
    pub(crate) fn tag(&self) -> Tag {
        self.element.tag
    }

    /// The sequences around it, outermost first.
    pub(super) fn parents(&self) -> &[Tag] {
        self.parents
    }

    /// All elements beside it, and itself.
    pub(super) fn level(&self) -> &[Element] {
        self.level
    }

    /// Where it stands: `(0040,0275)[1](0040,0007)`, items counted from 1.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for (tag, item) in self.steps {
            path.push_str(&format!("{tag}[{}]", item + 1));
        }
        path.push_str(&self.element.tag.to_string());
        path
    }
}

/// Visits every element, sequences before their items.
pub(crate) fn walk(data_set: &DataSet, visit: &mut impl FnMut(&Visit<'_>)) {
    let mut walker = Walker { data_set, steps: Vec::new(), parents: Vec::new(), visit };
    let charset = walker.charset(&data_set.elements).unwrap_or_default();
    walker.elements(&data_set.elements, &charset);
}

struct Walker<'w, F> {
    data_set: &'w DataSet,
    steps: Vec<(Tag, usize)>,
    parents: Vec<Tag>,
    visit: &'w mut F,
}

impl<F: FnMut(&Visit<'_>)> Walker<'_, F> {
    /// What (0008,0005) of a list of elements declares.
    fn charset(&self, elements: &[Element]) -> Option<CharacterSet> {
        let element = find(elements, SPECIFIC_CHARACTER_SET)?;
        Some(CharacterSet::parse(self.data_set.value(element)))
    }

    fn elements(&mut self, elements: &[Element], charset: &CharacterSet) {
        for element in elements {
            (self.visit)(&Visit {
                element,
                value: self.data_set.value(element),
                charset,
                steps: &self.steps,
                parents: &self.parents,
                level: elements,
            });
            let Value::Items(items) = &element.value else { continue };
            self.parents.push(element.tag);
            for (number, item) in items.iter().enumerate() {
                self.steps.push((element.tag, number));
                match self.charset(&item.elements) {
                    Some(own) => self.elements(&item.elements, &own),
                    None => self.elements(&item.elements, charset),
                }
                self.steps.pop();
            }
            self.parents.pop();
        }
    }
}
