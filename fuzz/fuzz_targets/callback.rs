#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| larkhook_fuzz::callback::run(data));
