//! The products of `controller/src/performer/kernels` as a crate of their own, to be compiled to assembly.
//!
//! `computers.py` compiles this one file with `rustc --emit asm` for a processor that need not be
//! at hand, without the workspace, and gives the inner loops to llvm-mca. The kernels are the
//! controller's own files; instruction sets and bfloat16 are stand-ins of the same shape.
#![crate_type = "lib"]

extern crate self as half;

#[cfg(target_arch = "x86_64")]
#[path = "../../../controller/src/performer/kernels/avx2.rs"]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[path = "../../../controller/src/performer/kernels/avx512.rs"]
mod avx512;
#[cfg(target_arch = "aarch64")]
#[path = "../../../controller/src/performer/kernels/neon.rs"]
mod neon;
#[path = "../../../controller/src/performer/kernels/portable.rs"]
mod portable;
#[path = "../../../controller/src/performer/kernels/product.rs"]
mod product;
#[path = "../../../controller/src/performer/kernels/tile.rs"]
mod tile;

pub use product::{Finish, Left, PANEL, Right, Then, product};

/// The upper half of a number in single precision.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
#[allow(non_camel_case_types)]
pub struct bf16(u16);

impl bf16 {
    /// The number.
    pub fn to_f32(self) -> f32 {
        f32::from_bits(u32::from(self.0) << 16)
    }
}

#[cfg(target_arch = "x86_64")]
mod round {
    pub(super) fn to_bf16(value: f32) -> crate::bf16 {
        crate::bf16((value.to_bits() >> 16) as u16)
    }
}

/// Instruction sets by name, none of them detected.
pub mod isa {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[allow(missing_docs)]
    pub enum InstructionSet {
        Portable,
        Avx2,
        AvxVnni,
        Avx512,
        Avx512Vnni,
        Avx512Bf16,
        Neon,
        NeonDot,
        NeonI8mm,
    }

    /// One of them.
    #[derive(Debug, Clone, Copy)]
    pub struct Isa(pub InstructionSet);

    impl Isa {
        /// Which.
        pub fn set(self) -> InstructionSet {
            self.0
        }
    }
}

macro_rules! entry {
    ($name:ident, $word:ty) => {
        /// The product of these words.
        #[unsafe(no_mangle)]
        pub fn $name(
            isa: isa::Isa,
            size: [usize; 3],
            a: Left<'_, $word>,
            b: Right<'_, $word>,
            out: &mut [f32],
            finish: Finish<'_>,
        ) {
            product(isa, size, a, b, out, finish);
        }
    };
}

entry!(product_single, f32);
entry!(product_pairs, [bf16; 2]);
entry!(product_shorts, [i16; 2]);
entry!(product_bytes, [u8; 4]);
