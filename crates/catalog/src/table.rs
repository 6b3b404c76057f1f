//! Reading the embedded text into rows.
//!
//! The rows of actions keep positions in the text and decode the rest of their line when asked, so opening costs one
//! pass over the text and a handful of allocations. The form of the text is described at its top.

use crate::value_type::ValueType;

/// The generated table.
pub(crate) const CATALOG_TEXT: &str = include_str!("../data/catalog.txt");
/// The hand-kept list of global condition keys.
pub(crate) const GLOBAL_KEYS_TEXT: &str = include_str!("../data/global_condition_keys.txt");

/// What an abbreviated ARN pattern begins with.
const USUAL_ARN: char = '~';

/// The embedded text as rows. The rows of all services stand in one vector a kind; a service has a range of each.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) text: &'static str,
    /// `text` with ASCII letters lowered, so that every position holds in both.
    pub(crate) lower: String,
    /// The ARN patterns, spelt out, one after the other.
    pub(crate) arns: String,
    pub(crate) source: &'static str,
    pub(crate) version: &'static str,
    pub(crate) witness: &'static str,
    pub(crate) date: &'static str,
    /// How many rows the header promises: services, actions, resource types, keys by service, distinct keys.
    pub(crate) promised: [usize; 5],
    pub(crate) rcp_services: Vec<&'static str>,
    pub(crate) services: Vec<ServiceLine>,
    pub(crate) actions: Vec<ActionLine>,
    pub(crate) resource_types: Vec<ResourceTypeLine>,
    /// Sets of keys, as comma separated positions among the keys of the service.
    pub(crate) key_sets: Vec<&'static str>,
    pub(crate) keys: Vec<KeyLine>,
    /// The distinct lists of rows, comma separated; see [`rows`].
    pub(crate) row_lists: Vec<&'static str>,
    /// The distinct sets of dependent actions, as comma separated names.
    pub(crate) dependents: Vec<&'static str>,
}

/// One service, with the positions at which its rows begin. They end where those of the next service begin.
#[derive(Debug)]
pub(crate) struct ServiceLine {
    pub(crate) prefix: &'static str,
    pub(crate) name: &'static str,
    pub(crate) actions: u32,
    pub(crate) resource_types: u32,
    pub(crate) key_sets: u32,
    pub(crate) keys: u32,
    pub(crate) row_lists: u32,
    pub(crate) dependents: u32,
}

/// What a service has rows of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LineKind {
    Actions,
    ResourceTypes,
    KeySets,
    Keys,
    RowLists,
    Dependents,
}

/// Two key sets of a service, by position: the keys that a place lists, and those on which the sources differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct KeySets {
    pub(crate) listed: Option<u32>,
    pub(crate) unsure: Option<u32>,
}

impl KeySets {
    /// Reads `4?5`, where either number may be missing, and the mark with the second.
    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
        let (listed, unsure) = text.split_once('?').unwrap_or((text, ""));
        Some(Self { listed: number(listed)?, unsure: number(unsure)? })
    }
}

/// One row of an action: the position of its resource type, whether that is required, and its keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowFields {
    pub(crate) resource_type: u32,
    pub(crate) required: bool,
    pub(crate) keys: KeySets,
}

/// Where an action's line is; see [`Table::action_fields`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActionLine {
    start: u32,
    line_len: u16,
    service: u16,
    name_len: u8,
}

impl ActionLine {
    pub(crate) const fn service(self) -> u16 {
        self.service
    }
}

#[derive(Debug)]
pub(crate) struct ResourceTypeLine {
    pub(crate) name: &'static str,
    pub(crate) service: u16,
    pub(crate) keys: KeySets,
    /// From where to where the pattern stands in [`Table::arns`].
    pub(crate) arn: (u32, u32),
}

/// A key as one service lists it; no type if the service does not define it.
#[derive(Debug)]
pub(crate) struct KeyLine {
    pub(crate) name: &'static str,
    pub(crate) value_type: Option<ValueType>,
}

/// A key of the hand-kept list.
#[derive(Debug)]
pub(crate) struct GlobalKeyLine {
    pub(crate) name: &'static str,
    pub(crate) value_type: ValueType,
}

