//! One line of a log, read without building a tree: where the values of an object begin and end.
//!
//! An auditor reads gigabytes and looks at a few members of each line. What is plain JSON is understood here in
//! one pass; a line that looks odd (escaped keys, repeated keys, objects within) is left to [`crate::json`] and written
//! anew, so that both ways lead to the same members. A log has few kinds of lines: what stood around the values of one
//! is expected in the next.

mod find;
mod layouts;
mod line;
mod name;
mod reader;
mod shapes;

pub(crate) use find::line_end;
pub(crate) use line::{Line, text_of};
pub(crate) use name::Name;
pub(crate) use reader::{Reader, rewrite};
