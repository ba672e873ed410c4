//! scrypt (RFC 7914) in passlib's text form, `$scrypt$ln=16,r=8,p=1$salt$hash`; `$7$` with the same fields is accepted too.

use scrypt::Params;

use super::crypt64;

/// 128 · N · r bytes are needed; more than this is refused.
const MAX_MEMORY_BYTES: u64 = 1 << 30;

pub(super) struct ScryptHash {
    pub(super) log_n: u32,
    pub(super) r: u32,
    pub(super) p: u32,
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl ScryptHash {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('$').skip(2);
        let mut costs = fields.next()?.split(',');
        let (log_n, r, p) = (
            crypt64::parameter(costs.next()?, "ln")?,
            crypt64::parameter(costs.next()?, "r")?,
            crypt64::parameter(costs.next()?, "p")?,
        );
        let (salt, hash) = (crypt64::decode_base64(fields.next()?)?, crypt64::decode_base64(fields.next()?)?);
        if costs.next().is_some() || fields.next().is_some() || log_n > 30 {
            return None;
        }
        let affordable = (128_u64 << log_n).checked_mul(u64::from(r)).is_some_and(|bytes| bytes <= MAX_MEMORY_BYTES);
        let params = affordable.then(|| Params::new(u8::try_from(log_n).ok()?, r, p).ok()).flatten()?;
        Some(Self { log_n, r, p, params, salt, hash })
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let mut computed = vec![0; self.hash.len()];
        scrypt::scrypt(password, &self.salt, &self.params, &mut computed)
            .is_ok_and(|()| crate::constant_time_eq(&computed, &self.hash))
    }
}