impl Table {
    /// Reads the text; `None` if it does not have the form that its top describes.
    pub(crate) fn parse(text: &'static str) -> Option<Self> {
        let (header, body) = text.split_once("\n\n")?;
        let mut table = Self { text, lower: text.to_ascii_lowercase(), ..Self::default() };
        table.read_header(header)?;
        let [services, actions, resource_types, keys, _] = table.promised;
        table.services.reserve(services);
        table.actions.reserve(actions);
        table.resource_types.reserve(resource_types);
        table.keys.reserve(keys);
        table.arns.reserve(resource_types.saturating_mul(96));

        let mut rest = body;
        while !rest.is_empty() {
            // PERF: the lines are short; `str::split` looks for their ends with a search made for long ones.
            let end = rest.bytes().position(|byte| byte == b'\n')?;
            let start = u32::try_from(text.len().checked_sub(rest.len())?).ok()?;
            table.read_line(rest.get(..end)?, start)?;
            rest = rest.get(end.checked_add(1)?..)?;
        }
        Some(table)
    }

    fn read_header(&mut self, header: &'static str) -> Option<()> {
        for line in header.split('\n').filter(|line| !line.starts_with('#')) {
            let (name, value) = line.strip_prefix('!')?.split_once(' ')?;
            let [services, actions, resource_types, service_keys, distinct_keys] = &mut self.promised;
            match name {
                "source" => self.source = value,
                "version" => self.version = value,
                "witness" => self.witness = value,
                "date" => self.date = value,
                "services" => *services = value.parse().ok()?,
                "actions" => *actions = value.parse().ok()?,
                "resource-types" => *resource_types = value.parse().ok()?,
                "service-keys" => *service_keys = value.parse().ok()?,
                "distinct-keys" => *distinct_keys = value.parse().ok()?,
                "rcp" => self.rcp_services = value.split(' ').collect(),
                _ => return None,
            }
        }
        Some(())
    }

    fn read_line(&mut self, line: &'static str, start: u32) -> Option<()> {
        let service = || u16::try_from(self.services.len().checked_sub(1)?).ok();
        match line.as_bytes().first()? {
            b'@' => {
                let (prefix, name) = line.get(1..)?.split_once(' ')?;
                self.services.push(ServiceLine {
                    prefix,
                    name,
                    actions: u32::try_from(self.actions.len()).ok()?,
                    resource_types: u32::try_from(self.resource_types.len()).ok()?,
                    key_sets: u32::try_from(self.key_sets.len()).ok()?,
                    keys: u32::try_from(self.keys.len()).ok()?,
                    row_lists: u32::try_from(self.row_lists.len()).ok()?,
                    dependents: u32::try_from(self.dependents.len()).ok()?,
                });
            }
            b'?' => {
                let (name, code) = line.get(1..)?.split_once(' ')?;
                let value_type = if code == "-" { None } else { Some(ValueType::from_code(code)?) };
                self.keys.push(KeyLine { name, value_type });
            }
            b'&' => self.key_sets.push(line.get(1..)?),
            b'=' => self.row_lists.push(line.get(1..)?),
            b'>' => self.dependents.push(line.get(1..)?),
            b'/' => {
                let service = service()?;
                let mut fields = line.get(1..)?.split('\t');
                let (keys, arn, name) = (KeySets::parse(fields.next()?)?, fields.next()?, fields.next()?);
                let begin = u32::try_from(self.arns.len()).ok()?;
                if let Some(rest) = arn.strip_prefix(USUAL_ARN) {
                    let prefix = self.services.last()?.prefix;
                    for part in ["arn:${Partition}:", prefix, ":${Region}:${Account}:", rest] {
                        self.arns.push_str(part);
                    }
                } else {
                    self.arns.push_str(arn);
                }
                let arn = (begin, u32::try_from(self.arns.len()).ok()?);
                self.resource_types.push(ResourceTypeLine { name, service, keys, arn });
            }
            _ => {
                let name_len = line.bytes().position(|byte| byte == b' ')?;
                self.actions.push(ActionLine {
                    start,
                    line_len: u16::try_from(line.len()).ok()?,
                    service: service()?,
                    name_len: u8::try_from(name_len).ok()?,
                });
            }
        }
        Some(())
    }

