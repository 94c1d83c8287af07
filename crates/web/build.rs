//! Says when the binary is out of date: a release build embeds what `make assets` put into `assets/dist`.

fn main() {
    println!("cargo:rerun-if-changed=../../assets/dist");
    println!("cargo:rerun-if-changed=build.rs");
}
