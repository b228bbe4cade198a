#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trusthandoff_testkit::fuzz::gate::law(bytes));
