#![cfg_attr(fuzzing, no_main)]
fuzz_tests::target!(device_proofs);
