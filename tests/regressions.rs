//! Every input that ever broke a fuzz target, once more: `fuzz/regressions/TARGET/*`. To add one, copy what cargo-fuzz
//! left in `fuzz/artifacts`.

use std::fs;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
mod targets;

#[test]
fn what_broke_a_target_once_does_so_no_more() {
    type Target = fn(&[u8]);
    let targets: [(&str, Target); 5] = [
        ("scan", targets::scan),
        ("archive", targets::archive),
        ("rules", targets::rules),
        ("escape", targets::escape),
        ("time", targets::time),
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions");
    for (name, target) in targets {
        // An input that every target must bear, also while none has broken it.
        target(b"\0user=jane password=Tr0ub4dor 2026-11-23T10:11:12Z\n");
        let Ok(inputs) = fs::read_dir(root.join(name)) else { continue };
        for input in inputs {
            target(&fs::read(input.unwrap().path()).unwrap());
        }
    }
}
