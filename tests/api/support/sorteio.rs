//! Choices that are the same in every run (SplitMix64).

pub struct Sorteio(u64);

impl Sorteio {
    /// Of one seed, the n-th stream.
    pub fn novo(semente: u64, n: u64) -> Self {
        Self(semente ^ n.wrapping_mul(0xA076_1D64_78BD_642F))
    }

    pub fn proximo(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to `n`, exclusive.
    pub fn ate(&mut self, n: usize) -> usize {
        usize::try_from(self.proximo() % u64::try_from(n).unwrap()).unwrap()
    }

    /// True `por_cento` times in a hundred.
    pub fn vez(&mut self, por_cento: usize) -> bool {
        self.ate(100) < por_cento
    }

    pub fn um<'a, T>(&mut self, de: &'a [T]) -> &'a T {
        &de[self.ate(de.len())]
    }
}