    /// From where to where the rows of one kind of a service stand.
    pub(crate) fn bounds(&self, service: usize, kind: LineKind) -> (u32, u32) {
        let total = match kind {
            LineKind::Actions => self.actions.len(),
            LineKind::ResourceTypes => self.resource_types.len(),
            LineKind::KeySets => self.key_sets.len(),
            LineKind::Keys => self.keys.len(),
            LineKind::RowLists => self.row_lists.len(),
            LineKind::Dependents => self.dependents.len(),
        };
        let begin = |row: &ServiceLine| match kind {
            LineKind::Actions => row.actions,
            LineKind::ResourceTypes => row.resource_types,
            LineKind::KeySets => row.key_sets,
            LineKind::Keys => row.keys,
            LineKind::RowLists => row.row_lists,
            LineKind::Dependents => row.dependents,
        };
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        let start = self.services.get(service).map_or(total, begin);
        (start, self.services.get(service.saturating_add(1)).map_or(total, begin))
    }

    /// The name of an action in display spelling.
    pub(crate) fn action_name(&self, row: ActionLine) -> &str {
        slice(self.text, row.start, row.start.saturating_add(u32::from(row.name_len)))
    }

    /// The name of an action in lower case.
    pub(crate) fn action_lower_name(&self, row: ActionLine) -> &str {
        slice(&self.lower, row.start, row.start.saturating_add(u32::from(row.name_len)))
    }

    /// The rest of an action's line.
    pub(crate) fn action_fields(&self, row: ActionLine) -> ActionFields {
        let from = row.start.saturating_add(u32::from(row.name_len)).saturating_add(1);
        let mut fields = slice(self.text, from, row.start.saturating_add(u32::from(row.line_len))).split(' ');
        let first = fields.next().unwrap_or_default();
        let mut found = ActionFields {
            level: first.as_bytes().first().copied().unwrap_or_default(),
            rows: first.get(1..).and_then(|position| position.parse().ok()),
            keys: KeySets::default(),
            dependents: None,
        };
        for field in fields {
            match field.strip_prefix('>') {
                Some(position) => found.dependents = position.parse().ok(),
                None => found.keys = KeySets::parse(field).unwrap_or_default(),
            }
        }
        found
    }

    /// The ARN pattern of a resource type, spelt out.
    pub(crate) fn arn(&self, row: &ResourceTypeLine) -> &str {
        slice(&self.arns, row.arn.0, row.arn.1)
    }
}

/// What an action's line says after the name; positions count within the service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActionFields {
    pub(crate) level: u8,
    pub(crate) rows: Option<u32>,
    pub(crate) keys: KeySets,
    pub(crate) dependents: Option<u32>,
}

/// The global keys in the order of the file; `None` if a line has another form.
pub(crate) fn parse_global_keys(text: &'static str) -> Option<Vec<GlobalKeyLine>> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut fields = line.split('\t');
            let (name, value_type) = (fields.next()?, ValueType::from_name(fields.next()?)?);
            let several = fields.next()? == "M";
            (several == value_type.is_array()).then_some(GlobalKeyLine { name, value_type })
        })
        .collect()
}

/// The positions in a comma separated list.
pub(crate) fn positions(list: &str) -> impl Iterator<Item = u32> + Clone + '_ {
    list.split(',').filter_map(|item| item.parse().ok())
}

/// The rows in a list of them: `0!4?5,2` are a required type with keys, and an optional one without.
pub(crate) fn rows(list: &str) -> impl Iterator<Item = RowFields> + Clone + '_ {
    list.split(',').filter(|item| !item.is_empty()).filter_map(|item| {
        let (kind, required, keys) = match item.split_once(['!', '.']) {
            Some((kind, keys)) => (kind, item.as_bytes().get(kind.len()) == Some(&b'!'), keys),
            None => (item, false, ""),
        };
        Some(RowFields { resource_type: kind.parse().ok()?, required, keys: KeySets::parse(keys)? })
    })
}

// INVARIANT: every caller passes positions that `Table::parse` took from the same text, so the slice is there.
fn slice(text: &str, from: u32, to: u32) -> &str {
    text.get(from as usize..to as usize).unwrap_or_default()
}
