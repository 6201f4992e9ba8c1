//! A YAML document as a tree that knows its lines. Structure and lines come from the events of `saphyr-parser`, the
//! meaning of a plain scalar from `serde_yaml`, as it would have read it itself.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_path_to_error::{Path, Segment};
use serde_yaml::Value;

/// Nesting past which a file is refused.
const MAX_DEPTH: usize = 32;
/// Size past which a file is refused, bytes.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// One document.
pub(super) struct Tree {
    /// The map at its top.
    pub root: Node,
    /// Keys that stand twice in one map: path, line, line of the first.
    pub repeated: Vec<(String, usize, usize)>,
}

/// A map, a list or a scalar, and its line.
#[derive(Clone)]
pub(super) struct Node {
    line: usize,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Map(Vec<(String, Node)>),
    /// The items with the index that each has in the file.
    List(Vec<(usize, Node)>),
    Scalar(Value),
}

/// One step down from a node, by where it stands now.
#[derive(Clone)]
pub(super) enum Step {
    /// To an entry of a map, which may not exist.
    Key(String),
    /// To an item of a list, by its present position.
    Item(usize),
}

/// Joins a path and a key.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

impl Tree {
    /// Parses one document.
    ///
    /// # Errors
    /// The line and what is wrong there.
    pub fn parse(text: &str) -> Result<Tree, (usize, String)> {
        if text.len() > MAX_BYTES {
            return Err((0, format!("the file has more than {MAX_BYTES} bytes")));
        }
        let mut builder = Builder { open: Vec::new(), done: None, repeated: Vec::new() };
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|e| {
                (e.marker().line(), format!("this is not YAML ({})", plain_words(e.info())))
            })?;
            let line = span.start.line();
            builder.take(event, line).map_err(|message| (line, message.to_owned()))?;
        }
        let root = match builder.done {
            None => Node { line: 1, kind: Kind::Map(Vec::new()) },
            Some(Node { kind: Kind::Scalar(Value::Null), line }) => {
                Node { line, kind: Kind::Map(Vec::new()) }
            }
            Some(node) if matches!(node.kind, Kind::Map(_)) => node,
            Some(node) => return Err((node.line, "the file is not a map of keys".to_owned())),
        };
        Ok(Tree { root, repeated: builder.repeated })
    }

    /// The line of a key path; where the path ends early, of what is around it, which is 0 for the whole file.
    pub fn line(&self, path: &str) -> usize {
        let mut node = &self.root;
        let mut line = 0;
        for part in path.split(['.', '[']).filter(|p| !p.is_empty()) {
            let next = match &node.kind {
                Kind::Map(entries) => entries.iter().find(|(key, _)| key == part).map(|(_, n)| n),
                Kind::List(items) => part
                    .strip_suffix(']')
                    .and_then(|i| i.parse().ok())
                    .and_then(|i: usize| items.iter().find(|(own, _)| *own == i))
                    .map(|(_, n)| n),
                Kind::Scalar(_) => None,
            };
            match next {
                Some(found) => (node, line) = (found, found.line),
                None => break,
            }
        }
        line
    }
}

/// The scanner's own words, unless they quote the text.
fn plain_words(info: &str) -> &str {
    if info.contains(['\'', '"', '`']) { "a character that cannot stand here" } else { info }
}

/// A container that is not closed yet.
struct Open {
    node: Node,
    /// The key whose value comes next, and its line.
    key: Option<(String, usize)>,
}

struct Builder {
    open: Vec<Open>,
    done: Option<Node>,
    repeated: Vec<(String, usize, usize)>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), &'static str> {
        match event {
            Event::Alias(_) => Err("aliases are not allowed in these files"),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                Err("anchors are not allowed in these files")
            }
            Event::Scalar(.., Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => Err("tags are not allowed in these files"),
            Event::Scalar(text, style, ..) => self.scalar(text, style, line),
            Event::SequenceStart(..) => self.begin(Node { line, kind: Kind::List(Vec::new()) }),
            Event::MappingStart(..) => self.begin(Node { line, kind: Kind::Map(Vec::new()) }),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.place(open.node),
                None => Ok(()),
            },
            Event::DocumentStart(_) if self.done.is_some() => {
                Err("a second document begins here; these files have one")
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, node: Node) -> Result<(), &'static str> {
        if self.open.len() >= MAX_DEPTH {
            return Err("nested too deeply");
        }
        if self.awaits_key() {
            return Err("a key must be plain text");
        }
        self.open.push(Open { node, key: None });
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        self.open.last().is_some_and(|o| matches!(o.node.kind, Kind::Map(_)) && o.key.is_none())
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        line: usize,
    ) -> Result<(), &'static str> {
        if self.awaits_key() {
            if let Some(open) = self.open.last_mut() {
                open.key = Some((text.into_owned(), line));
            }
            return Ok(());
        }
        let value = match style {
            ScalarStyle::Plain => resolve(&text),
            _ => Value::String(text.into_owned()),
        };
        self.place(Node { line, kind: Kind::Scalar(value) })
    }

    /// Puts a finished node where it belongs. A repeated key is noted, and its first value stays.
    fn place(&mut self, mut node: Node) -> Result<(), &'static str> {
        let path = self.path();
        let Some(open) = self.open.last_mut() else {
            self.done = Some(node);
            return Ok(());
        };
        match &mut open.node.kind {
            Kind::List(items) => items.push((items.len(), node)),
            Kind::Map(entries) => {
                let Some((key, line)) = open.key.take() else { return Err("a key is missing") };
                node.line = line;
                match entries.iter().find(|(k, _)| *k == key) {
                    Some((_, first)) => self.repeated.push((path, line, first.line)),
                    None => entries.push((key, node)),
                }
            }
            Kind::Scalar(_) => {}
        }
        Ok(())
    }

    /// The path of the value that comes next.
    fn path(&self) -> String {
        self.open.iter().fold(String::new(), |path, open| match (&open.node.kind, &open.key) {
            (Kind::List(items), _) => format!("{path}[{}]", items.len()),
            (_, Some((key, _))) => join(&path, key),
            _ => path,
        })
    }
}

