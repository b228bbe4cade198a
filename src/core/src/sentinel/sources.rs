//! The files that are read as one log: whose line is which.

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    name: String,
    /// How many lines stand before its first one.
    before: u64,
    /// How many lines of it were read.
    lines: u64,
}

/// All files, in the order in which they were given. Lines are numbered through them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    all: Vec<Source>,
    current: usize,
}

impl Sources {
    /// What follows is of the file `name`, which goes on where it was left.
    pub(super) fn enter(&mut self, name: &str) {
        self.current = self.all.iter().position(|source| source.name == name).unwrap_or_else(|| {
            let before = self.all.last().map_or(0, |last| last.before.saturating_add(last.lines));
            self.all.push(Source { name: name.to_owned(), before, lines: 0 });
            self.all.len().saturating_sub(1)
        });
    }

    /// All were read and are read once more, with the same numbers.
    pub(super) fn rewind(&mut self) {
        self.all.iter_mut().for_each(|source| source.lines = 0);
    }

    /// The number of the next line.
    #[inline(always)]
    pub(super) fn next(&mut self) -> u64 {
        match self.all.get_mut(self.current) {
            Some(source) => {
                source.lines = source.lines.saturating_add(1);
                source.before.saturating_add(source.lines)
            }
            None => {
                self.enter("");
                self.next()
            }
        }
    }

    /// Which file is read.
    pub(super) const fn current(&self) -> usize {
        self.current
    }

    /// Whether the line that was read last is the first one of its file.
    pub(super) fn is_first(&self) -> bool {
        self.all.get(self.current).is_some_and(|source| source.lines == 1)
    }

    /// Where a line stands: the file by its name, empty where it has none, and its line there.
    #[must_use]
    pub fn place(&self, line: u64) -> (&str, u64) {
        let source = self.all.iter().rev().find(|source| source.before < line);
        source.map_or(("", line), |source| (source.name.as_str(), line.saturating_sub(source.before)))
    }

    /// The same as it is shown: `events.jsonl:41`, or `line 41`.
    pub(super) fn shown(&self, line: u64) -> String {
        match self.place(line) {
            ("", line) => format!("line {line}"),
            (name, line) => format!("{name}:{line}"),
        }
    }

    /// The same without the folders of the file, where its name alone tells it apart.
    pub(super) fn briefly(&self, line: u64) -> String {
        let own = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let base = own(self.place(line).0);
        let is_one = self.all.iter().filter(|source| own(&source.name) == base).count() == 1;
        if is_one && !base.is_empty() { format!("{base}:{}", self.place(line).1) } else { self.shown(line) }
    }

    /// Whether files have names.
    #[must_use]
    pub fn are_named(&self) -> bool {
        self.all.iter().any(|source| !source.name.is_empty())
    }
}
