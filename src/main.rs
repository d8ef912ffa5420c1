//! The `larkhook` command. All of it is in the library, so that it is compiled once.

/// What is read, stored and rendered is many short texts: docs/decisions/0011-allocator.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    larkhook::cli::main()
}