/// The value of a plain scalar by the rules of `serde_yaml`.
fn resolve(text: &str) -> Value {
    match serde_yaml::from_str::<Value>(text) {
        Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => value,
        _ => Value::String(text.to_owned()),
    }
}

impl Node {
    /// A copy for serde.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Map(entries) => Value::Mapping(
                entries.iter().map(|(k, n)| (Value::String(k.clone()), n.to_value())).collect(),
            ),
            Kind::List(items) => Value::Sequence(items.iter().map(|(_, n)| n.to_value()).collect()),
            Kind::Scalar(value) => value.clone(),
        }
    }

    /// Serde's path, as steps.
    pub fn steps(&self, path: &Path) -> Vec<Step> {
        path.iter()
            .filter_map(|segment| match segment {
                Segment::Seq { index } => Some(Step::Item(*index)),
                Segment::Map { key } => Some(Step::Key(key.clone())),
                Segment::Enum { .. } | Segment::Unknown => None,
            })
            .collect()
    }

    /// The path in the file and the line of the last step that exists.
    pub fn place(&self, steps: &[Step]) -> (String, usize) {
        let (mut node, mut path) = (Some(self), String::new());
        let mut line = self.line;
        for step in steps {
            node = match (step, node.map(|n| &n.kind)) {
                (Step::Key(key), kind) => {
                    path = join(&path, key);
                    match kind {
                        Some(Kind::Map(entries)) => {
                            entries.iter().find(|(k, _)| k == key).map(|(_, n)| n)
                        }
                        _ => None,
                    }
                }
                (Step::Item(position), Some(Kind::List(items))) => {
                    items.get(*position).map(|(index, node)| {
                        path.push_str(&format!("[{index}]"));
                        node
                    })
                }
                (Step::Item(_), _) => None,
            };
            line = node.map_or(line, |n| n.line);
        }
        (path, line)
    }

    fn at(&mut self, steps: &[Step]) -> Option<&mut Node> {
        steps.iter().try_fold(self, |node, step| match (step, &mut node.kind) {
            (Step::Key(key), Kind::Map(entries)) => {
                entries.iter_mut().find(|(k, _)| k == key).map(|(_, n)| n)
            }
            (Step::Item(position), Kind::List(items)) => items.get_mut(*position).map(|(_, n)| n),
            _ => None,
        })
    }

    /// Takes a part out; false where there is none, as for the root.
    pub fn remove(&mut self, steps: &[Step]) -> bool {
        let Some((last, parents)) = steps.split_last() else { return false };
        let Some(parent) = self.at(parents) else { return false };
        match (last, &mut parent.kind) {
            (Step::Key(key), Kind::Map(entries)) => {
                let before = entries.len();
                entries.retain(|(k, _)| k != key);
                entries.len() < before
            }
            (Step::Item(position), Kind::List(items)) if *position < items.len() => {
                items.remove(*position);
                true
            }
            _ => false,
        }
    }

    /// Sets a key of the map at `steps`; false where there is no map.
    pub fn put(&mut self, steps: &[Step], key: &str, value: Node) -> bool {
        let Some(Node { kind: Kind::Map(entries), .. }) = self.at(steps) else { return false };
        entries.retain(|(k, _)| k != key);
        entries.push((key.to_owned(), value));
        true
    }

    /// The kinds of value that a missing key may have had.
    pub fn stand_in(kind: usize) -> Option<Node> {
        let kind = match kind {
            0 => Kind::Scalar(Value::String(String::new())),
            1 => Kind::Scalar(Value::Number(1.into())),
            2 => Kind::List(Vec::new()),
            3 => Kind::Map(Vec::new()),
            4 => Kind::Scalar(Value::Bool(false)),
            _ => return None,
        };
        Some(Node { line: 0, kind })
    }
}
