#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| larkhook_fuzz::payload::run(data));
