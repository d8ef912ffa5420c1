//! The `larkhook` command.

fn main() {}
