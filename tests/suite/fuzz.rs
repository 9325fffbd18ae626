//! The inputs of the fuzz targets in `fuzz/seeds`, among them all that once broke something.

#[path = "../../fuzz/targets.rs"]
mod targets;

#[test]
fn every_seed_is_read_without_a_fault() {
    for (name, target) in targets::TARGETS {
        let dir = std::path::Path::new("fuzz/seeds").join(name);
        let mut seeds: Vec<_> = std::fs::read_dir(&dir)
            .unwrap()
            .map(|seed| seed.unwrap().path())
            .collect();
        seeds.sort();
        assert!(!seeds.is_empty(), "{name} has no seed");
        for seed in seeds {
            let data = std::fs::read(&seed).unwrap();
            let outcome = std::panic::catch_unwind(|| target(&data));
            assert!(outcome.is_ok(), "{} breaks {name}", seed.display());
        }
    }
}
